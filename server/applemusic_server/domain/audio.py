"""What a stream of audio is made of, from the request to its last frame.

The shapes follow `audio_service.proto` of the contract; the comments there say what fields mean.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Protocol

from applemusic_server.domain.errors import Reason


class AudioContainer(Enum):
    """The form in which audio is sent."""

    FMP4 = auto()
    ADTS = auto()
    PCM_S16LE = auto()


class AudioSource(Enum):
    """Where audio comes from."""

    CATALOG = auto()
    UPLOAD = auto()
    PREVIEW = auto()
    LIVE = auto()


class Preparation(Enum):
    """How much was ready when a stream was asked for."""

    COLD = auto()
    RESOLVED = auto()
    LICENSED = auto()
    READY = auto()


class AudioEventKind(Enum):
    """Something that happened to a stream."""

    KEEP_ALIVE = auto()
    STALLED = auto()
    FLOWING = auto()
    UPSTREAM_RESUMED = auto()
    RENEWED = auto()
    NOW_PLAYING = auto()
    PREPARE_FAILED = auto()
    PREPARED = auto()
    GAP = auto()


class Stage(Enum):
    """A step of starting a stream; the value is its metric label."""

    WEB_PLAYBACK = "web_playback"
    PLAY_ASSETS = "play_assets"
    PLAYLIST = "playlist"
    LICENSE = "license"
    FIRST_RANGE = "first_range"
    DECRYPT = "decrypt"


@dataclass(frozen=True, slots=True)
class AudioRequest:
    """A checked request for audio.

    Attributes:
        account: Account id; empty for the only one.
        song_id: Catalog id, or library id beginning `i.`; empty for a station.
        station_id: A broadcast station instead of a song; else empty.
        start_offset: Where in the song to begin; None unless asked for.
        byte_offset: Which byte of the whole stream to begin with; None unless asked for. At most
            one of the two is set.
        etag: From the header of the stream that `byte_offset` goes on with; empty checks nothing.
        burst: Audio that the caller would like to have at once; None as usual.
    """

    account: str
    song_id: str
    container: AudioContainer = AudioContainer.FMP4
    start_offset: timedelta | None = None
    byte_offset: int | None = None
    etag: str = ""
    next_song_ids: tuple[str, ...] = ()
    allow_preview: bool = False
    station_id: str = ""
    burst: timedelta | None = None


@dataclass(frozen=True, slots=True)
class AudioHeader:
    """What is about to be sent.

    Attributes:
        account_id: Who listens, also where the request left it open. Not sent: for who watches.
        stages: How long the steps of the start took. Sent with the summary; here for who watches,
            since most streams end before that.
    """

    song_id: str
    container: AudioContainer
    mime_type: str
    codec: str
    sample_rate_hertz: int
    channel_count: int
    bit_rate: int
    duration: timedelta | None
    total_bytes: int
    priming_samples: int
    padding_samples: int
    total_samples: int
    byte_offset: int
    start_offset: timedelta
    etag: str
    source: AudioSource
    preparation: Preparation
    seekable: bool
    stream_id: str
    account_id: str = ""
    stages: tuple[tuple[Stage, timedelta], ...] = ()


@dataclass(frozen=True, slots=True)
class AudioChunk:
    """A piece of audio."""

    data: bytes
    byte_offset: int
    media_offset: timedelta


@dataclass(frozen=True, slots=True)
class AudioEvent:
    """Something that the host may want to know."""

    kind: AudioEventKind
    event_time: datetime
    message: str
    song_id: str = ""
    reason: Reason | None = None
    title: str = ""
    artist_name: str = ""


@dataclass(frozen=True, slots=True)
class AudioSummary:
    """What was sent."""

    byte_count: int
    media_duration: timedelta
    first_byte_duration: timedelta
    stages: tuple[tuple[Stage, timedelta], ...]
    stall_count: int
    stall_duration: timedelta
    resume_count: int
    upstream_byte_count: int


@dataclass(frozen=True, slots=True)
class StreamNumbers:
    """What a stream came to, however it ended. Not sent: for who watches.

    Attributes:
        account_id: Who listened, also where the request left it open.
        stages: How long the steps of the start took, as far as it came.
        media_duration: Playing time of what was sent.
        resume_count: Broken transfers from Apple that were taken up again.
        renewal_count: How often the media's address or its licence was asked for anew.
        upstream_byte_count: Bytes of media that came from Apple for it.
    """

    account_id: str
    preparation: Preparation
    stages: tuple[tuple[Stage, timedelta], ...] = ()
    media_duration: timedelta = timedelta(0)
    stall_count: int = 0
    stall_duration: timedelta = timedelta(0)
    resume_count: int = 0
    renewal_count: int = 0
    upstream_byte_count: int = 0


AudioFrame = AudioHeader | AudioChunk | AudioEvent | AudioSummary


class AudioPlayer(Protocol):
    """Plays songs; `application.playback` is the one."""

    def stream(
        self, request: AudioRequest, measured: Callable[[StreamNumbers], None] = ...
    ) -> AsyncGenerator[AudioFrame, None]:
        """Yield a header, chunks and events, and last a summary.

        Closing the generator (or cancelling the task that iterates) closes everything upstream.

        Args:
            request: What to play.
            measured: Is told once, when all is closed, what a stream came to that was admitted.

        Raises:
            AppleMusicError: Before the header, for everything that can be known by then; or later,
                in place of the summary.
        """
        ...
