"""The init segment: what `moov` says about the one audio track of a song."""

from dataclasses import dataclass, field

from applemusic_server.media.audio_format import AudioFormat, parse_esds
from applemusic_server.media.boxes import Box, Fields, children, only, optional, printable
from applemusic_server.media.failures import malformed

_SCHEME = b"cenc"
_IV_SIZES = (8, 16)
# Fields of an AudioSampleEntry (ISO/IEC 14496-12 12.2.3) before its child boxes.
_SAMPLE_ENTRY_BYTES = 28
_MAX_EDITS = 64


@dataclass(frozen=True, slots=True)
class Protection:
    """How the samples are encrypted: always ISO CENC AES-CTR (`cenc`).

    Attributes:
        key_id: The 16 bytes that name the key (`default_KID`).
        iv_size: Bytes of each sample's initialisation vector: 8 or 16.
    """

    key_id: bytes
    iv_size: int


@dataclass(frozen=True, slots=True)
class Movie:
    """The facts that every fragment needs and that a listener is told.

    Attributes:
        timescale: Units per second of all media times of this track.
        track_id: The id that the fragments must carry.
        audio: What kind of AAC it is.
        protection: How it is encrypted; None is clear.
        default_duration: Duration of a sample in units, where a fragment does not say.
        default_size: Size of a sample in bytes, where a fragment does not say.
        priming: Units at the start that the encoder put there and that are not to be heard.
        presentation: Units that are to be heard after the priming, if the edit list says.
        duration: Units of all samples, priming and padding included, if the file says.
    """

    timescale: int
    track_id: int
    audio: AudioFormat
    protection: Protection | None
    default_duration: int
    default_size: int
    priming: int
    presentation: int | None
    duration: int | None


@dataclass(frozen=True, slots=True)
class MovieBox:
    """A `moov` box that was read: whoever meets the same bytes need not read them again.

    Attributes:
        data: The box as it is in the encrypted file, head included.
        clean: The same box as a clear file has it, see `parse_movie`.
        movie: What it says.
    """

    data: bytes = field(repr=False)
    clean: bytes = field(repr=False)
    movie: Movie

    @classmethod
    def read(cls, data: bytes) -> "MovieBox":
        """Read a whole `moov` box.

        Raises:
            DataLossError: MEDIA_MALFORMED, see `parse_movie`.
        """
        movie, clean = parse_movie(data)
        return cls(data, clean, movie)


def parse_movie(moov: bytes) -> tuple[Movie, bytes]:
    """Read a whole `moov` box.

    Args:
        moov: The box, head included.

    Returns:
        The facts, and the same box as a clear file has it: `enca` named `mp4a`, `sinf` and `pssh`
        named `free`, every other byte and the length unchanged.

    Raises:
        DataLossError: MEDIA_MALFORMED, broken, not fragmented, not exactly one AAC track, or
            encrypted in another way than `cenc` with an IV per sample.
    """
    clean = bytearray(moov)
    top = list(children(moov, 8, len(moov)))
    for box in top:
        if box.kind == b"pssh":
            _rename(clean, box, b"free")
    header = Fields.of(moov, only(top, b"mvhd"))
    movie_timescale, movie_duration = _timescale_and_duration(header)
    trak = _inside(moov, only(top, b"trak"))
    mvex = _inside(moov, only(top, b"mvex"))
    mdia = _inside(moov, only(trak, b"mdia"))
    timescale, media_duration = _timescale_and_duration(Fields.of(moov, only(mdia, b"mdhd")))
    stbl = _inside(moov, only(_inside(moov, only(mdia, b"minf")), b"stbl"))
    refuse_key_groups(moov, stbl)
    audio, protection = _sample_entry(moov, only(stbl, b"stsd"), clean)
    track_id = _track_id(moov, only(trak, b"tkhd"))
    priming, presentation = read_edits(moov, optional(trak, b"edts"))
    default_duration, default_size = _defaults(moov, mvex, track_id)
    whole = _fragments_duration(moov, mvex) or movie_duration
    movie = Movie(
        timescale=timescale,
        track_id=track_id,
        audio=audio,
        protection=protection,
        default_duration=default_duration,
        default_size=default_size,
        priming=priming,
        presentation=presentation * timescale // movie_timescale if presentation else None,
        duration=media_duration or whole * timescale // movie_timescale or None,
    )
    return movie, bytes(clean)


def refuse_key_groups(buffer: bytes, boxes: list[Box]) -> None:
    """Refuse `seig` sample groups: keys that change inside a track are not known here.

    Raises:
        DataLossError: MEDIA_MALFORMED, such a group is there.
    """
    for box in boxes:
        if box.kind in (b"sgpd", b"sbgp") and buffer[box.body + 4 : box.body + 8] == b"seig":
            raise malformed("keys that change in the middle of a song ('seig') are not supported")


def _rename(clean: bytearray, box: Box, kind: bytes) -> None:
    clean[box.start + 4 : box.start + 8] = kind


def _inside(moov: bytes, box: Box) -> list[Box]:
    return list(children(moov, box.body, box.end))


