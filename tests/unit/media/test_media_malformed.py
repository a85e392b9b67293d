"""Broken files: an error of ours, before a wrong byte leaves, in little memory and time."""

import struct
import time
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import AppleMusicError, DataLossError, Reason
from applemusic_server.media.adts import AdtsWriter
from applemusic_server.media.audio_format import parse_audio_specific_config
from applemusic_server.media.decryptor import Decryptor
from tests.support.cenc import (
    KEY,
    KEY_ID,
    Packaged,
    Packaging,
    box,
    encode_song,
    full_box,
    package,
    top_boxes,
    walk,
)

CONTENT_KEY = ContentKey(KEY_ID, KEY)
FUZZ = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def outcome(data: bytes, step: int = 1 << 16) -> tuple[bytes, AppleMusicError | None]:
    """What came out and the error, if any; another exception fails the test."""
    decryptor = Decryptor(CONTENT_KEY)
    out = bytearray()
    try:
        for at in range(0, len(data), step):
            out += decryptor.feed(data[at : at + step])
        out += decryptor.close()
    except AppleMusicError as error:
        return bytes(out), error
    return bytes(out), None


def reason(data: bytes) -> Reason | None:
    error = outcome(data)[1]
    assert error is None or isinstance(error, DataLossError)
    return error.reason if error else None


def patched(data: bytes, kind: bytes, at: int, value: bytes, *, nth: int = 0) -> bytes:
    """`data` with bytes changed at `at` behind the head of the nth box of a kind."""
    start = [begin for name, begin, _ in walk(data) if name == kind][nth] + 8 + at
    return data[:start] + value + data[start + len(value) :]


def test_cut_at_every_box_edge_and_around(short_song: Packaged) -> None:
    data = short_song.data
    edges = {place for _, start, end in walk(data) for place in (start, start + 8, end)}
    cuts = {cut for edge in edges for cut in (edge - 1, edge, edge + 1) if 0 <= cut < len(data)}
    first_whole = min(end for _, end in short_song.fragments)
    at_boundary = {end for _, _, end in top_boxes(data)} - {
        start for kind, start, _ in top_boxes(data) if kind == b"mdat"
    }
    for cut in sorted(cuts):
        out, error = outcome(data[:cut])
        assert short_song.clean.startswith(out)
        if cut in at_boundary and cut >= first_whole:
            assert error is None  # only the byte total can tell: RangeReader compares it
        else:
            assert error is not None
            assert error.reason is Reason.MEDIA_TRUNCATED, cut


def test_cut_in_every_sample_class(short_song: Packaged) -> None:
    data = short_song.data
    start = next(begin for kind, begin, _ in top_boxes(data) if kind == b"mdat") + 8
    for cut in range(start, start + 20_000, 617):
        out, error = outcome(data[:cut])
        assert error is not None
        assert error.reason is Reason.MEDIA_TRUNCATED
        assert short_song.clean.startswith(out)


