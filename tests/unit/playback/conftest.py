"""One encrypted song for all tests of playback, encoded once."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))  # tests/support is a plain package beside the tests

from tests.support.cenc import Packaged, Packaging, encode_song, package  # noqa: E402
from tests.support.play import Stage  # noqa: E402


@pytest.fixture(scope="session")
def play_clear() -> bytes:
    """40 s of stereo AAC in fragments of 5 s, clear, by FFmpeg."""
    return encode_song(40.0, fragment_seconds=5.0)


@pytest.fixture(scope="session")
def play_song(play_clear: bytes) -> Packaged:
    """The same, encrypted, with a `sidx`."""
    return package(play_clear, Packaging(sidx=True))


@pytest.fixture
def stage(play_song: Packaged) -> Stage:
    """A player in front of an Apple that does everything right."""
    return Stage(play_song, seconds=40.0)


@pytest.fixture
def new_stage(play_song: Packaged) -> Callable[..., Stage]:
    """Makes several of them; `piece` is how many bytes Apple's connection delivers at a time."""

    def make(piece: int = 16 * 1024) -> Stage:
        stage = Stage(play_song, seconds=40.0)
        stage.apple.piece = piece
        return stage

    return make
