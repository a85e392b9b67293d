"""What Apple turned out not to let an account do, remembered for a while."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from applemusic_server.domain.capability import Capability, capability_refused

# Apple may open a door, or an operator change the developer token: ask again once a day.
REFUSED_FOR_SECONDS: Final = 24 * 3600.0
_MOST: Final = 10_000


class Capabilities:
    """Remembers refusals per account. The first call is the probe; nothing is asked beforehand.

    Kept in memory: after a restart, as after a new sign-in, each account is tried once more.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._refused_until: OrderedDict[tuple[str, Capability], float] = OrderedDict()

    def works(self, account_id: str, *capabilities: Capability) -> bool:
        """Whether nothing speaks against it: all worked, or were not tried yet."""
        now = self._clock()
        return not any(
            self._refused_until.get((account_id, each), now) > now for each in capabilities
        )

    def require(self, account_id: str, capability: Capability) -> None:
        """Return if it may be tried.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED, Apple refused it not long ago.
        """
        if not self.works(account_id, capability):
            raise capability_refused(capability)

    def note_refused(self, account_id: str, capability: Capability) -> None:
        """Remember that Apple refused."""
        key = (account_id, capability)
        self._refused_until[key] = self._clock() + REFUSED_FOR_SECONDS
        self._refused_until.move_to_end(key)
        while len(self._refused_until) > _MOST:
            self._refused_until.popitem(last=False)

    def note_works(self, account_id: str, capability: Capability) -> None:
        """Remember that Apple did it."""
        self._refused_until.pop((account_id, capability), None)

    def forget(self, account_id: str) -> None:
        """Forget all about an account: it signed in anew."""
        for key in [each for each in self._refused_until if each[0] == account_id]:
            del self._refused_until[key]