@pytest.mark.parametrize("size", [0, 2, 7, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("kind", [b"moov", b"moof", b"mdat", b"traf", b"trun", b"senc", b"sinf"])
def test_impossible_sizes(short_song: Packaged, kind: bytes, size: int) -> None:
    broken = patched(short_song.data, kind, -8, struct.pack(">I", size))
    assert reason(broken) is Reason.MEDIA_MALFORMED


@pytest.mark.parametrize("size", [0, 15, 1 << 40, (1 << 63), (1 << 64) - 1])
@pytest.mark.parametrize("kind", [b"free", b"moof", b"mdat"])
def test_impossible_large_sizes(short_song: Packaged, kind: bytes, size: int) -> None:
    begin = short_song.fragments[0][0]
    broken = short_song.data[:begin] + struct.pack(">I4sQ", 1, kind, size)
    assert reason(broken) is Reason.MEDIA_MALFORMED


def test_a_large_size_that_is_true_is_read(short_song: Packaged) -> None:
    begin, end = short_song.fragments[1]
    kind, start, stop = next(
        b for b in top_boxes(short_song.data) if b[1] > begin and b[0] == b"mdat"
    )
    moof = patched(short_song.data[begin:start], b"trun", 8, struct.pack(">i", start - begin + 16))
    body = short_song.data[start + 8 : stop]
    large = struct.pack(">I4sQ", 1, kind, len(body) + 16) + body
    out, error = outcome(short_song.data[:begin] + moof + large)
    assert error is None
    assert out.endswith(short_song.clean[start + 8 : end])


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "no moov": lambda d: d[top_boxes(d)[2][1] :],
    "two moov": lambda d: d[: top_boxes(d)[1][2]] + d[top_boxes(d)[1][1] :],
    "mdat without moof": lambda d: d[: top_boxes(d)[1][2]] + box(b"mdat", bytes(99)),
    "moof after moof": lambda d: d[: top_boxes(d)[-1][1]] + d[top_boxes(d)[-2][1] :],
    "box between moof and mdat": lambda d: (
        d[: top_boxes(d)[-1][1]] + box(b"free") + d[top_boxes(d)[-1][1] :]
    ),
    "senc count": lambda d: patched(d, b"senc", 4, b"\0\0\0\x05"),
    "senc flags": lambda d: patched(d, b"senc", 3, b"\x01"),
    "senc gone": lambda d: patched(patched(d, b"senc", -4, b"skip"), b"saio", -4, b"skip"),
    "senc and saiz gone": lambda d: patched(patched(d, b"senc", -4, b"skip"), b"saiz", -4, b"skip"),
    "saiz count": lambda d: patched(d, b"saiz", 5, b"\0\0\0\x05"),
    "trun count": lambda d: patched(d, b"trun", 4, b"\0\0\0\x05"),
    "trun count huge": lambda d: patched(d, b"trun", 4, b"\xff\xff\xff\xff"),
    "trun offset": lambda d: patched(d, b"trun", 8, b"\0\0\0\x05"),
    "trun offset negative": lambda d: patched(d, b"trun", 8, b"\xff\xff\xff\xf0"),
    "first sample bigger": lambda d: patched(d, b"trun", 16, b"\0\0\1\0"),
    "first sample huge": lambda d: patched(d, b"trun", 16, b"\x7f\0\0\0"),
    "first sample empty": lambda d: patched(d, b"trun", 16, b"\0\0\0\0"),
    "another track": lambda d: patched(d, b"tfhd", 4, b"\0\0\0\x09"),
    "time jumps": lambda d: patched(d, b"tfdt", 4, b"\0\0\0\x01", nth=1),
    # With one fragment alone, which no other can contradict.
    "time beyond a song": lambda d: patched(
        d[: next(end for kind, _, end in top_boxes(d) if kind == b"mdat")],
        b"tfdt",
        4,
        b"\xff\xff\xff\xff",
    ),
    "scheme cbcs": lambda d: patched(d, b"schm", 4, b"cbcs"),
    "scheme cens": lambda d: patched(d, b"schm", 4, b"cens"),
    "pattern": lambda d: patched(d, b"tenc", 5, b"\x19"),
    "iv size 0": lambda d: patched(d, b"tenc", 7, b"\0"),
    "iv size 7": lambda d: patched(d, b"tenc", 7, b"\x07"),
    "other codec": lambda d: patched(d, b"frma", 0, b"alac"),
    "other entry": lambda d: patched(d, b"enca", -4, b"encv"),
    "quicktime entry": lambda d: patched(d, b"enca", 8, b"\0\1"),
    "timescale 0": lambda d: patched(d, b"mdhd", 12, bytes(4)),
    "not fragmented": lambda d: patched(d, b"mvex", -4, b"skip"),
    "trex of another track": lambda d: patched(d, b"trex", 4, b"\0\0\0\x09"),
    "entries": lambda d: patched(d, b"stsd", 4, b"\0\0\0\2"),
    "edit before media": lambda d: patched(d, b"elst", 12, b"\xff\xff\xff\0"),
    "version 9": lambda d: patched(d, b"mvhd", 0, b"\x09"),
    "tail garbage": lambda d: d + b"\x00\x00\x00\x03hello",
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_refused(short_song: Packaged, change: Callable[[bytes], bytes]) -> None:
    broken = change(short_song.data)
    assert broken != short_song.data
    out, error = outcome(broken)
    assert isinstance(error, DataLossError)
    assert error.reason is Reason.MEDIA_MALFORMED
    assert short_song.clean.startswith(out)  # nothing that is wrong has left


@pytest.mark.parametrize("kind", [b"free", b"skip", b"uuid", b"styp", b"prft", b"emsg", b"pssh"])
@pytest.mark.parametrize("place", ["between fragments", "between moof and mdat", "at the end"])
@pytest.mark.parametrize("step", [1 << 16, 7])
def test_boxes_that_may_stand_anywhere_pass_through(
    short_song: Packaged, kind: bytes, place: str, step: int
) -> None:
    data, clean = short_song.data, short_song.clean
    between = box(kind, bytes(21))
    moof, mdat = top_boxes(data)[-2:]
    at = {"between fragments": moof[1], "between moof and mdat": mdat[1]}.get(place, len(data))
    if place == "between moof and mdat":
        runs = [begin for name, begin, _ in walk(data) if name == b"trun"]
        where = runs[-1] + 16
        moved = struct.unpack_from(">i", data, where)[0] + len(between)
        data, clean = (
            each[:where] + struct.pack(">i", moved) + each[where + 4 :] for each in (data, clean)
        )
    passed = box(b"free", bytes(21)) if kind == b"pssh" else between
    out, error = outcome(data[:at] + between + data[at:], step)
    assert error is None
    assert out == clean[:at] + passed + clean[at:]


def test_a_place_in_the_middle_has_to_say_when_it_is(short_song: Packaged) -> None:
    data = short_song.data.replace(b"tfdt", b"skip")
    assert outcome(data) == (short_song.clean.replace(b"tfdt", b"skip"), None)
    start, end = short_song.fragments[1]
    decryptor = Decryptor(CONTENT_KEY)
    decryptor.feed(data[: short_song.init_end])
    decryptor.jump(start)
    with pytest.raises(DataLossError, match="when it begins"):
        decryptor.feed(data[start:end])


def test_keys_that_change_are_refused(short_song: Packaged) -> None:
    data = short_song.data
    start, end = next((s, e) for kind, s, e in walk(data) if kind == b"saio")
    seig = full_box(b"sgpd", 0, b"seig", bytes(end - start - 16))
    assert reason(data[:start] + seig + data[end:]) is Reason.MEDIA_MALFORMED


def test_subsamples_must_add_up() -> None:
    file = package(encode_song(0.5), Packaging(subsamples=True)).data
    assert reason(patched(file, b"senc", 18, b"\x7f\xff")) is Reason.MEDIA_MALFORMED
    assert reason(patched(file, b"senc", 16, b"\xff\xff")) is Reason.MEDIA_MALFORMED


def test_after_an_error_nothing_more_comes(short_song: Packaged) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    with pytest.raises(DataLossError):
        decryptor.feed(BROKEN["senc count"](short_song.data))
    with pytest.raises(DataLossError):
        decryptor.feed(short_song.data)
    with pytest.raises(DataLossError):
        decryptor.close()


@pytest.mark.parametrize(
    "bomb",
    [
        box(b"free") * 1_000_000,
        box(b"moov", box(b"free") * 100_000),
        box(b"moov", *[struct.pack(">I4s", 8 + 8 * n, b"moov") for n in range(10_000, 0, -1)]),
        struct.pack(">I4s", 1 << 20, b"moov") + bytes(1 << 20),
        struct.pack(">I4s", (1 << 20) + 1, b"moov") + bytes(1 << 24),
        struct.pack(">I4s", 1 << 31, b"free") + bytes(1 << 24),
    ],
    ids=["boxes", "children", "nesting", "zeros", "big moov", "big free"],
)
def test_bombs_cost_little(bomb: bytes) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    tracemalloc.start()
    begin = time.process_time()

    def feed() -> None:
        for at in range(0, len(bomb), 1 << 16):
            decryptor.feed(bomb[at : at + (1 << 16)])
        decryptor.close()

    with pytest.raises(DataLossError):
        feed()
    assert time.process_time() - begin < 1
    assert tracemalloc.get_traced_memory()[1] < 20 << 20
    tracemalloc.stop()


def test_samples_without_data_of_their_own_are_bounded(short_song: Packaged) -> None:
    # Sizes by default: a run of 24 bytes that claims four billion samples.
    tfhd = full_box(b"tfhd", 0x020018, struct.pack(">III", 1, 1024, 1))
    trun = full_box(b"trun", 1, struct.pack(">Ii", 0xFFFFFFFF, 100))
    moof = box(b"moof", box(b"traf", tfhd, trun))
    assert reason(short_song.data[: short_song.init_end] + moof) is Reason.MEDIA_MALFORMED


def test_memory_stays_flat_over_a_long_song(song: Packaged) -> None:
    decryptor = Decryptor(CONTENT_KEY, AdtsWriter())
    decryptor.feed(song.data[: song.fragments[0][0]])
    start, end = song.fragments[0]
    fragment = song.data[start:end]
    tracemalloc.start()
    for _ in range(40):
        decryptor.jump(start)
        for at in range(0, len(fragment), 16_384):
            decryptor.feed(fragment[at : at + 16_384])
    assert tracemalloc.get_traced_memory()[1] < 1 << 20
    tracemalloc.stop()


@FUZZ
@given(data=st.binary(max_size=200))
def test_garbage(data: bytes) -> None:
    outcome(data)


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "delete", "insert", "zero", "ones"]),
        st.floats(0, 1),
        st.integers(1, 24),
        st.binary(min_size=1, max_size=24),
    ),
    min_size=1,
    max_size=6,
)


