"""What a sync of the library says."""

from dataclasses import dataclass
from datetime import datetime

from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncUpsert:
    """A resource is there, new or changed."""

    resource: Resource | None = None
    """The resource, complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRemoval:
    """A resource is not there any more."""

    resource: ResourceRef | None = None
    """What is gone. `name` is as it was last seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncPlaylistTracks:
    """What a playlist holds."""

    playlist_id: str = ""
    """Library id of the playlist."""
    tracks: tuple[ResourceRef, ...] = ()
    """Its tracks in order, by id: song or video, library id."""
    start_index: int = 0
    """Position of the first of these tracks, from 0; long playlists come in several messages."""
    last: bool = False
    """True if and only if the playlist ends with these tracks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncProgress:
    """How far the sync has come."""

    type: ResourceType = ResourceType.UNKNOWN
    """The type being read."""
    done_count: int = 0
    """Items of this type read so far."""
    total_count: int = 0
    """Items of this type in all, as Apple says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncCheckpoint:
    """A place to go on from."""

    sync_token: str = ""
    """To send in the next request: resumes an interrupted sync, or asks for changes after a
    complete one.
    """
    complete: bool = False
    """True if and only if everything was sent."""
    read_time: datetime | None = None
    """When this state of the library was read."""
