"""What Apple refused to do for an account, remembered for a day."""

from collections.abc import Callable

_REMEMBERED_SECONDS = 24 * 3600.0


class RefusedCapabilities:
    """Remembers refusals in memory, so that Apple is not asked again and again for what it refuses.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until: dict[tuple[str, str], float] = {}

    def add(self, account_id: str, capability: str) -> None:
        """Remember that Apple refused `capability`, a field of the contract's `Capabilities`."""
        self._until[account_id, capability] = self._clock() + _REMEMBERED_SECONDS

    def holds(self, account_id: str, capability: str) -> bool:
        """Whether Apple refused `capability` for the account within the last day."""
        until = self._until.get((account_id, capability))
        if until is None:
            return False
        if until <= self._clock():
            del self._until[account_id, capability]
            return False
        return True

    def forget(self, account_id: str) -> None:
        """Forget all refusals of an account, e.g. when a person signs in anew."""
        for key in [key for key in self._until if key[0] == account_id]:
            del self._until[key]
