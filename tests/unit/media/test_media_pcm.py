"""The parts of PCM one by one: frames, numbers, names, the decoder and its thread."""

import asyncio
import itertools
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import AbortedError, DataLossError, Reason
from applemusic_server.domain.media import AudioPiece
from applemusic_server.media.adts_frames import AdtsFrames
from applemusic_server.media.pcm_cut import PcmCut
from applemusic_server.media.pcm_decoder import PcmDecoder
from applemusic_server.media.pcm_decoding import NewDecoder, PcmDecoding
from applemusic_server.media.pcm_frames import PcmFrames, frame_at
from applemusic_server.media.pcm_reading import restart_times
from applemusic_server.media.pcm_stream import USUAL_FORMAT, PcmEtag, PcmFormat
from tests.support.cenc import remux_to_adts

RATE = 44_100
FRAME = 1024


@pytest.fixture(scope="session")
def adts(clear_song: bytes) -> bytes:
    return remux_to_adts(clear_song)


@pytest.fixture(scope="session")
def frames(adts: bytes) -> list[bytes]:
    return AdtsFrames().feed(adts)


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 60_000), max_size=30))
def test_frames_are_whole_however_the_bytes_are_cut(adts: bytes, cuts: list[int]) -> None:
    part = adts[:60_000]
    places = sorted({0, len(part), *(min(cut, len(part)) for cut in cuts)})
    splitter, whole = AdtsFrames(), AdtsFrames()
    found = [
        frame
        for start, end in itertools.pairwise(places)
        for frame in splitter.feed(part[start:end])
    ]
    assert found == whole.feed(part)
    assert splitter.partial == whole.partial
    assert all(frame.startswith(b"\xff\xf1") for frame in found)


@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=60))
def test_what_is_no_adts_is_refused_or_waits(data: bytes) -> None:
    try:
        found = AdtsFrames().feed(data)
    except DataLossError as error:
        assert error.reason is Reason.MEDIA_MALFORMED  # noqa: PT017 - the other outcome is checked, too
    else:
        assert data.startswith(b"".join(found))


@given(frame=st.integers(0, 10**7), rate=st.sampled_from([7_350, 8_000, 22_050, 44_100, 96_000]))
def test_a_time_in_microseconds_names_its_frame(frame: int, rate: int) -> None:
    assert frame_at(timedelta(microseconds=round(frame * FRAME * 1e6 / rate)), rate) == frame


def test_a_time_between_frames_names_none() -> None:
    with pytest.raises(DataLossError):
        frame_at(timedelta(seconds=512 / RATE), RATE)


def piece(frames: list[bytes], first: int) -> AudioPiece:
    begin = timedelta(microseconds=round(first * FRAME * 1e6 / RATE))
    return AudioPiece(b"".join(frames), 0, begin, len(frames) * FRAME / RATE)


def test_a_gap_in_time_is_refused(frames: list[bytes]) -> None:
    numbered = PcmFrames(USUAL_FORMAT, timedelta(0), 0, 0)
    list(numbered.feed(piece(frames[:5], 0)))
    list(numbered.feed(piece(frames[5:9], 5)))
    with pytest.raises(DataLossError, match="time"):
        list(numbered.feed(piece(frames[9:12], 10)))


def test_a_song_that_ends_inside_a_frame_is_refused(frames: list[bytes]) -> None:
    numbered = PcmFrames(USUAL_FORMAT, timedelta(0), 0, 0)
    list(numbered.feed(AudioPiece(frames[0] + frames[1][:50], 0, timedelta(0), 0.04)))
    with pytest.raises(DataLossError):
        list(numbered.rest())


@pytest.mark.parametrize(("start", "heard"), [(0, 0), (0, 1), (13, 14), (20, 300), (64, 64)])
def test_batches_hold_what_is_heard_or_what_is_not(
    frames: list[bytes], start: int, heard: int
) -> None:
    numbered = PcmFrames(USUAL_FORMAT, timedelta(0), start, heard)
    batches = [
        batch
        for first in range(0, len(frames), 43)
        for batch in numbered.feed(piece(frames[first : first + 43], first))
    ]
    batches += numbered.rest()
    at = start
    for number, batch in batches:
        assert number == at
        assert batch == frames[at : at + len(batch)]
        at += len(batch)
        if number < heard:
            assert at <= heard
        else:
            assert len(batch) <= 16
    assert at == len(frames)
    assert numbered.end == len(frames) * FRAME


def test_an_edit_list_that_begins_before_the_audio() -> None:
    cut = PcmCut(USUAL_FORMAT, priming=1024, sample=0, inside=0, byte_offset=0, total=None)
    with pytest.raises(DataLossError):
        cut.piece(2, bytes(FRAME * 4))


