"""What Apple does not document, or does not let everybody do."""

from enum import StrEnum

from applemusic_server.domain.errors import Reason, UnimplementedError


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


def capability_refused(capability: Capability) -> UnimplementedError:
    """The error for what Apple does not let an account do."""
    return UnimplementedError(
        Reason.CAPABILITY_REFUSED,
        f"Apple does not let this account or developer token do it ({capability.field}); Apple "
        "does not document the call, and nothing in this server's settings changes that. "
        "It is tried again after a day, or after a new sign-in",
        metadata={"capability": capability.field},
    )
