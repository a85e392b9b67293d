"""What was written a moment ago, for as long as Apple may still answer with what was before.

Apple's writes show after 0.5 to 18 s (reference: observed). Whoever writes through this server must
not read the old state from it, so each write is noted here once Apple has accepted it, and laid
over what Apple answers until it is certain to have arrived. What another device writes shows when
Apple shows it; where both change the same item, ours hides the other's for at most that time.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

# The longest delay that was seen is 18 s.
KEPT_SECONDS: Final = 30.0
_MOST_PER_ACCOUNT: Final = 5_000
_MOST_ACCOUNTS: Final = 1_000


class RecentWrites(Generic[K, V]):
    """Recent writes per account, by whatever names the thing that was written.

    Bounded: the oldest writes of an account, and the accounts whose last write is the oldest, go
    first. Kept in memory, so a replica knows of its own writes only; calls of one connection stay
    on one replica.

    Args:
        clock: Monotonic seconds.
        kept_seconds: How long a write hides what Apple answers.
        most_per_account: How many writes of one account are kept.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        kept_seconds: float = KEPT_SECONDS,
        most_per_account: int = _MOST_PER_ACCOUNT,
    ) -> None:
        self._clock = clock
        self._kept_seconds = kept_seconds
        self._most = most_per_account
        self._accounts: OrderedDict[str, OrderedDict[K, tuple[V, float]]] = OrderedDict()

    def note(self, account_id: str, writes: Iterable[tuple[K, V]]) -> None:
        """Remember writes that Apple has just accepted; a later one replaces one of its key."""
        until = self._clock() + self._kept_seconds
        kept = self._accounts.setdefault(account_id, OrderedDict())
        self._accounts.move_to_end(account_id)
        for key, value in writes:
            kept[key] = (value, until)
            kept.move_to_end(key)
        self._expire(kept)
        while len(self._accounts) > _MOST_ACCOUNTS:
            self._accounts.popitem(last=False)

    def of(self, account_id: str) -> Mapping[K, V]:
        """Return what an account wrote lately, the oldest first."""
        kept = self._accounts.get(account_id)
        if kept is None:
            return {}
        self._expire(kept)
        if not kept:
            del self._accounts[account_id]
        return {key: value for key, (value, _) in kept.items()}

    def drop(self, account_id: str, keys: Iterable[K]) -> None:
        """Forget some writes: Apple alone knows what became of them."""
        kept = self._accounts.get(account_id)
        if kept is not None:
            for key in keys:
                kept.pop(key, None)

    def forget(self, account_id: str) -> None:
        """Forget all writes of an account."""
        self._accounts.pop(account_id, None)

    def _expire(self, kept: OrderedDict[K, tuple[V, float]]) -> None:
        now = self._clock()
        # In order of time, since every write moves its key to the end.
        while kept:
            key, (_, until) = next(iter(kept.items()))
            if until > now and len(kept) <= self._most:
                break
            del kept[key]
