"""Files are made once, kept, and made anew when they are not what they should be."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from applemusic_simulator.media import store as store_module
from applemusic_simulator.media.fragments import read_layout
from applemusic_simulator.media.keys import KeyChain
from applemusic_simulator.media.store import MediaStore, default_cache_dir
from applemusic_simulator.media.variant import DEFAULT, Variant
from applemusic_simulator.model import Song
from applemusic_simulator.music.render import perform
from applemusic_simulator.simulator import Simulator


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[MediaStore]:
    store = MediaStore(tmp_path, b"secret")
    yield store
    await store.close()


@pytest.fixture
def performances(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    seeds: list[int] = []

    def counted(seed: int, genre: str, samples: int) -> object:
        seeds.append(seed)
        return perform(seed, genre, samples)

    monkeypatch.setattr(store_module, "perform", counted)
    return seeds


async def test_many_who_ask_at_once_get_one_build(
    store: MediaStore, song: Song, performances: list[int]
) -> None:
    assets = await asyncio.gather(*(store.asset(song) for _ in range(8)))
    assert len(performances) == 1
    assert all(asset == assets[0] for asset in assets)


async def test_index_describes_the_file(store: MediaStore, song: Song) -> None:
    asset = await store.asset(song, Variant(fragment_seconds=3, sidx=True))
    data = asset.encrypted_path.read_bytes()
    layout = read_layout(data)
    assert asset.index.size == len(data)
    assert asset.index.init_size == layout.init_size
    assert asset.index.priming == 1024
    assert asset.index.samples == 8 * 44_100
    assert [(f.offset, f.size) for f in asset.index.fragments] == [
        (f.offset, f.size) for f in layout.fragments
    ]
    assert asset.index.fragments[-1].offset + asset.index.fragments[-1].size == len(data)


async def test_files_outlive_the_process(
    store: MediaStore, song: Song, tmp_path: Path, performances: list[int]
) -> None:
    first = await store.asset(song)
    later = MediaStore(tmp_path, b"secret")
    assert await later.asset(song) == first
    assert len(performances) == 1
    await later.close()


async def test_variants_share_the_original_and_the_key(
    store: MediaStore, song: Song, performances: list[int]
) -> None:
    one, other = await asyncio.gather(store.asset(song), store.asset(song, Variant(iv_size=16)))
    assert one.clear_path == other.clear_path
    assert one.encrypted_path != other.encrypted_path
    assert (one.kid, one.key.key) == (other.kid, other.key.key)
    assert one.key.iv_seed != other.key.iv_seed
    assert len(performances) == 1


@pytest.mark.parametrize("spoil", ["truncate", "index", "gone", "original"])
async def test_a_spoilt_cache_is_made_anew(store: MediaStore, song: Song, spoil: str) -> None:
    asset = await store.asset(song)
    good = asset.encrypted_path.read_bytes()
    if spoil == "truncate":
        asset.encrypted_path.write_bytes(good[:-1])
    elif spoil == "index":
        asset.encrypted_path.with_suffix(".json").write_text('{"size": 3}')
    elif spoil == "gone":
        asset.encrypted_path.unlink()
    else:
        asset.clear_path.unlink()
    assert await store.asset(song) == asset
    assert asset.encrypted_path.read_bytes() == good
    assert asset.clear_path.exists()


async def test_one_who_leaves_does_not_stop_the_build(
    store: MediaStore, song: Song, performances: list[int]
) -> None:
    leaving = asyncio.ensure_future(store.asset(song))
    await asyncio.sleep(0)
    leaving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaving
    assert (await store.asset(song)).encrypted_path.exists()
    assert len(performances) == 1


async def test_another_secret_has_other_keys_and_other_files(
    store: MediaStore, song: Song, tmp_path: Path
) -> None:
    other = MediaStore(tmp_path, b"another")
    mine, theirs = await store.asset(song), await other.asset(song)
    assert mine.clear_path == theirs.clear_path
    assert mine.encrypted_path != theirs.encrypted_path
    assert mine.key.key != theirs.key.key
    await other.close()


async def test_many_songs_can_be_built_ahead(store: MediaStore, song: Song) -> None:
    songs = [replace(song, id=str(n), seed=n, duration_ms=2000) for n in range(3)]
    done: list[int] = []
    await store.build(songs, progress=done.append)
    assert done == [1, 2, 3]


async def test_nothing_half_written_stays_behind(
    store: MediaStore, song: Song, tmp_path: Path
) -> None:
    await store.asset(song)
    await store.preview(song)
    assert not _hidden(tmp_path)


def test_key_ids_begin_with_four_zero_bytes_and_repr_hides_keys() -> None:
    key = KeyChain(b"secret").key_for("1", DEFAULT)
    assert key.kid[:4] == bytes(4)
    assert len(key.kid) == len(key.key) == 16
    assert repr(key.key) not in repr(key)


def test_default_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert default_cache_dir() == Path("/somewhere/applemusic-simulator")


def _hidden(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.name.startswith(".")]


async def test_simulator_builds_the_first_songs_ahead(
    simulator: Simulator, performances: list[int], song: Song
) -> None:
    await simulator.build_audio(1)
    await simulator.playback.store.asset(song)
    assert len(performances) <= 1
