"""One song for all media tests, encoded once, and its encrypted forms."""

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[3]
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))  # tests/support is a plain package beside the tests

from tests.support.cenc import Packaged, Packaging, encode_song, package  # noqa: E402


@pytest.fixture(scope="session")
def clear_song() -> bytes:
    """12 s of stereo AAC in fragments of 4 s, clear, by FFmpeg."""
    return encode_song()


@pytest.fixture(scope="session")
def packaged(clear_song: bytes) -> Callable[[Packaging], Packaged]:
    """The same song, encrypted as asked."""

    @cache
    def build(how: Packaging) -> Packaged:
        return package(clear_song, how)

    return build


@pytest.fixture(scope="session")
def song(packaged: Callable[[Packaging], Packaged]) -> Packaged:
    """The song as Apple most likely has it: whole samples, 8-byte vectors."""
    return packaged(Packaging())


@pytest.fixture(scope="session")
def short_song() -> Packaged:
    """Two fragments of half a second: small enough to be broken in many ways."""
    return package(encode_song(1.0, fragment_seconds=0.5), Packaging(pssh=True))
