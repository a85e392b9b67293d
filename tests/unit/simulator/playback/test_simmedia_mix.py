"""Songs cut from one piece: nothing is encoded again, and nothing is heard twice or not at all."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_simulator.media.cut import cut_song
from applemusic_simulator.media.fragments import read_layout
from applemusic_simulator.media.store import MediaStore, mix_part
from applemusic_simulator.media.variant import Variant
from applemusic_simulator.model import Mix, Song
from tests.support.cenc import packets
from tests.support.decode import decode

SAMPLE = 4
LENGTHS = (3_001, 2_500, 4_777)


@pytest.fixture
def songs(song: Song) -> list[Song]:
    return [
        replace(song, id=str(index), duration_ms=length, mix=Mix(77, LENGTHS, index))
        for index, length in enumerate(LENGTHS)
    ]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MediaStore]:
    store = MediaStore(tmp_path, b"secret")
    yield store
    await store.close()


async def test_the_parts_of_a_mix_follow_each_other(store: MediaStore, songs: list[Song]) -> None:
    uncut = decode((await store.whole(songs[0])).read_bytes())
    joined, at = b"", 0
    for song in songs:
        asset = await store.asset(song, Variant(fragment_seconds=2))
        start, end, samples = mix_part(song)
        assert start == at
        at = end
        assert asset.index.samples == end - start
        assert asset.index.priming == 1024 if start == 0 else 2048 <= asset.index.priming < 3072
        heard = decode(asset.clear_path.read_bytes())
        # FFmpeg begins where the edit list says; of where it ends, in fragments, it takes no note.
        joined += heard[: asset.index.samples * SAMPLE]
    assert at == samples
    assert joined == uncut[: samples * SAMPLE]


async def test_a_song_of_its_own_was_cut_from_nothing(store: MediaStore, song: Song) -> None:
    with pytest.raises(ValueError, match="mix"):
        await store.whole(song)


async def test_previews_and_uploads_are_of_the_same_music(
    store: MediaStore, songs: list[Song]
) -> None:
    one, other = [(await store.preview(song)).read_bytes() for song in songs[:2]]
    assert decode(one) != decode(other)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(start=st.integers(0, 300_000), samples=st.integers(1, 52_800), seconds=st.integers(1, 60))
def test_any_cut_is_exact(clear: bytes, start: int, samples: int, seconds: int) -> None:
    part = cut_song(clear, start, samples, seconds)
    layout = read_layout(part)
    assert layout.priming < 4 * 1024
    expected = decode(clear)[start * SAMPLE : (start + samples) * SAMPLE]
    assert decode(part)[: samples * SAMPLE] == expected
    whole = packets(clear)
    first = max(0, (1024 + start) // 1024 - 2)
    assert packets(part) == whole[first : first + layout.access_units]
    assert sum(fragment.duration for fragment in layout.fragments) == layout.access_units * 1024


def test_past_the_end(clear: bytes) -> None:
    with pytest.raises(ValueError, match="ends"):
        cut_song(clear, 8 * 44_100, 1024 * 3, 15)
