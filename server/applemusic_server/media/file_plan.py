"""Which bytes of a plain file make the stream that was asked for."""

import hashlib
import re
from dataclasses import dataclass, field, replace

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import (
    OutOfRangeError,
    Reason,
    UnimplementedError,
    invalid_field,
)
from applemusic_server.domain.media import SongStart
from applemusic_server.media.adts import HEADER_BYTES, adts_header_base
from applemusic_server.media.audio_file import AudioFile
from applemusic_server.media.failures import malformed
from applemusic_server.media.plain_mp4 import Ask, PlainMovie
from applemusic_server.media.sample_table import SampleTable
from applemusic_server.media.song_etag import media_changed
from applemusic_server.media.song_place import past_end
from applemusic_server.media.trimmed_mp4 import trimmed_prefix

_DIGEST_DIGITS = 24
_ETAG = re.compile(r"([0-9a-f]{24})(?:-f([1-9][0-9]{0,14}))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class FilePlan:
    """A stream of a plain file.

    Attributes:
        prefix: What leaves before the file's own bytes.
        start: Offset in the file of the first byte to read.
        end: Offset after the last one.
        total_bytes: Of the whole stream.
        etag: Names it.
        samples_from: The sample with which `start` begins, where samples are written anew; None
            where bytes leave as they are.
        drop: Bytes of output to leave out then.
    """

    prefix: bytes = field(repr=False)
    start: int
    end: int
    total_bytes: int
    etag: str = ""
    samples_from: int | None = None
    drop: int = 0


def plan_file(
    file: AudioFile, container: AudioContainer, start: SongStart, validator: str | None
) -> Ask[FilePlan]:
    """Find out which bytes of a file are wanted.

    Raises:
        UnimplementedError: CONTAINER_NOT_SUPPORTED.
        OutOfRangeError: OFFSET_OUT_OF_RANGE.
        InvalidArgumentError: INVALID_FIELD, nothing says where the file is heard when.
        AbortedError: MEDIA_CHANGED, the etag is another stream's.
    """
    check_container(file, container)
    digest = _digest(file, container, validator)
    if start.byte_offset is None:
        origin = yield from _origin_at(file, start.time.total_seconds())
    else:
        origin = _origin_of(file, start.etag, digest)
    if file.movie is None:
        first = origin or (file.audio_start if container is AudioContainer.ADTS else 0)
        whole = FilePlan(b"", first, file.total_bytes, file.total_bytes - first)
    elif container is AudioContainer.ADTS:
        whole = _samples(_table(file), origin)
    else:
        whole = _mp4(file, file.movie, origin)
    found = _from_byte(file, whole, start.byte_offset or 0)
    return replace(found, etag=f"{digest}-f{origin}" if origin else digest)


def check_container(file: AudioFile, container: AudioContainer) -> None:
    """Return if a file can be sent in a container.

    Raises:
        UnimplementedError: CONTAINER_NOT_SUPPORTED.
    """
    if container is AudioContainer.FMP4:
        return
    if container is AudioContainer.ADTS and file.mime_type == "audio/aac":
        return
    if file.movie is not None and file.movie.audio is not None and file.table is not None:
        # PCM is decoded from that.
        adts_header_base(file.movie.audio)
        return
    raise UnimplementedError(
        Reason.CONTAINER_NOT_SUPPORTED,
        f"this song is a plain file of {file.mime_type} ({file.codec}), which this server does "
        f"not send as {container.name}; ask for FMP4 to get it as it is",
        metadata={"container": container.name},
    )


def _digest(file: AudioFile, container: AudioContainer, validator: str | None) -> str:
    said = f"{container.name} {validator or ''}".encode()
    return hashlib.sha256(file.digest + said).hexdigest()[:_DIGEST_DIGITS]


def _origin_of(file: AudioFile, etag: str, digest: str) -> int:
    """Where the stream of an etag began: a sample of an MP4, else a byte; 0 is the beginning."""
    if not etag:
        return 0
    match = _ETAG.fullmatch(etag)
    if match is None or match[1] != digest:
        raise media_changed()
    origin = int(match[2] or 0)
    most = file.table.count if file.table else file.total_bytes
    if origin and (not file.seekable or origin >= most):
        raise media_changed()
    return origin


def _origin_at(file: AudioFile, seconds: float) -> Ask[int]:
    if seconds <= 0:
        return 0
    table, frames, movie = file.table, file.frames, file.movie
    whole = frames.seconds if frames else file.seconds
    if table is not None and movie is not None:
        whole = table.duration / movie.timescale
    if seconds >= whole:
        raise OutOfRangeError(
            Reason.OFFSET_OUT_OF_RANGE,
            f"the start is outside of the song: {seconds:.3f} s of {whole:.3f} s",
            metadata={"total": f"{whole:.3f}"},
        )
    if table is not None and movie is not None:
        return table.sample_at_time(int(seconds * movie.timescale))
    if frames is None:
        raise invalid_field(
            "start_offset",
            "this song is a plain file that does not say where it is heard when; begin at the "
            "beginning, or go on with byte_offset",
        )
    window = file.window_at(seconds)
    data = yield window
    found = file.frame_in(window, data)
    if found is None:
        raise malformed("no frames where they belong")
    return 0 if found <= file.audio_start else found


def _table(file: AudioFile) -> SampleTable:
    if file.table is None:
        raise RuntimeError("check_container() let through what has no samples")
    return file.table


def _samples(table: SampleTable, origin: int) -> FilePlan:
    total = sum(table.sizes[origin:]) + HEADER_BYTES * (table.count - origin)
    return FilePlan(b"", table.offset(origin), table.end, total, samples_from=origin)


def _mp4(file: AudioFile, movie: PlainMovie, origin: int) -> FilePlan:
    table = file.table
    if table is None or (not origin and movie.index_first):
        return FilePlan(b"", 0, file.total_bytes, file.total_bytes)
    prefix, start = trimmed_prefix(movie, table, origin), table.offset(origin)
    return FilePlan(prefix, start, table.end, len(prefix) + table.end - start)


def _from_byte(file: AudioFile, whole: FilePlan, byte_offset: int) -> FilePlan:
    """The part of a stream that begins with one of its bytes."""
    if byte_offset >= whole.total_bytes:
        raise past_end(byte_offset, whole.total_bytes)
    if whole.samples_from is not None:
        return _from_sample(_table(file), whole, whole.samples_from, byte_offset)
    if byte_offset < len(whole.prefix):
        return replace(whole, prefix=whole.prefix[byte_offset:])
    return replace(whole, prefix=b"", start=whole.start + byte_offset - len(whole.prefix))


def _from_sample(table: SampleTable, whole: FilePlan, origin: int, byte_offset: int) -> FilePlan:
    sample, at = origin, 0
    while at + table.sizes[sample] + HEADER_BYTES <= byte_offset:
        at += table.sizes[sample] + HEADER_BYTES
        sample += 1
    return replace(whole, start=table.offset(sample), samples_from=sample, drop=byte_offset - at)
