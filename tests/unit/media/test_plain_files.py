"""Plain files: what they are, and every way to begin in them."""

import io
from datetime import timedelta
from itertools import product

import av
import numpy as np
import pytest

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import (
    AbortedError,
    AppleMusicError,
    InvalidArgumentError,
    OutOfRangeError,
    Reason,
    UnimplementedError,
)
from applemusic_server.domain.media import MOST_PIECE_BYTES, AudioPiece, SongStart
from applemusic_server.media.audio_file import read_audio_file
from tests.support.cenc import box
from tests.support.plain import (
    MemoryFile,
    decoded,
    plain_file,
    read_all,
    rendition_of,
    run_over,
)

SECONDS = 12.0


def packets(audio: bytes) -> list[bytes]:
    with av.open(io.BytesIO(audio), mode="r") as container:
        head = 7 if container.format.name == "aac" else 0
        return [bytes(packet)[head:] for packet in container.demux(audio=0) if packet.size]


def joined(pieces: list[AudioPiece]) -> bytes:
    at = pieces[0].byte_offset
    for piece in pieces:
        assert piece.byte_offset == at
        assert 0 < len(piece.data) <= MOST_PIECE_BYTES
        at += len(piece.data)
    return b"".join(piece.data for piece in pieces)


@pytest.mark.parametrize(
    ("kind", "mime_type", "codec", "seekable"),
    [
        ("m4a", "audio/mp4", "mp4a.40.2", True),
        ("m4a-fragmented", "audio/mp4", "mp4a.40.2", False),
        ("alac", "audio/mp4", "alac", True),
        ("mp3", "audio/mpeg", "mp3", True),
        ("mp3-vbr", "audio/mpeg", "mp3", True),
        ("mp3-untagged", "audio/mpeg", "mp3", True),
        ("mp3-mono", "audio/mpeg", "mp3", True),
        ("adts", "audio/aac", "mp4a.40.2", False),
    ],
)
async def test_what_a_file_is(kind: str, mime_type: str, codec: str, *, seekable: bool) -> None:
    data = plain_file(kind)
    facts, begins, pieces = await read_all(rendition_of(MemoryFile(data), SECONDS))
    assert (facts.mime_type, facts.codec, facts.seekable) == (mime_type, codec, seekable)
    mono = kind == "mp3-mono"
    assert (facts.sample_rate_hertz, facts.channel_count) == ((22050, 1) if mono else (44100, 2))
    assert facts.duration.total_seconds() == pytest.approx(SECONDS, abs=0.06)
    assert begins == timedelta(0)
    sent = joined(pieces)
    assert len(sent) == facts.total_bytes
    if kind != "alac":  # whose index FFmpeg wrote behind
        assert sent == data
    assert sum(piece.duration for piece in pieces) == pytest.approx(SECONDS, abs=0.1)
    assert [p.media_offset for p in pieces] == sorted(p.media_offset for p in pieces)
    if facts.total_samples and not mono:
        assert facts.total_samples == pytest.approx(SECONDS * 44100, abs=50)
        assert kind == "alac" or 500 < facts.priming_samples < 2200


async def test_a_rate_that_its_entry_cannot_hold() -> None:
    facts, _, pieces = await read_all(rendition_of(MemoryFile(plain_file("alac-96k", 2.0))))
    assert (facts.sample_rate_hertz, facts.codec) == (96_000, "alac")
    assert facts.duration.total_seconds() == pytest.approx(2, abs=0.05)
    assert packets(joined(pieces)) == packets(plain_file("alac-96k", 2.0))


async def test_an_index_behind_comes_in_front() -> None:
    """Else a player could begin only when it has the whole file."""
    first, last = plain_file("m4a"), plain_file("m4a-last")
    assert last.index(b"moov") > last.index(b"mdat")
    file = MemoryFile(last)
    facts, _, pieces = await read_all(rendition_of(file))
    sent = joined(pieces)
    assert len(sent) == facts.total_bytes
    assert sent.index(b"moov") < sent.index(b"mdat")
    assert packets(sent) == packets(last) == packets(first)
    assert np.array_equal(decoded(sent), decoded(last))


