"""Broadcast stations: where they are heard, and the ports to their streams."""

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.media import AudioPiece

# Names of endpoints in errors and metrics, where more than one layer speaks of them.
LIVE_PLAYLIST_ENDPOINT: Final = "live.playlist"
LIVE_SEGMENT_ENDPOINT: Final = "live.segment"


@dataclass(frozen=True, slots=True)
class StationStream:
    """Where a station can be heard.

    Attributes:
        url: Of its playlist. May be signed.
        protected: Apple names a key server: it cannot be played without a licence.
    """

    url: str = field(repr=False)
    protected: bool


class StationGateway(Protocol):
    """Asks Apple where a station can be heard."""

    async def stream(self, station_id: str, listener: Listener) -> StationStream | None:
        """Return the stream; None when the station has none: it plays songs one by one, as a rule.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, Apple has nothing to play under this id.
            PermissionDeniedError: SUBSCRIPTION_REQUIRED.
            AppleMusicError: A token or UPSTREAM reason.
        """
        ...


@dataclass(frozen=True, slots=True)
class PlaylistText:
    """A playlist as it came.

    Attributes:
        url: From where, redirects followed: what addresses in it are relative to.
    """

    text: str = field(repr=False)
    url: str = field(repr=False)


class LiveSource(Protocol):
    """Fetches what a broadcast is made of. Nothing stays open between two calls."""

    async def playlist(self, url: str) -> PlaylistText:
        """Return a playlist.

        Raises:
            UnavailableError: No answer, or a status that passes: ask again.
            NotFoundError: RESOURCE_NOT_FOUND.
            FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED, or UPSTREAM_REFUSED.
            InternalError: UPSTREAM_RESPONSE_INVALID, too large, or no text.
        """
        ...

    async def segment(self, url: str, byte_range: tuple[int, int] | None) -> bytes:
        """Return a segment, whole; raises as `playlist`.

        Args:
            url: The file.
            byte_range: The first byte and the one after the last; None is the whole file.
        """
        ...


@dataclass(frozen=True, slots=True)
class NowPlaying:
    """What a station says that it plays."""

    title: str
    artist: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Audio of the broadcast that is left out; `message` says why."""

    message: str


LiveNews = NowPlaying | Gap


@dataclass(frozen=True, slots=True)
class LiveFacts:
    """What is known about a broadcast as soon as its first segment is there.

    Attributes:
        mime_type: Of the container.
        codec: RFC 6381.
        bit_rate: Bits per second of that segment.
    """

    mime_type: str
    codec: str
    sample_rate_hertz: int
    channel_count: int
    bit_rate: int


class LiveReading(Protocol):
    """One broadcast being read: `open`, then `pieces`. Holds one segment, and nothing open."""

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of segments came."""
        ...

    @property
    def resumes(self) -> int:
        """How many transfers that had failed were taken up again, nothing missing."""
        ...

    def news(self, byte_count: int) -> Iterable[LiveNews]:
        """Take what is to be told before byte `byte_count` of the stream leaves."""
        ...

    def move(self, url: str) -> None:
        """Go on reading from another address of the same broadcast."""
        ...

    async def open(self) -> LiveFacts:
        """Read the first segment.

        Raises:
            FailedPreconditionError: LIVE_STATION_PROTECTED; RENDITION_NOT_FOUND, it is not AAC.
            UnimplementedError: CONTAINER_NOT_SUPPORTED, this audio does not fit into it.
            DataLossError: MEDIA_MALFORMED, segment after segment.
            AppleMusicError: As `LiveSource`.
        """
        ...

    def pieces(self) -> AsyncGenerator[AudioPiece, None]:
        """Yield audio as it is broadcast, only as fast as it is taken; what is missed is skipped.

        Ends when the broadcast says that it ends. After an error it can be called again and goes
        on behind the last piece.

        Raises:
            UnavailableError: The broadcast stands still or cannot be reached.
            AbortedError: MEDIA_CHANGED, it goes on in another form of audio.
            AppleMusicError: As `open`.
        """
        ...


class LiveMedia(Protocol):
    """Reads broadcasts."""

    def check_container(self, container: AudioContainer) -> None:
        """Return if broadcasts can be written in this container.

        Raises:
            UnimplementedError: CONTAINER_NOT_SUPPORTED.
        """
        ...

    def reading(self, url: str, container: AudioContainer) -> LiveReading:
        """Prepare to read; nothing is asked for before `LiveReading.open`."""
        ...
