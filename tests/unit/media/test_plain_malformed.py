"""Broken plain files: an error of ours, in little memory and time, or bytes of the file itself."""

import struct
import time
import tracemalloc
from array import array
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.domain.media import SongStart
from applemusic_server.media.audio_file import AudioFile, read_audio_file
from applemusic_server.media.file_plan import plan_file
from applemusic_server.media.frame_header import find_frames, parse_adts, parse_mp3
from applemusic_server.media.itunes_words import read_gapless
from applemusic_server.media.mp3_tag import read_mp3_tag
from applemusic_server.media.sample_cutter import SampleCutter
from applemusic_server.media.sample_table import Run, SampleTable
from applemusic_server.media.tags import tag_size
from applemusic_server.media.writer import CleanMp4Writer
from tests.support.cenc import box
from tests.support.plain import plain_file, run_over

FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
KINDS = ["m4a", "m4a-last", "alac", "m4a-fragmented", "mp3", "mp3-vbr", "mp3-untagged", "adts"]
CONTAINERS = list(AudioContainer)


def understood(data: bytes) -> AudioFile | None:
    """What the parser makes of it; any error but ours fails the test."""
    try:
        file, asked = run_over(read_audio_file(len(data), 2.0), data)
    except AppleMusicError:
        return None
    assert len(asked) < 300
    assert file.seconds >= 0
    assert file.bit_rate >= 0
    assert file.sample_rate > 0
    return file