@pytest.mark.parametrize("kind", ["m4a", "m4a-last", "mp3", "mp3-vbr", "adts", "m4a-fragmented"])
@pytest.mark.parametrize("share", [0.0001, 0.02, 0.4, 0.77, 0.9999])
async def test_going_on_at_any_byte(kind: str, share: float) -> None:
    file = MemoryFile(plain_file(kind))
    rendition = rendition_of(file, SECONDS)
    facts, _, pieces = await read_all(rendition)
    whole = joined(pieces)
    offset = int(len(whole) * share)
    start = SongStart(byte_offset=offset, etag=facts.etag)
    for again in (rendition, rendition_of(file, SECONDS)):
        more, _, rest = await read_all(again, start)
        assert joined(rest) == whole[offset:]
        assert rest[0].byte_offset == more.byte_offset == offset
        assert more.etag == facts.etag
    with pytest.raises(OutOfRangeError) as caught:
        await read_all(rendition, SongStart(byte_offset=len(whole), etag=facts.etag))
    assert caught.value.metadata["total"] == str(len(whole))
    assert file.open_ranges == 0


@pytest.mark.parametrize("kind", ["m4a", "m4a-last", "alac", "mp3", "mp3-untagged", "mp3-vbr"])
@pytest.mark.parametrize("seconds", [0.01, 1.0, 5.5, 11.5])
async def test_beginning_at_a_time(kind: str, seconds: float) -> None:
    rendition = rendition_of(MemoryFile(plain_file(kind)))
    whole_facts, _, _ = await read_all(rendition)
    start = SongStart(timedelta(seconds=seconds))
    facts, begins, pieces = await read_all(rendition, start)
    sent = joined(pieces)
    assert len(sent) == facts.total_bytes
    # A variable rate is known to a percent of the song, everything else to some frames.
    tolerance = 0.5 if kind == "mp3-vbr" else 0.25
    assert seconds - tolerance <= begins.total_seconds() <= seconds + (kind == "mp3-vbr") * 0.3
    original = packets(plain_file(kind))
    came = packets(sent)
    assert came == original[-len(came) :]
    frame = 1152 if kind.startswith("mp3") else 4096 if kind == "alac" else 1024
    skipped = (len(original) - len(came)) * frame / 44100
    # Of a constant rate, half a frame: that is how far the frames' sizes are from even.
    exact = {"m4a": 1e-5, "m4a-last": 1e-5, "alac": 1e-5, "mp3-vbr": 0.5}.get(kind, 0.014)
    assert skipped == pytest.approx(begins.total_seconds(), abs=exact)
    # ... and going on in such a stream, from the etag alone.
    again = SongStart(byte_offset=len(sent) // 2, etag=facts.etag)
    for other in (rendition, rendition_of(MemoryFile(plain_file(kind)))):
        _, _, rest = await read_all(other, again)
        assert joined(rest) == sent[len(sent) // 2 :]
    assert facts.duration == whole_facts.duration


async def test_the_rest_of_an_mp4_sounds_like_the_rest() -> None:
    whole = decoded(plain_file("m4a"))
    rendition = rendition_of(MemoryFile(plain_file("m4a")))
    _, begins, pieces = await read_all(rendition, SongStart(timedelta(seconds=6)))
    part = decoded(joined(pieces))
    begin = round(begins.total_seconds() * 44100) - 1024  # FFmpeg leaves the priming out
    # The first frame has no other one before it to overlap with.
    assert np.abs(part[2048 : 44100 * 4] - whole[begin + 2048 : begin + 44100 * 4]).max() < 0.001
    assert len(part) == pytest.approx(len(whole) - begin, abs=1024)


@pytest.mark.parametrize("kind", ["m4a", "m4a-last"])
@pytest.mark.parametrize("seconds", [0.0, 5.0])
async def test_adts_of_an_mp4(kind: str, seconds: float) -> None:
    rendition = rendition_of(MemoryFile(plain_file(kind)))
    start = SongStart(timedelta(seconds=seconds))
    facts, begins, pieces = await read_all(rendition, start, AudioContainer.ADTS)
    sent = joined(pieces)
    assert (facts.mime_type, facts.total_bytes) == ("audio/aac", len(sent))
    came, original = packets(sent), packets(plain_file(kind))
    assert came == original[-len(came) :]
    skipped = (len(original) - len(came)) * 1024 / 44100
    assert begins.total_seconds() == pytest.approx(skipped, abs=1e-5)
    assert seconds - 0.03 < begins.total_seconds() <= seconds
    for offset in (1, 6, 8, len(sent) // 3, len(sent) - 1):
        again = SongStart(byte_offset=offset, etag=facts.etag)
        _, _, rest = await read_all(rendition, again, AudioContainer.ADTS)
        assert joined(rest) == sent[offset:]


async def test_adts_of_adts_is_the_frames_without_tags() -> None:
    tag = b"ID3\x04\x00\x00\x00\x00\x02\x00" + bytes(256)
    rendition = rendition_of(MemoryFile(tag + plain_file("adts")))
    _, _, pieces = await read_all(rendition, container=AudioContainer.ADTS)
    assert joined(pieces) == plain_file("adts")
    _, _, as_it_is = await read_all(rendition)
    assert joined(as_it_is) == tag + plain_file("adts")


@pytest.mark.parametrize("kind", ["m4a", "m4a-last"])
@pytest.mark.parametrize("seconds", [0.0, 0.5, 6.3])
async def test_pcm_of_an_mp4(kind: str, seconds: float) -> None:
    """Exact to the sample, whatever the place, and the same bytes from wherever it goes on."""
    file = MemoryFile(plain_file(kind))
    rendition = rendition_of(file, SECONDS)
    pcm = AudioContainer.PCM_S16LE
    _, _, pieces = await read_all(rendition, container=pcm)
    whole = joined(pieces)
    assert len(whole) == pytest.approx(SECONDS * 44100 * 4, abs=200)
    start = SongStart(timedelta(seconds=seconds))
    facts, begins, pieces = await read_all(rendition_of(file, SECONDS), start, pcm)
    sent = joined(pieces)
    assert sent == whole[round(seconds * 44100) * 4 :]
    assert begins.total_seconds() == pytest.approx(seconds, abs=1e-5)
    assert (facts.codec, facts.total_bytes) == ("", len(sent))
    offset = len(sent) // 2 + 1
    again = SongStart(byte_offset=offset, etag=facts.etag)
    _, _, rest = await read_all(rendition_of(file, SECONDS), again, pcm)
    assert joined(rest) == sent[offset:]


@pytest.mark.parametrize(
    ("kind", "container"),
    [
        *product(["mp3", "alac", "m4a-fragmented"], [AudioContainer.ADTS]),
        *product(["mp3", "alac", "m4a-fragmented", "adts"], [AudioContainer.PCM_S16LE]),
    ],
)
async def test_what_does_not_fit_says_so(kind: str, container: AudioContainer) -> None:
    with pytest.raises(UnimplementedError) as caught:
        await read_all(rendition_of(MemoryFile(plain_file(kind)), SECONDS), container=container)
    assert caught.value.reason is Reason.CONTAINER_NOT_SUPPORTED
    assert caught.value.metadata == {"container": container.name}
    assert caught.value.message


@pytest.mark.parametrize("kind", ["adts", "m4a-fragmented"])
async def test_a_file_that_does_not_say_where_it_is_heard_when(kind: str) -> None:
    rendition = rendition_of(MemoryFile(plain_file(kind)), SECONDS)
    with pytest.raises(InvalidArgumentError) as caught:
        await read_all(rendition, SongStart(timedelta(seconds=5)))
    assert caught.value.violations[0].field == "start_offset"


@pytest.mark.parametrize("kind", ["m4a", "mp3", "mp3-vbr"])
async def test_behind_the_end(kind: str) -> None:
    with pytest.raises(OutOfRangeError) as caught:
        await read_all(rendition_of(MemoryFile(plain_file(kind))), SongStart(timedelta(seconds=13)))
    assert float(caught.value.metadata["total"]) == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    "etag", ["made up", "0" * 24, "0" * 24 + "-f5", "0" * 24 + "-f" + "9" * 15]
)
async def test_an_etag_of_something_else(etag: str) -> None:
    rendition = rendition_of(MemoryFile(plain_file("m4a")))
    with pytest.raises(AbortedError) as caught:
        await read_all(rendition, SongStart(byte_offset=5, etag=etag))
    assert caught.value.reason is Reason.MEDIA_CHANGED


async def test_an_etag_of_another_container_and_of_another_version() -> None:
    file = MemoryFile(plain_file("m4a"))
    rendition = rendition_of(file)
    facts, _, _ = await read_all(rendition)
    start = SongStart(byte_offset=5, etag=facts.etag)
    with pytest.raises(AbortedError):
        await read_all(rendition, start, AudioContainer.ADTS)
    file.etag = '"two"'
    for again in (rendition, rendition_of(file)):
        with pytest.raises(AbortedError):
            await read_all(again, start)


async def test_a_seek_in_a_known_file_is_one_request() -> None:
    for kind in ("m4a", "mp3"):
        file = MemoryFile(plain_file(kind, 30.0))
        rendition = rendition_of(file)
        await read_all(rendition)
        file.asked.clear()
        reading = rendition.open(SongStart(timedelta(seconds=20)), AudioContainer.FMP4)
        await reading.open()
        await reading.unlock(None)
        await reading.aclose()
        assert len(file.asked) == 1, kind


async def test_a_big_picture_in_a_tag_costs_one_small_request_more() -> None:
    size = 700_000
    digits = bytes(size >> shift & 0x7F for shift in (21, 14, 7, 0))
    data = b"ID3\x03\x00\x00" + digits + bytes(size) + plain_file("mp3-untagged")
    file = MemoryFile(data)
    facts, _, pieces = await read_all(rendition_of(file))
    assert joined(pieces) == data
    assert facts.duration.total_seconds() == pytest.approx(SECONDS, abs=0.06)
    at = [piece.media_offset for piece in pieces if piece.byte_offset < size]
    assert set(at) == {timedelta(0)}, "a picture takes no time"
    assert file.asked[1][0] == size + 10


async def test_a_wave_file_and_garbage_and_nothing() -> None:
    for data in (
        plain_file("wav"),
        b"garbage " * 50_000,
        b"\xff",
        b"ID3\x04\x00\x00\x00\x00\x00\x01",
    ):
        with pytest.raises(AppleMusicError) as caught:
            await read_all(rendition_of(MemoryFile(data)))
        assert caught.value.reason is Reason.MEDIA_MALFORMED


def test_pictures_in_an_index_are_not_asked_for() -> None:
    data = plain_file("m4a")
    at, end = data.index(b"udta") - 4, data.index(b"mdat") - 4
    grown = 300_000
    udta = (int.from_bytes(data[at : at + 4], "big") + grown).to_bytes(4, "big") + data[at + 4 :][
        :4
    ]
    moov = data.index(b"moov") - 4
    size = int.from_bytes(data[moov : moov + 4], "big") + grown
    built = (
        data[:moov]
        + size.to_bytes(4, "big")
        + data[moov + 4 : at]
        + udta
        + bytes(grown)
        + data[at + 8 : end]
        + data[end:]
    )
    _, asked = run_over(read_audio_file(len(built), 0.0), built)
    assert sum(span.end - span.start for span in asked) < 40_000


def with_words(data: bytes, words: bytes) -> bytes:
    """A file without edit list that says in iTunes' words what is to be heard."""
    udta = data.index(b"udta") - 4
    end = udta + int.from_bytes(data[udta : udta + 4], "big")
    ilst = box(b"ilst", words)
    meta = box(b"meta", bytes(4), box(b"hdlr", bytes(25)), ilst)
    new = box(b"udta", meta)
    moov = data.index(b"moov") - 4
    size = int.from_bytes(data[moov : moov + 4], "big") + len(new) - (end - udta)
    changed = data[:moov] + size.to_bytes(4, "big") + data[moov + 4 : udta] + new + data[end:]
    return changed.replace(b"edts", b"free")


def freeform(name: bytes, text: bytes) -> bytes:
    return box(
        b"----",
        box(b"mean", bytes(4), b"com.apple.iTunes"),
        box(b"name", bytes(4), name),
        box(b"data", bytes(8), text),
    )


SAID = b" 00000000 00000840 000001CA 0000000000080000 00000000 00000000"


@pytest.mark.parametrize(
    ("words", "priming", "total"),
    [
        (freeform(b"iTunSMPB", SAID), 2112, 524_288),
        (freeform(b"iTunNORM", b" 0000") + freeform(b"iTunSMPB", SAID), 2112, 524_288),
        (freeform(b"iTunSMPB", b"nonsense"), 0, 0),
        (freeform(b"iTunSMPB", SAID.replace(b"00080000", b"7FFFFFFF")), 0, 0),
        (freeform(b"iTunNORM", SAID), 0, 0),
        (box(b"----", b"\xff" * 40), 0, 0),
        (box(b"covr", bytes(20_000)) + freeform(b"iTunSMPB", SAID), 0, 0),
    ],
)
def test_what_itunes_says_is_to_be_heard(words: bytes, priming: int, total: int) -> None:
    data = with_words(plain_file("m4a"), words)
    file, _ = run_over(read_audio_file(len(data), 0.0), data)
    assert (file.priming, file.total_samples) == (priming, total)
