"""Vectors that only `saiz` and `saio` lead to, wherever they lie, and all that is wrong with it."""

import struct
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import AppleMusicError, DataLossError, Reason
from applemusic_server.media.adts import AdtsWriter
from applemusic_server.media.boxes import Box
from applemusic_server.media.decryptor import Decryptor
from applemusic_server.media.sample_vectors import Vectors, find_records, read_senc, record_lengths
from tests.support.cenc import (
    KEY,
    KEY_ID,
    Packaged,
    Packaging,
    encode_song,
    full_box,
    package,
    walk,
)

CONTENT_KEY = ContentKey(KEY_ID, KEY)
FUZZ = settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PLACES = ["free", "beside", "mdat"]


@pytest.fixture(scope="session")
def half_second() -> bytes:
    return encode_song(0.7, fragment_seconds=0.35)


def outcome(data: bytes, step: int = 1 << 16) -> tuple[bytes, AppleMusicError | None]:
    """What came out and the error, if any; another exception fails the test."""
    decryptor, out = Decryptor(CONTENT_KEY), bytearray()
    try:
        for at in range(0, len(data), step):
            out += decryptor.feed(data[at : at + step])
        out += decryptor.close()
    except AppleMusicError as error:
        return bytes(out), error
    return bytes(out), None


def patched(data: bytes, kind: bytes, at: int, value: bytes) -> bytes:
    start = next(begin for name, begin, _ in walk(data) if name == kind) + 8 + at
    return data[:start] + value + data[start + len(value) :]


packagings = st.builds(
    Packaging,
    iv_size=st.sampled_from([8, 16]),
    subsamples=st.booleans(),
    auxiliary=st.booleans(),
    pssh=st.booleans(),
    absolute=st.booleans(),
    wrap_counter=st.just(value=False),
    records=st.sampled_from(["senc", *PLACES]),
    runs=st.integers(1, 5),
    place_per_run=st.booleans(),
    wide=st.booleans(),
    typed=st.booleans(),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(how=packagings, step=st.sampled_from([1 << 16, 4096, 61]))
def test_every_way_to_write_it_down_is_read(half_second: bytes, how: Packaging, step: int) -> None:
    file = package(half_second, how)
    out, error = outcome(file.data, step)
    assert error is None
    assert out == file.clean


@pytest.mark.parametrize("records", PLACES)
def test_any_fragment_can_be_the_first(half_second: bytes, records: str) -> None:
    file = package(half_second, Packaging(records=records, subsamples=True))  # type: ignore[arg-type] # one of PLACES
    whole = Decryptor(CONTENT_KEY, AdtsWriter())
    expected = whole.feed(file.data) + whole.close()
    start, _ = file.fragments[1]
    later = Decryptor(CONTENT_KEY, AdtsWriter(), movie=whole.movie, position=start)
    assert expected.endswith(later.feed(file.data[start:]) + later.close())


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "points behind the samples": lambda d: patched(d, b"saio", 8, b"\0\x0f\0\0"),
    "points out of the fragment": lambda d: patched(d, b"saio", 8, b"\x7f\xff\xff\xff"),
    "points over the end of moof": lambda d: patched(
        d, b"saio", 8, struct.pack(">I", len(d[d.index(b"moof") - 4 : d.index(b"mdat") - 4]) - 9)
    ),
    "no place": lambda d: patched(d, b"saio", 4, bytes(4)),
    "two places": lambda d: patched(d, b"saio", 4, b"\0\0\0\2"),
    "places without end": lambda d: patched(d, b"saio", 4, b"\xff\xff\xff\xff"),
    "version": lambda d: patched(d, b"saio", 0, b"\2"),
    "another scheme": lambda d: patched(d, b"saio", 3, b"\1"),
    "fewer samples": lambda d: patched(d, b"saiz", 5, b"\0\0\0\1"),
    "more samples": lambda d: patched(d, b"saiz", 5, b"\0\0\xff\xff"),
    "one length, and a list": lambda d: patched(d, b"saiz", 4, b"\x08"),
    "a record without a vector": lambda d: patched(d, b"saiz", 9, b"\x07"),
    "a record with half a sub-sample": lambda d: patched(d, b"saiz", 9, b"\x0d"),
    "no list": lambda d: patched(d, b"saiz", -4, b"skip"),
}


@pytest.mark.parametrize("records", PLACES)
@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN.keys())
def test_what_is_broken_is_refused(
    half_second: bytes, change: Callable[[bytes], bytes], records: str
) -> None:
    file = package(half_second, Packaging(records=records))  # type: ignore[arg-type] # one of PLACES
    broken = change(file.data)
    assert broken != file.data
    out, error = outcome(broken)
    assert isinstance(error, DataLossError)
    assert error.reason is Reason.MEDIA_MALFORMED
    assert file.clean.startswith(out)


