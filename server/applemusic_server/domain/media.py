"""The port to the media path: a song of Apple's as something that can be opened and read."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Final, Protocol

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import Reason

# Names of Apple's endpoints in errors and metrics, where more than one layer speaks of them.
LICENSE_ENDPOINT: Final = "license"
PLAYLIST_ENDPOINT: Final = "media.playlist"
RANGE_ENDPOINT: Final = "media.range"

ADDRESS_REASONS: Final = frozenset({Reason.UPSTREAM_REFUSED, Reason.RESOURCE_NOT_FOUND})
"""What a file server says when an address has expired: a new one may help."""


# What the contract allows a chunk.
MOST_PIECE_BYTES = 128 * 1024


@dataclass(frozen=True, slots=True)
class SongStart:
    """Where in a song to begin.

    Attributes:
        time: Media time, priming counted; the stream begins with the fragment that holds it and
            counts its bytes from there.
        byte_offset: Byte of an earlier stream to go on with; None begins at `time`.
        etag: From the facts of that earlier stream: which song it was, and where it began. Empty
            is a stream that began at the beginning, unchecked.
    """

    time: timedelta = timedelta(0)
    byte_offset: int | None = None
    etag: str = ""


@dataclass(frozen=True, slots=True)
class SongFacts:
    """What is known about a song as soon as its init segment is there. No key is needed for it.

    Attributes:
        mime_type: Of the container.
        codec: RFC 6381.
        bit_rate: Average bits per second of the source.
        duration: Of what is to be heard, and of the padding where that is not known.
        total_bytes: Of the stream that begins where this one (or the one it goes on with) began;
            0 when it cannot be known in advance.
        total_samples: Of what is to be heard; 0 when unknown.
        byte_offset: Byte of that stream with which the first piece begins.
        etag: Names the song, the container and where the stream began. Not secret.
        seekable: Whether the song can be begun at any time.
    """

    mime_type: str
    codec: str
    sample_rate_hertz: int
    channel_count: int
    bit_rate: int
    duration: timedelta
    total_bytes: int
    priming_samples: int
    padding_samples: int
    total_samples: int
    byte_offset: int
    etag: str
    seekable: bool = True


@dataclass(frozen=True, slots=True)
class AudioPiece:
    """Clear audio, ready to leave.

    Attributes:
        data: At most `MOST_PIECE_BYTES`, never empty.
        byte_offset: Byte of the stream with which `data` begins.
        media_offset: Media time of the first sample that begins in `data`, or of the next one.
        duration: Seconds of audio that begin in `data`.
    """

    data: bytes
    byte_offset: int
    media_offset: timedelta
    duration: float


class Room(Protocol):
    """How much a listener may have next. Who reads asks before each range, and not for less."""

    async def wait(self, least: float) -> float:
        """Return when so many seconds of audio may leave, or more; how many may by then.

        While it waits, whoever asks holds nothing: no connection and no audio.
        """
        ...


class Unlimited:
    """A `Room` for those who take everything as it comes."""

    async def wait(self, least: float) -> float:
        """Return at once."""
        del least
        return inf


class SongReading(Protocol):
    """One stream being read from Apple: `open`, `unlock`, then `pieces`; at any point `aclose`."""

    @property
    def upstream_bytes(self) -> int:
        """How many bytes came from Apple."""
        ...

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        ...

    @property
    def held_bytes(self) -> int:
        """How many bytes of audio wait in memory."""
        ...

    async def open(self) -> SongFacts:
        """Ask for the first range and return as soon as the facts are known.

        The rest of the range travels on while the licence is being asked for.

        Raises:
            OutOfRangeError: OFFSET_OUT_OF_RANGE; `total` is in its metadata.
            AbortedError: MEDIA_CHANGED, the etag is not this song's.
            UnimplementedError: CONTAINER_NOT_SUPPORTED, this audio does not fit into it.
            DataLossError: MEDIA_MALFORMED or MEDIA_TRUNCATED.
            AppleMusicError: Whatever the file server refuses with.
        """
        ...

    async def unlock(self, key: ContentKey | None) -> timedelta:
        """Try a key on the first samples and return the media time of the first piece.

        What is not protected needs no key, only the wait for its first piece.

        Nothing is lost when it fails: another key may be tried.

        Raises:
            DataLossError: DECRYPTION_KEY_WRONG, or as `open`.
            AppleMusicError: As `open`.
        """
        ...

    async def hold(self, most_bytes: int) -> None:
        """After `unlock`: read the open range to its end and keep it, so that nothing stays open.

        Keeps hardly more than `most_bytes`, also where the file server sends more than was asked
        for; what it did not send is asked for by `pieces`. May be cancelled: nothing is lost.

        Raises:
            AppleMusicError: As `pieces`, but for what passes.
        """
        ...

    def pieces(self, room: Room) -> AsyncGenerator[AudioPiece, None]:
        """Yield all audio, each byte once and in order; only as fast as it is taken.

        Args:
            room: Is asked before each further range, which is then as long as there is room for.

        Raises:
            DataLossError: MEDIA_MALFORMED, or MEDIA_TRUNCATED when the file ends before the
                playlist says.
            UnavailableError: The transfer broke too often.
            AppleMusicError: As `open`.
        """
        ...

    async def aclose(self) -> None:
        """Close what is open upstream. A second call does nothing."""
        ...


class Rendition(Protocol):
    """A song as its playlist describes it, or a plain file."""

    @property
    def protected(self) -> bool:
        """Whether a key is needed; what is said of keys is empty otherwise."""
        ...

    @property
    def key_id(self) -> bytes:
        """The 16 bytes that name the content key."""
        ...

    @property
    def key_uri(self) -> str:
        """The key's address as the playlist has it; the licence request repeats it."""
        ...

    @property
    def total_bytes(self) -> int:
        """Bytes of the whole file."""
        ...

    @property
    def duration(self) -> timedelta:
        """Of all segments, priming and padding included."""
        ...

    @property
    def expire_time(self) -> datetime | None:
        """When the file's address ends, as far as the address says so."""
        ...

    def open(self, start: SongStart, container: AudioContainer) -> SongReading:
        """Prepare to read; nothing is asked for before `SongReading.open`.

        Raises:
            OutOfRangeError: OFFSET_OUT_OF_RANGE, as far as the playlist alone tells.
            AbortedError: MEDIA_CHANGED, the etag cannot be this song's.
        """
        ...


class SongMedia(Protocol):
    """Reads playlists."""

    def check_container(self, container: AudioContainer) -> None:
        """Return if this server can write the container.

        Raises:
            UnimplementedError: CONTAINER_NOT_SUPPORTED.
        """
        ...

    def rendition(self, playlist: str, playlist_url: str) -> Rendition:
        """Read a playlist.

        Raises:
            InternalError: UPSTREAM_RESPONSE_INVALID.
            FailedPreconditionError: RENDITION_NOT_FOUND, nothing in it that Widevine can serve.
        """
        ...

    def file(self, url: str, duration: timedelta) -> Rendition:
        """A plain file, about which nothing is asked before it is opened.

        Args:
            url: Where it is.
            duration: How long it is said to play; 0 when nobody said.
        """
        ...
