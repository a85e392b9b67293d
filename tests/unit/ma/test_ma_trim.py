"""Frames before a position are left out, however the stream is cut into pieces."""

import random
from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Part = Callable[[str], ModuleType]
QUIET = [HealthCheck.function_scoped_fixture]


def frame(payload: bytes) -> bytes:
    """A frame as the standard says: 7 bytes of header, its own length in bits 30 to 42."""
    size = len(payload) + 7
    return (
        bytes(
            [
                0xFF,
                0xF1,
                0x50,
                0x80 | size >> 11,
                size >> 3 & 0xFF,
                (size & 7) << 5 | 0x1F,
                0xFC,
            ]
        )
        + payload
    )


def pieces(data: bytes, seed: int) -> list[bytes]:
    chance, found = random.Random(seed), []
    while data:
        size = chance.randint(1, 40)
        found.append(data[:size])
        data = data[size:]
    return found


@given(
    payloads=st.lists(st.binary(min_size=1, max_size=60), max_size=20),
    skip=st.integers(-2, 25),
    seed=st.integers(0, 1000),
)
@settings(suppress_health_check=QUIET)
def test_exactly_so_many_frames_are_left_out(
    part: Part, payloads: list[bytes], skip: int, seed: int
) -> None:
    frames = [frame(each) for each in payloads]
    trim = part("trim").FrameTrim(skip)
    came = b"".join(trim.feed(piece) for piece in pieces(b"".join(frames), seed))
    assert came == b"".join(frames[max(0, skip) :])


@given(data=st.binary(max_size=300), skip=st.integers(1, 5), seed=st.integers(0, 1000))
@settings(suppress_health_check=QUIET)
def test_what_is_no_adts_ends_the_search_and_loses_nothing_after_it(
    part: Part, data: bytes, skip: int, seed: int
) -> None:
    whole = b"\x00\x00\x00\x18ftyp" + data
    trim = part("trim").FrameTrim(skip)
    assert b"".join(trim.feed(piece) for piece in pieces(whole, seed)) == whole


@pytest.mark.parametrize("size", [7, 8, 2047, 8191])
def test_lengths_of_frames(part: Part, size: int) -> None:
    made = frame(b"x" * (size - 7))
    assert part("trim").frame_size(b"??" + made, 2) == size == len(made)