def edited(data: bytes, edits: list[tuple[str, float, int, bytes]], limit: int) -> bytes:
    out = bytearray(data)
    for what, place, count, blob in edits:
        at = int(place * (limit - 1))
        match what:
            case "flip":
                out[at : at + 1] = bytes([out[at] ^ blob[0]])
            case "delete":
                del out[at : at + count]
            case "insert":
                out[at:at] = blob
            case "zero":
                out[at : at + count] = bytes(count)
            case _:
                out[at : at + count] = b"\xff" * count
    return bytes(out)


@FUZZ
@given(edits=EDITS, step=st.sampled_from([7, 4096, 1 << 20]), cut=st.floats(0, 1))
def test_mutated_files(
    short_song: Packaged, edits: list[tuple[str, float, int, bytes]], step: int, cut: float
) -> None:
    # The heads are where it matters: init and the first moof.
    head = short_song.data.index(b"mdat") + 16
    data = edited(short_song.data, edits, head)
    outcome(data[: max(head, int(cut * len(data) * 1.5))], step)


@FUZZ
@given(edits=EDITS)
def test_mutated_subsamples(
    packaged: Callable[[Packaging], Packaged], edits: list[tuple[str, float, int, bytes]]
) -> None:
    file = packaged(Packaging(iv_size=16, subsamples=True, wrap_counter=True))
    start, end = file.fragments[0]
    moof_end = file.data.index(b"mdat") - 4
    fragment = edited(file.data[start:end], edits, moof_end - start)
    outcome(file.data[: file.init_end] + fragment)


@FUZZ
@given(config=st.binary(max_size=12))
def test_any_audio_specific_config(config: bytes) -> None:
    try:
        audio = parse_audio_specific_config(config)
    except DataLossError:
        return
    assert audio.sample_rate > 0
    assert audio.frame_samples in (960, 1024)
