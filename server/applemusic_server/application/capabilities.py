"""What Apple turned out not to let an account do, remembered for a while."""

from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from applemusic_server.domain.errors import Reason, UnimplementedError

# Apple may open a door, or an operator change the developer token: ask again once a day.
REFUSED_FOR_SECONDS: Final = 24 * 3600.0
_MOST: Final = 10_000


class Capability(StrEnum):
    """Something that Apple does not document, or not for everybody.

    Values are the contract's fields of `Capabilities`; what follows a dot is one of several calls
    that the capability stands on.
    """

    LYRICS = "lyrics"
    LIBRARY_REMOVE = "library_remove"
    PLAYLIST_EDIT = "playlist_edit"
    PLAYLIST_DELETE = "playlist_delete"
    ARTIST_FAVORITES = "artist_favorites"
    ARTIST_FAVORITES_CLEAR = "artist_favorites.clear"

    @property
    def field(self) -> str:
        """The field of `GetServerInfo.capabilities` that is false while this is refused."""
        return self.value.partition(".")[0]


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


def capability_refused(capability: Capability) -> UnimplementedError:
    """The error for what Apple does not let an account do."""
    return UnimplementedError(
        Reason.CAPABILITY_REFUSED,
        f"Apple does not let this account or developer token do it ({capability.field}); Apple "
        "does not document the call, and nothing in this server's settings changes that. "
        "It is tried again after a day, or after a new sign-in",
        metadata={"capability": capability.field},
    )
