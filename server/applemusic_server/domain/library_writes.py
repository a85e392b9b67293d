"""Changing a library: what is written, and the ports to Apple and to what outlives the process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto
from typing import Any, Protocol

from applemusic_server.domain.capability import Capability
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.resources import (
    Playlist,
    PlaylistFolder,
    Resource,
    ResourceRef,
    Track,
)


class Outcome(Enum):
    """What Apple said to a write.

    Attributes:
        DONE: It is done, or will show soon.
        MISSING: 404: there is no such item, or Apple does not know the call.
        REFUSED: 401, 403, 405 or 501, although both tokens are good.
        FAILED: 500: for some playlists Apple says so every time (reference: observed).
    """

    DONE = auto()
    MISSING = auto()
    REFUSED = auto()
    FAILED = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """A track as it is written into a playlist.

    Attributes:
        ref: Type and id under which Apple is told.
        track: What the playlist shows for it.
    """

    ref: ResourceRef
    track: Track


@dataclass(frozen=True, slots=True)
class NewPlaylist:
    """A playlist to be made; `parent_folder_id` empty for the root."""

    name: str
    description: str = ""
    rows: tuple[Row, ...] = ()
    parent_folder_id: str = ""


@dataclass(frozen=True, slots=True)
class PlaylistChanges:
    """What to change of a playlist; None stays as it is."""

    name: str | None = None
    description: str | None = None
    public: bool | None = None


class LibraryWriteGateway(Protocol):
    """Tells Apple. Every method may raise the token and UPSTREAM reasons.

    All but creating and appending are sent again after a failure that can pass, for twice is as
    good as once. After an UNAVAILABLE or INTERNAL error of those two nobody knows what became of
    them.
    """

    async def add(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Add catalog items; Apple ignores silently what it cannot add.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def remove(self, item: ResourceRef, listener: Listener) -> Outcome:
        """Remove a song, album, music video, playlist or folder by library id."""
        ...

    async def create_playlist(self, new: NewPlaylist, listener: Listener) -> Playlist | None:
        """Make a playlist; None when Apple does not say what it made.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def create_folder(
        self, name: str, parent_folder_id: str, listener: Listener
    ) -> PlaylistFolder | None:
        """Make a folder; None when Apple does not say what it made.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        ...

    async def update_playlist(
        self, playlist_id: str, changes: PlaylistChanges, listener: Listener
    ) -> Outcome:
        """Change what a playlist says of itself."""
        ...

    async def rename_folder(self, folder_id: str, name: str, listener: Listener) -> Outcome:
        """Rename a folder."""
        ...

    async def move(self, item: ResourceRef, folder_id: str, listener: Listener) -> Outcome:
        """Put a playlist or folder into a folder; an empty id means the root."""
        ...

    async def append(self, playlist_id: str, rows: Sequence[Row], listener: Listener) -> Outcome:
        """Append tracks."""
        ...

    async def set_tracks(
        self, playlist_id: str, rows: Sequence[Row], listener: Listener
    ) -> Outcome:
        """Make a playlist hold exactly these tracks."""
        ...

    async def remove_tracks(
        self, playlist_id: str, tracks: Sequence[ResourceRef], listener: Listener
    ) -> Outcome:
        """Remove all copies of tracks, by the ids of their rows."""
        ...

    async def permits(self, capability: Capability, listener: Listener) -> bool:
        """Whether Apple lets the listener do it, asked with an id that there is not: no harm."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """What recent writes made of an item.

    Attributes:
        resource: The item as it should be; None when it was removed.
        changes: Fields of it that were written, by name.
        awaited: Made or added, and not seen at Apple yet.
    """

    resource: Resource | None
    changes: Mapping[str, Any] = field(default_factory=dict)
    awaited: bool = False


@dataclass(frozen=True, slots=True)
class WrittenTracks:
    """What recent writes made of a playlist's tracks.

    Attributes:
        whole: All of them; None when only `tail` was appended to what Apple has.
        tail: What was appended to what Apple had.
        total_count: How many there are when all writes show.
    """

    whole: tuple[Track, ...] | None
    tail: tuple[Track, ...] = ()
    total_count: int = 0


@dataclass(frozen=True, slots=True)
class RememberedRequest:
    """A request that names itself, so that it is done once.

    Attributes:
        digest: Of what was asked for: the same name for something else is a mistake.
        begin_time: When it was first sent to Apple.
        plan: What has to be known to find out what became of it.
        outcome: What the caller was told; None while nobody knows whether Apple did it.
    """

    digest: bytes
    begin_time: datetime
    plan: Mapping[str, Any]
    outcome: Mapping[str, Any] | None = None


class RequestLog(Protocol):
    """Remembers named requests for a day. Every method may raise STORAGE_UNAVAILABLE."""

    async def find(self, account_id: str, request_id: str) -> RememberedRequest | None:
        """Return what is remembered of a request."""
        ...

    async def put(self, account_id: str, request_id: str, request: RememberedRequest) -> None:
        """Remember a request, or more of it; requests older than a day are forgotten."""
        ...

    async def drop(self, account_id: str, request_id: str) -> None:
        """Forget a request: nothing was done."""
        ...