def tried(file: AudioFile, data: bytes, container: AudioContainer, start: SongStart) -> None:
    """Plan a stream of it, and read it when it is an MP4's samples."""
    try:
        plan, _ = run_over(plan_file(file, container, start, None), data)
    except AppleMusicError:
        return
    assert 0 <= plan.start <= plan.end <= len(data)
    assert plan.total_bytes > 0
    times = [file.times.time_at(at) for at in range(0, len(data), 1 + len(data) // 50)]
    assert times == sorted(times)
    if plan.samples_from is not None and file.movie and file.table:
        cutter = SampleCutter(file.movie, file.table, plan.samples_from, CleanMp4Writer())
        try:
            cutter.feed(data[plan.start : plan.end])
            cutter.close()
        except AppleMusicError:
            return


starts = st.one_of(
    st.builds(
        lambda s: SongStart(time=s),
        st.timedeltas(min_value=timedelta(0), max_value=timedelta(seconds=3)),
    ),
    st.builds(lambda at: SongStart(byte_offset=at), st.integers(0, 40_000)),
)


@FUZZ
@given(
    kind=st.sampled_from(KINDS),
    changes=st.lists(st.tuples(st.floats(0, 1), st.binary(min_size=1, max_size=6)), max_size=4),
    cut=st.floats(0, 1),
    near_head=st.booleans(),
    container=st.sampled_from(CONTAINERS),
    start=starts,
)
def test_files_with_changed_bytes(
    kind: str,
    changes: list[tuple[float, bytes]],
    cut: float,
    *,
    near_head: bool,
    container: AudioContainer,
    start: SongStart,
) -> None:
    data = bytearray(plain_file(kind, 2.0))
    head = 3000 if near_head else len(data)
    for share, value in changes:
        at = int(share * (head - len(value)))
        data[at : at + len(value)] = value
    broken = bytes(data[: max(1, int(len(data) * cut))] if cut > 0.5 else data)
    file = understood(broken)
    if file is not None:
        tried(file, broken, container, start)


@FUZZ
@given(
    st.binary(max_size=4000),
    st.sampled_from([b"", b"ID3", b"\xff\xfb\x90\x00", b"\xff\xf1", b"\x00\x00\x00\x14ftypM4A "]),
)
def test_any_bytes(data: bytes, head: bytes) -> None:
    whole = head + data
    if not whole:
        return
    file = understood(whole)
    if file is not None:
        tried(file, whole, AudioContainer.FMP4, SongStart())
    assert tag_size(whole) >= 0


@FUZZ
@given(st.binary(max_size=400))
def test_headers_of_any_bytes(data: bytes) -> None:
    for parse in (parse_mp3, parse_adts):
        header = parse(data)
        if header is not None:
            assert header.size > 0
            assert header.samples > 0
        find_frames(data, parse, at_end=True)
    first = parse_mp3(b"\xff\xfb\x90\x00\x00\x00\x00")
    assert first is not None
    tag = read_mp3_tag(data, first, 10**6)
    assert tag is None or tag.frames >= 0


BOXES = st.sampled_from(
    [b"stsz", b"stco", b"stsc", b"stts", b"mdhd", b"mvhd", b"elst", b"stsd", b"esds", b"hdlr"]
)


@FUZZ
@given(
    box=BOXES,
    at=st.integers(0, 60),
    value=st.sampled_from([0, 1, 2, 0x7F, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]),
    container=st.sampled_from(CONTAINERS),
    start=starts,
)
def test_every_number_of_an_index(
    box: bytes, at: int, value: int, container: AudioContainer, start: SongStart
) -> None:
    data = bytearray(plain_file("m4a", 2.0))
    place = data.index(box) + 4 + at
    data[place : place + 4] = struct.pack(">I", value)
    file = understood(bytes(data))
    if file is not None:
        tried(file, bytes(data), container, start)


@pytest.mark.parametrize("field", [b"stsz", b"stco", b"stsc", b"stts"])
def test_numbers_beyond_all_bounds_cost_nothing(field: bytes) -> None:
    data = bytearray(plain_file("m4a", 2.0))
    place = data.index(field) + 8
    data[place : place + 8] = b"\xff" * 8
    tracemalloc.start()
    began = time.process_time()
    understood(bytes(data))
    assert time.process_time() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 4_000_000
    tracemalloc.stop()


def test_boxes_in_boxes_without_end() -> None:
    """Each box holds 8 bytes less: the walk is bounded, whatever the file's size."""
    data = b"\x00\x00\x00\x10ftypM4A \x00\x00\x00\x00" + b"\x00\x00\x00\x08free" * 5000
    assert understood(data) is None
    uniform = struct.pack(">I4sIII", 20, b"stsz", 0, 1, 0xFFFFFFFF)
    good = bytearray(plain_file("m4a", 2.0))
    at = good.index(b"stsz") - 4
    good[at + 4 : at + 20] = uniform[4:]
    assert understood(bytes(good)) is None


@st.composite
def tables(draw: st.DrawFn) -> SampleTable:
    """Tables as a file may have them: chunks of any length, with gaps, durations that change."""
    counts = draw(st.lists(st.integers(1, 9), min_size=1, max_size=6))
    sizes = draw(st.lists(st.integers(0, 40), min_size=sum(counts), max_size=sum(counts)))
    chunks, firsts, at, sample = array("Q"), array("Q"), 16, 0
    for count in counts:
        at += draw(st.integers(0, 20))
        chunks.append(at)
        firsts.append(sample)
        at += sum(sizes[sample : sample + count])
        sample += count
    firsts.append(sample)
    runs, first, time = list[Run](), 0, 0
    while first < sample:
        length, delta = draw(st.integers(1, sample - first)), draw(st.integers(1, 9))
        runs.append(Run(first, time, delta))
        first, time = first + length, time + length * delta
    return SampleTable(chunks, firsts, array("I", sizes), runs, time)


@FUZZ
@given(tables(), st.lists(st.integers(0, 2500), max_size=30), st.data())
def test_a_table_answers_as_one_that_counts(
    table: SampleTable, offsets: list[int], data: st.DataObject
) -> None:
    places = []
    for chunk, begin in enumerate(table.chunks):
        at = begin
        for sample in range(table.firsts[chunk], table.firsts[chunk + 1]):
            places.append(at)
            at += table.sizes[sample]
    assert [table.offset(sample) for sample in range(table.count)] == places
    assert table.in_order()
    for offset in offsets:
        behind = [sample for sample, at in enumerate(places) if at >= offset]
        found = table.sample_at_offset(offset)
        # Between two chunks the answer is the second one's first sample.
        assert found == (behind[0] if behind else table.count)
    durations = table.durations(0, table.count)
    assert [sum(durations[:n]) for n in range(table.count + 1)] == [
        table.time(n) for n in range(table.count + 1)
    ]
    first = data.draw(st.integers(0, table.count - 1))
    count = data.draw(st.integers(0, table.count - first))
    assert table.durations(first, count) == durations[first : first + count]
    for units in range(table.duration):
        sample = table.sample_at_time(units)
        assert table.time(sample) <= units < table.time(sample + 1)


@pytest.mark.parametrize(
    ("box", "at", "value"),
    [
        (b"stsc", 12, 1),  # fewer samples in the chunks than there are
        (b"stsc", 12, 5000),  # more
        (b"stts", 8, 3),  # durations of fewer samples
        (b"stsz", 8, 3),  # sizes of fewer
        (b"stco", 8, 0x7FFFFFFF),  # behind the end of the file
        (b"stsd", 4, 2),  # two kinds of samples
    ],
)
def test_an_index_that_contradicts_itself(box: bytes, at: int, value: int) -> None:
    data = bytearray(plain_file("m4a", 2.0))
    assert understood(bytes(data)) is not None
    place = data.index(box) + 4 + at
    data[place : place + 4] = struct.pack(">I", value)
    assert understood(bytes(data)) is None


@FUZZ
@given(data=st.binary(max_size=200), named=st.booleans())
def test_words_of_any_bytes(data: bytes, *, named: bool) -> None:
    name = box(b"name", bytes(4), b"iTunSMPB") if named else b""
    found = read_gapless(box(b"----", name, box(b"data", data)))
    assert found is None or found.heard >= 0
    read_gapless(data)