def _timescale_and_duration(fields: Fields) -> tuple[int, int]:
    version, _ = fields.version_and_flags()
    width = _width(version)
    fields.take(2 * width)
    timescale = fields.unsigned(4)
    duration = fields.unsigned(width)
    if timescale == 0:
        raise malformed("a timescale of 0")
    return timescale, 0 if duration == (1 << 8 * width) - 1 else duration


def _width(version: int) -> int:
    if version > 1:
        raise malformed(f"a box of version {version}")
    return 8 if version else 4


def _track_id(moov: bytes, box: Box) -> int:
    fields = Fields.of(moov, box)
    version, _ = fields.version_and_flags()
    fields.take(2 * _width(version))
    return fields.unsigned(4)


def read_edits(moov: bytes, edts: Box | None) -> tuple[int, int]:
    """Priming in media units and presentation in movie units (0 is not known)."""
    if edts is None:
        return 0, 0
    fields = Fields.of(moov, only(_inside(moov, edts), b"elst"))
    version, _ = fields.version_and_flags()
    width = _width(version)
    count = fields.unsigned(4)
    if count > _MAX_EDITS:
        raise malformed(f"{count} edits")
    edits = []
    for _ in range(count):
        duration, media_time = fields.unsigned(width), fields.signed(width)
        fields.take(4)
        # -1 is an empty edit: silence before the song, which no container of ours plays.
        if media_time >= 0:
            edits.append((media_time, duration))
        elif media_time != -1:
            raise malformed("an edit that begins before the media")
    if len(edits) > 1:
        raise malformed("more than one edit: the song would not play from front to back")
    return edits[0] if edits else (0, 0)


def _defaults(moov: bytes, mvex: list[Box], track_id: int) -> tuple[int, int]:
    fields = Fields.of(moov, only(mvex, b"trex"))
    fields.version_and_flags()
    if fields.unsigned(4) != track_id:
        raise malformed("'trex' is about another track")
    if fields.unsigned(4) != 1:
        raise malformed("'trex' names a sample entry that is not there")
    return fields.unsigned(4), fields.unsigned(4)


def _fragments_duration(moov: bytes, mvex: list[Box]) -> int:
    box = optional(mvex, b"mehd")
    if box is None:
        return 0
    fields = Fields.of(moov, box)
    version, _ = fields.version_and_flags()
    return fields.unsigned(_width(version))


def _sample_entry(
    moov: bytes, stsd: Box, clean: bytearray
) -> tuple[AudioFormat, Protection | None]:
    fields = Fields.of(moov, stsd)
    fields.version_and_flags()
    entries = fields.unsigned(4)
    boxes = list(children(moov, fields.position, stsd.end))
    if entries != 1 or len(boxes) != 1:
        raise malformed(f"{len(boxes)} sample entries, {entries} announced, 1 expected")
    entry = boxes[0]
    if entry.kind not in (b"enca", b"mp4a"):
        raise malformed(f"a sample entry {printable(entry.kind)}, which is not AAC")
    head = Fields.of(moov, entry)
    head.take(8)
    if head.unsigned(2) != 0:
        raise malformed("a sample entry in QuickTime form")
    head.take(_SAMPLE_ENTRY_BYTES - 10)
    inside = list(children(moov, head.position, entry.end))
    audio = parse_esds(Fields.of(moov, only(inside, b"esds")))
    sinf = optional(inside, b"sinf")
    if entry.kind == b"mp4a":
        if sinf is not None:
            raise malformed("a clear sample entry that holds 'sinf'")
        return audio, None
    if sinf is None:
        raise malformed("an encrypted sample entry without 'sinf'")
    _rename(clean, entry, b"mp4a")
    _rename(clean, sinf, b"free")
    return audio, _protection(moov, sinf)


def _protection(moov: bytes, sinf: Box) -> Protection | None:
    boxes = _inside(moov, sinf)
    original = Fields.of(moov, only(boxes, b"frma")).take(4)
    if original != b"mp4a":
        raise malformed(f"the encrypted codec is {printable(original)}, not AAC")
    scheme_fields = Fields.of(moov, only(boxes, b"schm"))
    scheme_fields.version_and_flags()
    scheme = scheme_fields.take(4)
    if scheme != _SCHEME:
        raise malformed(f"the encryption scheme is {printable(scheme)}, only 'cenc' is supported")
    tenc = Fields.of(moov, only(_inside(moov, only(boxes, b"schi")), b"tenc"))
    version, _ = tenc.version_and_flags()
    _width(version)
    pattern = tenc.unsigned(2)
    protected, iv_size, key_id = tenc.unsigned(1), tenc.unsigned(1), tenc.take(16)
    if pattern:
        raise malformed("a pattern of encrypted blocks, which 'cenc' does not have")
    if protected == 0:
        return None
    if protected != 1 or iv_size not in _IV_SIZES:
        raise malformed(f"initialisation vectors of {iv_size} bytes, 8 or 16 expected")
    return Protection(key_id, iv_size)