def test_two_that_are_about_encryption(half_second: bytes) -> None:
    file = package(half_second, Packaging(records="mdat", typed=True))
    _, error = outcome(file.data.replace(b"bogo", b"cenc"))
    assert isinstance(error, DataLossError)
    assert error.reason is Reason.MEDIA_MALFORMED


def test_something_else_before_the_samples(half_second: bytes) -> None:
    """What is in `mdat` and is neither a sample nor a vector is not known."""
    file = package(half_second, Packaging(records="mdat"))
    offset = next(at for kind, at, _ in walk(file.data) if kind == b"saio") + 16
    (place,) = struct.unpack_from(">I", file.data, offset)
    moved = struct.pack(">I", place + 3)
    _, error = outcome(file.data[:offset] + moved + file.data[offset + 4 :])
    assert isinstance(error, DataLossError)


def test_a_box_without_end_before_the_samples_costs_no_memory(half_second: bytes) -> None:
    file = package(half_second, Packaging(records="beside"))
    data = file.data[: file.data.index(b"uuid") - 4]
    run = next(at for kind, at, _ in walk(data) if kind == b"trun") + 16
    size = 15 << 20
    data = data[:run] + struct.pack(">i", size + 4096) + data[run + 4 :]
    decryptor = Decryptor(CONTENT_KEY)
    tracemalloc.start()
    decryptor.feed(data + struct.pack(">I4s", size, b"free"))
    for _ in range((size >> 16) - 1):
        decryptor.feed(bytes(1 << 16))
    assert tracemalloc.get_traced_memory()[1] < 4 << 20
    tracemalloc.stop()


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "delete", "insert", "zero", "ones"]),
        st.integers(0, 1 << 16),
        st.binary(min_size=1, max_size=12),
    ),
    min_size=1,
    max_size=5,
)


def edited(data: bytes, edits: list[tuple[str, int, bytes]], begin: int, end: int) -> bytes:
    out = bytearray(data)
    for what, place, blob in edits:
        at = begin + place % (end - begin)
        match what:
            case "flip":
                out[at] ^= blob[0]
            case "delete":
                del out[at : at + len(blob)]
            case "insert":
                out[at:at] = blob
            case "zero":
                out[at : at + len(blob)] = bytes(len(blob))
            case _:
                out[at : at + len(blob)] = b"\xff" * len(blob)
    return bytes(out)


@FUZZ
@given(edits=EDITS, how=packagings, step=st.sampled_from([7, 1 << 20]))
def test_mutated_fragments(
    short_files: Callable[[Packaging], Packaged],
    edits: list[tuple[str, int, bytes]],
    how: Packaging,
    step: int,
) -> None:
    file = short_files(how)
    begin = file.data.index(b"saio" if b"saio" in file.data else b"traf") - 4
    outcome(edited(file.data, edits, begin, file.data.index(b"mdat") + 60), step)


@pytest.fixture(scope="session")
def short_files(half_second: bytes) -> Callable[[Packaging], Packaged]:
    made: dict[Packaging, Packaged] = {}

    def build(how: Packaging) -> Packaged:
        if how not in made:
            made[how] = package(half_second, how)
        return made[how]

    return build


@FUZZ
@given(
    saiz=st.binary(max_size=40),
    saio=st.binary(max_size=40),
    senc=st.binary(max_size=60),
    runs=st.lists(st.integers(0, 4), min_size=1, max_size=4).filter(lambda runs: sum(runs) > 0),
    size=st.sampled_from([8, 16]),
)
def test_any_bytes_as_boxes(
    saiz: bytes, saio: bytes, senc: bytes, runs: list[int], size: int
) -> None:
    moof, boxes = b"", []
    for kind, body in ((b"saiz", saiz), (b"saio", saio), (b"senc", senc)):
        start = len(moof)
        moof += full_box(kind, 0)[:8] + body
        boxes.append(Box(kind, start, start + 8, len(moof)))
    sizes = [20] * sum(runs)
    for parse in (
        lambda: record_lengths(moof, boxes, len(sizes)),
        lambda: find_records(moof, boxes, -9, runs, size).read(moof, 0, sizes),
        lambda: read_senc(moof, boxes[2], size, sizes),
    ):
        try:
            found = parse()
        except DataLossError as error:
            assert error.reason is Reason.MEDIA_MALFORMED  # noqa: PT017 - what else it gives is checked below
        else:
            if isinstance(found, Vectors):
                assert len(found.data) == size * len(sizes)
                assert len(found.subsamples) in (0, len(sizes))
                assert all(sum(map(sum, pairs)) in (0, 20) for pairs in found.subsamples)
