"""What Apple does not document, or does not let everybody do."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from applemusic_server.domain.errors import HelpLink, Reason, UnimplementedError
from applemusic_server.domain.gateways import Listener

_LYRICS_HELP: Final = HelpLink(
    "Why Apple may refuse lyrics, and what can be done",
    "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/docs/lyrics.md",
)


class Capability(StrEnum):
    """Something that Apple does not document, or not for everybody.

    Values are the contract's fields of `Capabilities`; what follows a dot is one of several calls
    that the capability stands on.
    """

    LYRICS = "lyrics"
    LIBRARY_ADD = "library_add"
    LIBRARY_REMOVE = "library_remove"
    PLAYLIST_CREATE = "playlist_create"
    PLAYLIST_EDIT = "playlist_edit"
    PLAYLIST_EDIT_TRACKS = "playlist_edit.tracks"
    PLAYLIST_EDIT_REMOVE_TRACKS = "playlist_edit.remove_tracks"
    PLAYLIST_EDIT_MOVE = "playlist_edit.move"
    PLAYLIST_DELETE = "playlist_delete"
    ARTIST_FAVORITES = "artist_favorites"
    ARTIST_FAVORITES_CLEAR = "artist_favorites.clear"

    @property
    def field(self) -> str:
        """The field of `GetServerInfo.capabilities` that is false while this is refused."""
        return self.value.partition(".")[0]


# What can be asked about without changing anything. The others are documented by Apple: they count
# as there until a call is refused.
PROBED: Final = (
    Capability.LYRICS,
    Capability.LIBRARY_REMOVE,
    Capability.PLAYLIST_EDIT,
    Capability.PLAYLIST_EDIT_TRACKS,
    Capability.PLAYLIST_EDIT_REMOVE_TRACKS,
    Capability.PLAYLIST_EDIT_MOVE,
    Capability.PLAYLIST_DELETE,
    Capability.ARTIST_FAVORITES,
    Capability.ARTIST_FAVORITES_CLEAR,
)


class CapabilityAnswer(StrEnum):
    """What Apple said about a capability; UNTOLD when it answered and that tells nothing."""

    ALLOWED = "allowed"
    REFUSED = "refused"
    UNTOLD = "untold"


@dataclass(frozen=True, slots=True)
class KnownAnswer:
    """What Apple said, and when it is to be asked again, in UTC."""

    answer: CapabilityAnswer
    expire_time: datetime


class CapabilityGateway(Protocol):
    """Asks Apple what a listener may do, without changing anything."""

    async def ask(self, capability: Capability, listener: Listener) -> CapabilityAnswer:
        """Return what Apple says about one of `PROBED`.

        Raises:
            AppleMusicError: A token or UPSTREAM reason; nothing is known then.
        """
        ...


class CapabilityStore(Protocol):
    """Keeps what Apple said, for all replicas. Every method may raise STORAGE_UNAVAILABLE.

    What is kept of an account goes when it signs in anew and when it signs out.
    """

    async def of(self, account_id: str) -> Mapping[Capability, KnownAnswer]:
        """Return what is kept of an account, also what is past its time."""
        ...

    async def put(
        self,
        account_id: str,
        answers: Mapping[Capability, KnownAnswer],
        sign_in_time: datetime | None = None,
    ) -> bool:
        """Keep answers; False, and nothing is kept, for an account that is not stored.

        Args:
            account_id: Whose.
            answers: Replace those of the same capability.
            sign_in_time: The account's `token_first_seen_time` when Apple was asked; nothing is
                kept when it is another one now. None for answers about whoever it is.
        """
        ...


def capability_refused(capability: Capability) -> UnimplementedError:
    """The error for what Apple does not let an account do."""
    return UnimplementedError(
        Reason.CAPABILITY_REFUSED,
        f"Apple does not let this account or developer token do it ({capability.field}); Apple "
        "does not document the call, and nothing in this server's settings changes that. "
        "It is tried again after a day, or after a new sign-in",
        metadata={"capability": capability.field},
    )


def lyrics_refused() -> UnimplementedError:
    """The error for lyrics, which Apple does not give to this developer token."""
    return UnimplementedError(
        Reason.CAPABILITY_REFUSED,
        "Apple does not give lyrics to this server's developer token, though it accepts it and the "
        "account's token elsewhere; lyrics are no part of Apple's public API",
        metadata={"capability": Capability.LYRICS.field},
        links=(_LYRICS_HELP,),
    )