@given(text=st.one_of(st.text(max_size=60), st.from_regex(r"[0-9a-f]{24}-\d{1,8}x\d-\d{1,13}")))
def test_an_etag_is_read_as_it_is_written_or_not_at_all(text: str) -> None:
    try:
        etag = PcmEtag.parse(text)
    except AbortedError as error:
        assert error.reason is Reason.MEDIA_CHANGED  # noqa: PT017 - the other outcome is checked, too
    else:
        assert str(etag) == text
        assert etag.format.sample_bytes > 0
        assert etag.format.rate > 0


@given(lengths=st.lists(st.floats(0.01, 60), min_size=1, max_size=60))
def test_restarts_are_apart_and_inside(lengths: list[float]) -> None:
    begins = [sum(lengths[:index]) for index in range(len(lengths))]
    end = sum(lengths)
    times = restart_times(begins, end)
    assert times[0] == 0
    assert list(times) == sorted(set(times))
    assert len(times) <= 1 + end / 2.4
    assert all(time < end for time in times)
    for begin, length in zip(begins, lengths, strict=True):
        # One request for a seek: a decoder begins in the segment itself, so far behind its
        # beginning that a playlist's rounding does not lead into the one before.
        if min(begin, length) > 2.51:
            assert begin + 0.15 in times


@pytest.mark.parametrize("restarts", [(0,), (0, 100), (0, 37, 38, 300)])
def test_from_any_restart_on_the_samples_are_the_same(
    frames: list[bytes], restarts: tuple[int, ...]
) -> None:
    whole = PcmDecoder(USUAL_FORMAT, restarts).decode(0, frames)
    assert len(whole) == len(frames) * FRAME * 4
    for wanted in (0, 1, 37, 38, 39, 100, 101, 299, 300, 301, 400):
        decoder = PcmDecoder(USUAL_FORMAT, restarts)
        start = decoder.start_of(wanted)
        assert start < wanted or wanted == 0
        assert start in restarts
        skip = wanted - start
        got = decoder.decode(start, frames[start : wanted + 5], skip)
        got += decoder.decode(wanted + 5, frames[wanted + 5 : wanted + 9])
        assert got == whole[wanted * FRAME * 4 : (wanted + 9) * FRAME * 4], wanted


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(place=st.integers(7, 600), blob=st.binary(min_size=1, max_size=200))
def test_frames_that_are_broken(frames: list[bytes], place: int, blob: bytes) -> None:
    frame = frames[200]
    broken = frame[:place] + blob + frame[place + len(blob) :]
    decoder = PcmDecoder(USUAL_FORMAT, (0,))
    try:
        data = decoder.decode(0, [frames[199], broken[: len(frame)], frames[201]])
    except DataLossError as error:
        assert error.reason is Reason.MEDIA_MALFORMED  # noqa: PT017 - the other outcome is checked, too
    else:
        assert len(data) == 3 * FRAME * 4


def test_another_format_than_was_told(frames: list[bytes]) -> None:
    with pytest.raises(DataLossError):
        PcmDecoder(PcmFormat(48_000, 2), (0,)).decode(0, frames[:2])


async def test_it_is_loaded_once_and_used_in_a_thread(frames: list[bytes]) -> None:
    loads: list[int] = []

    def load() -> NewDecoder:
        loads.append(threading.get_ident())
        return PcmDecoder

    decoding = PcmDecoding(load=load)
    await asyncio.gather(*(decoding.load() for _ in range(5)))
    assert len(loads) == 1
    assert loads[0] != threading.get_ident()
    decoders = [decoding.decoder(USUAL_FORMAT, (0,)) for _ in range(4)]
    results = await asyncio.gather(
        *(decoding.decode(decoder, 0, frames[:40], 2) for decoder in decoders)
    )
    expected = PcmDecoder(USUAL_FORMAT, (0,)).decode(0, frames[:40], 2)
    assert set(results) == {expected}


async def test_who_goes_away_leaves_the_turn_to_the_next(frames: list[bytes]) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow(work: Callable[[], Any]) -> Any:
        entered.set()
        leave.wait(5)
        return work()

    decoding = PcmDecoding(elsewhere=lambda work: asyncio.to_thread(slow, work))
    leave.set()
    await decoding.load()
    leave.clear()
    entered.clear()
    first = asyncio.ensure_future(
        decoding.decode(decoding.decoder(USUAL_FORMAT, (0,)), 0, frames[:2], 0)
    )
    await asyncio.to_thread(entered.wait, 5)
    await asyncio.to_thread(entered.wait, 5)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    leave.set()
    again = await decoding.decode(decoding.decoder(USUAL_FORMAT, (0,)), 0, frames[:2], 0)
    assert len(again) == 2 * FRAME * 4


LOADED = """
import sys
import applemusic_server.app
from applemusic_server.media.pcm_decoding import PcmDecoding
print(PcmDecoding().works, "av" in sys.modules)
"""


def test_a_server_does_not_load_it_before_it_is_needed() -> None:
    """It costs 24 MB."""
    done = subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-c", LOADED], check=True, capture_output=True, text=True
    )
    assert done.stdout.split() == ["True", "False"]
