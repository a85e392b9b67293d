"""What a stream of audio is made of."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from applemusic.models.reason import ErrorReason
from applemusic.models.wire_enum import WireEnum


class AudioContainer(WireEnum):
    """Names the form in which audio is sent."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    FMP4 = 1
    """Fragmented MP4 as Apple packs it, decrypted: same length and offsets as the source, edit list
    kept, so that players know priming and end. Any byte range can be asked for. For uploads and
    previews, the file as it is, be it MP4, MP3 or AAC: `AudioHeader.mime_type` says which. Only an
    MP4 whose index comes last is sent with the index first.
    """
    ADTS = 2
    """AAC frames with ADTS headers: the simplest to feed to a decoder.

    Has no edit list, so a player plays the priming samples too (some 20 to 50 ms of silence).
    """
    PCM_S16LE = 3
    """Interleaved signed 16-bit little-endian PCM at the source's sample rate, trimmed to the exact
    length: songs of a continuous mix join without a gap. Chunks hold whole samples of all channels.
    Needs the server's `pcm` extra.
    """


class AudioSource(WireEnum):
    """Names where audio comes from."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    CATALOG = 1
    """The catalog."""
    UPLOAD = 2
    """The listener's own upload, or another song of theirs that Apple keeps as a plain file."""
    PREVIEW = 3
    """A 30-second preview; the header's times are the preview's."""
    LIVE = 4
    """A live broadcast."""


class Preparation(WireEnum):
    """Says how much was ready when a stream was asked for."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    COLD = 1
    """Nothing: Apple was asked for everything."""
    RESOLVED = 2
    """Where the media lies was known."""
    LICENSED = 3
    """Where it lies and its key were known."""
    READY = 4
    """Its first bytes were there, too."""


class AudioEventKind(WireEnum):
    """Names something that happened to a stream."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    KEEP_ALIVE = 1
    """Nothing; sent in long pauses so that nothing in between takes the stream for dead."""
    STALLED = 2
    """Audio was due and had not come from Apple yet."""
    FLOWING = 3
    """Audio flows again after STALLED."""
    UPSTREAM_RESUMED = 4
    """The connection to Apple broke and was taken up again; nothing is missing."""
    RENEWED = 5
    """Media address or licence were renewed in the middle."""
    NOW_PLAYING = 6
    """A live station says what it plays from the next chunk on; sent when that changes."""
    PREPARE_FAILED = 7
    """A song named in `next_song_ids` could not be prepared; `reason` and `song_id` say more."""
    PREPARED = 8
    """A song named in `next_song_ids` is ready to start; `song_id` says which."""
    GAP = 9
    """Audio of a live station is left out here: it was gone before it could be fetched, or the
    reader was too far behind. The chunks join, the broadcast does not.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioHeader:
    """What is about to be sent."""

    song_id: str = ""
    """The song, or the station, as it was asked for."""
    container: AudioContainer = AudioContainer.UNKNOWN
    """Form of the chunks."""
    mime_type: str = ""
    """Media type: `audio/mp4`, `audio/aac`, `audio/mpeg`, `audio/L16;rate=44100;channels=2`."""
    codec: str = ""
    """RFC 6381 codec, e.g. `mp4a.40.2`, `mp3`; empty for PCM."""
    sample_rate_hertz: int = 0
    """Samples per second."""
    channel_count: int = 0
    """Channels."""
    bit_rate: int = 0
    """Average bits per second of the source, 0 when unknown."""
    duration: timedelta | None = None
    """Playing time of the whole song; None for live streams."""
    total_bytes: int = 0
    """Bytes of the whole stream in this container, 0 when it is not known in advance."""
    priming_samples: int = 0
    """Samples at the beginning that the encoder added and a player leaves out; 0 for PCM."""
    padding_samples: int = 0
    """Samples at the end that the encoder added and a player leaves out; 0 for PCM or unknown."""
    total_samples: int = 0
    """Samples of the true song, without priming and padding; 0 when unknown."""
    byte_offset: int = 0
    """Byte of the whole stream with which the first chunk begins; 0 after `start_offset`, where the
    stream counts from its own beginning.
    """
    start_offset: timedelta = timedelta(0)
    """Position in the song of the first audio that is sent."""
    etag: str = ""
    """Names this rendition of the song; to be sent along when going on."""
    source: AudioSource = AudioSource.UNKNOWN
    """Where the audio comes from."""
    preparation: Preparation = Preparation.UNKNOWN
    """How much was ready."""
    seekable: bool = False
    """True if and only if a `start_offset` can be asked for of this item.

    A `byte_offset` can be asked for of every song.
    """
    stream_id: str = ""
    """The stream's id in the server's log."""

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of all channels: what PCM is counted and cut in; 0 for the others."""
        return 2 * self.channel_count if self.container is AudioContainer.PCM_S16LE else 0


