"""The people who listen: invented subscribers of the simulated service."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

DEMO = "demo"


@dataclass(slots=True)
class Account:
    """One subscriber.

    Attributes:
        id: Short name by which tests and the control API know it.
        storefront: Where it buys, e.g. `us`.
        subscribed: False makes playback answer 3063.
        explicit_allowed: False makes explicit songs answer 3082.
        child: True lets nobody in through the window of MusicKit; a token still works.
        favorites_to_library: "Add Favorite Songs to Library" is on, as it is at first.
        max_streams: How many devices may play at once (an individual plan: 1).
    """

    id: str
    storefront: str = "us"
    subscribed: bool = True
    explicit_allowed: bool = True
    max_streams: int = 1
    favorites_to_library: bool = True
    child: bool = False

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, for the control API."""
        return asdict(self)


class Accounts:
    """All accounts by id; begins with the subscriber `demo`."""

    def __init__(self) -> None:
        self._by_id = {DEMO: Account(DEMO)}

    def __getitem__(self, account_id: str) -> Account:
        return self._by_id[account_id]

    def __contains__(self, account_id: object) -> bool:
        return account_id in self._by_id

    def __iter__(self) -> Iterator[Account]:
        return iter(self._by_id.values())

    def add(self, account: Account) -> Account:
        """Add an account, or replace the one of the same id."""
        self._by_id[account.id] = account
        return account

    def reset(self) -> None:
        """Leave only a fresh `demo`."""
        self._by_id = {DEMO: Account(DEMO)}