class AudioChunk(bytes):
    """A piece of audio: bytes, and where they belong.

    Attributes:
        byte_offset: Byte of the whole stream with which it begins.
        media_offset: Position in the song, priming counted, of the first sample that begins in it.
    """

    byte_offset: int
    media_offset: timedelta

    def __new__(cls, data: bytes, *, byte_offset: int, media_offset: timedelta) -> Self:
        """Return the bytes with their place."""
        chunk = super().__new__(cls, data)
        chunk.byte_offset = byte_offset
        chunk.media_offset = media_offset
        return chunk

    @property
    def data(self) -> bytes:
        """The bytes alone."""
        return bytes(self)

    @property
    def end(self) -> int:
        """Byte of the whole stream that comes after it."""
        return self.byte_offset + len(self)

    def __repr__(self) -> str:
        return f"AudioChunk({len(self)} bytes at {self.byte_offset}, {self.media_offset})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioEvent:
    """Something that the host may want to know. Never needed to play the stream."""

    kind: AudioEventKind = AudioEventKind.UNKNOWN
    """What happened."""
    event_time: datetime | None = None
    """When."""
    message: str = ""
    """What it is about in words, for logs."""
    song_id: str = ""
    """Song it is about, when it is another than the one streamed."""
    reason: ErrorReason = ErrorReason.UNKNOWN
    """Why, for PREPARE_FAILED."""
    title: str = ""
    """Title of what plays, for NOW_PLAYING: as the station words it, which may be the whole of
    "artist - title"; empty when it stopped saying.
    """
    artist_name: str = ""
    """Artist, for NOW_PLAYING; empty when the station does not tell it apart."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioStage:
    """How long one step took."""

    name: str = ""
    """`web_playback`, `play_assets`, `playlist`, `license`, `first_range`, `decrypt`."""
    duration: timedelta = timedelta(0)
    """How long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSummary:
    """What was sent."""

    byte_count: int = 0
    """Bytes sent in this call."""
    media_duration: timedelta = timedelta(0)
    """Playing time sent in this call."""
    first_byte_duration: timedelta = timedelta(0)
    """From the arrival of the call to the first byte of audio leaving."""
    stages: tuple[AudioStage, ...] = ()
    """Steps of the start, in the order in which they began; some ran side by side."""
    stall_count: int = 0
    """How often audio was due and not there."""
    stall_duration: timedelta = timedelta(0)
    """How long it was not there, in all."""
    resume_count: int = 0
    """How often the connection to Apple broke and was taken up again."""
    upstream_byte_count: int = 0
    """Bytes received from Apple for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedAudio:
    """Says how far a song is prepared."""

    song_id: str = ""
    """The song as it was named."""
    preparation: Preparation = Preparation.UNKNOWN
    """How much is ready; COLD while it waits for its turn."""
    expire_time: datetime | None = None
    """Until when that holds; it is refreshed before, while the song stays in the list."""
    byte_count: int = 0
    """Bytes held for it."""
    failure_reason: ErrorReason = ErrorReason.UNKNOWN
    """Why it cannot be prepared; UNSPECIFIED when nothing is wrong."""
    failure_message: str = ""
    """What is wrong, in words."""
