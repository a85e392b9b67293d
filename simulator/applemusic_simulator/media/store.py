"""The files of all songs: made when first asked for, then kept on disk."""

import asyncio
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

import av
import numpy as np
from numpy.typing import NDArray

from applemusic_simulator.media.asset import Asset, AssetIndex
from applemusic_simulator.media.cut import cut_song
from applemusic_simulator.media.encode import encode_fragmented, encode_plain
from applemusic_simulator.media.fragments import read_layout
from applemusic_simulator.media.keys import KeyChain
from applemusic_simulator.media.package import encrypt
from applemusic_simulator.media.upload import encode_upload, upload_format
from applemusic_simulator.media.variant import DEFAULT, Variant
from applemusic_simulator.model import Song
from applemusic_simulator.music.render import perform
from applemusic_simulator.music.voices import SAMPLE_RATE

_RECIPE = {
    "applemusic_simulator.music": ("drums", "render", "score", "style", "voices"),
    "applemusic_simulator.media": (
        *("boxes", "cut", "encode", "fragments", "keys", "package", "variant"),
    ),
}
_WORKERS = 2
_PREVIEW_SECONDS = 30
_PREVIEW_KBPS = 256
_PREVIEW_START = 0.3  # of the song: past the intro

Result = TypeVar("Result")


def default_cache_dir() -> Path:
    """Where files are kept when nobody says otherwise: the user's cache folder."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "applemusic-simulator"


def song_samples(song: Song) -> int:
    """How many samples a song lasts at 44.1 kHz."""
    return round(song.duration_ms * SAMPLE_RATE / 1000)


def mix_part(song: Song) -> tuple[int, int, int]:
    """Where a song's music begins and ends, and how long the piece is that it is part of.

    In samples at 44.1 kHz; a song that is not part of a mix is the whole piece.
    """
    if song.mix is None:
        samples = song_samples(song)
        return 0, samples, samples
    lengths = [round(length * SAMPLE_RATE / 1000) for length in song.mix.lengths_ms]
    start = sum(lengths[: song.mix.index])
    return start, start + lengths[song.mix.index], sum(lengths)


class MediaStore:
    """Builds and keeps assets; each is built once, however many ask for it at the same time.

    Args:
        cache_dir: Where files stay between runs; made when missing. Several simulators may share
            it: files are written under another name and then renamed.
        secret: From which the content keys follow.
    """

    def __init__(self, cache_dir: Path, secret: bytes) -> None:
        self._root = cache_dir / _recipe()
        self.keys = KeyChain(secret)
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="simulator-media")
        self._running: dict[tuple[str, ...], asyncio.Task[Any]] = {}

    async def asset(self, song: Song, variant: Variant = DEFAULT) -> Asset:
        """Return a song's files, building them if they are not there yet.

        A song of 200 s takes about 2.5 s of one core the first time.
        """
        return await self._once(
            ("asset", self._folder(song).name, song.id, variant.name),
            lambda: self._asset(song, variant),
        )

    async def whole(self, song: Song, kbps: int = DEFAULT.kbps) -> Path:
        """Return the clear file of the piece that a song of a continuous mix was cut from.

        Raises:
            ValueError: The song is not part of one.
        """
        if song.mix is None:
            raise ValueError(f"song {song.id} is not part of a mix")
        folder = self._root / _digest(f"mix:{song.mix.seed}:{song.genre}:{song.mix.lengths_ms}")
        path = folder / f"whole-{kbps}k.mp4"
        if not path.exists():
            await self._once(
                ("whole", folder.name, path.name),
                lambda: self._work(_make_whole, song, kbps, path),
            )
        return path

    async def preview(self, song: Song) -> Path:
        """Return the unencrypted .m4a of at most 30 s from the middle of a song."""
        path = self._folder(song) / f"preview-{_PREVIEW_KBPS}k.m4a"
        if not path.exists():
            await self._once(
                ("preview", path.parent.name), lambda: self._work(_make_preview, song, path)
            )
        return path

    async def upload(self, song: Song) -> Path:
        """Return a listener's own file of a song, whole and unencrypted."""
        file_format = upload_format(song)
        path = self._folder(song) / f"upload.{file_format}"
        if not path.exists():
            await self._once(
                ("upload", path.parent.name),
                lambda: self._work(_make_upload, song, file_format, path),
            )
        return path

    async def build(
        self,
        songs: Iterable[Song],
        variant: Variant = DEFAULT,
        progress: Callable[[int], None] = lambda _done: None,
    ) -> None:
        """Build the files of many songs ahead of time.

        Args:
            songs: Which.
            variant: In which kind.
            progress: Called after each song with how many are done.
        """
        queue = iter(songs)
        done = 0

        async def drain() -> None:
            nonlocal done
            for song in queue:
                await self.asset(song, variant)
                done += 1
                progress(done)

        async with asyncio.TaskGroup() as group:
            for _ in range(_WORKERS):
                group.create_task(drain())

    async def close(self) -> None:
        """Wait for what is being built and give the worker threads back."""
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._workers.shutdown()

    async def _asset(self, song: Song, variant: Variant) -> Asset:
        folder = self._folder(song)
        clear_name = f"clear-{variant.fragment_seconds}s-{variant.kbps}k.mp4"
        clear_path = folder / clear_name
        path = folder / f"{variant.name}-{self.keys.fingerprint(song.id)}.mp4"
        index = _read_index(path)
        if index is None or not clear_path.exists():
            if not clear_path.exists():
                await self._once(
                    ("clear", folder.name, clear_name),
                    lambda: self._clear(song, variant, clear_path),
                )
            index = await self._work(self._encrypt, song, variant, clear_path, path)
        key = self.keys.key_for(song.id, variant)
        return Asset(song.id, variant, path, clear_path, key, index)

    async def _clear(self, song: Song, variant: Variant, path: Path) -> None:
        if song.mix is None:
            await self._work(_make_clear, song, variant, path)
        else:
            whole = await self.whole(song, variant.kbps)
            await self._work(_cut_clear, song, variant, whole, path)

    def _encrypt(self, song: Song, variant: Variant, clear_path: Path, path: Path) -> AssetIndex:
        clear = clear_path.read_bytes()
        data = encrypt(clear, self.keys.key_for(song.id, variant), variant)
        index = AssetIndex.of(read_layout(data), len(data), song_samples(song))
        _write(path, data)
        _write(_index_path(path), json.dumps(index.to_json()).encode())
        return index

    def _folder(self, song: Song) -> Path:
        """Songs that sound the same share a folder; the music follows from these values."""
        name = f"{song.seed}:{song.genre}:{song.duration_ms}"
        if song.mix is not None:
            name += f":{song.mix}"
        return self._root / _digest(name)

    async def _work(self, function: Callable[..., Result], *arguments: object) -> Result:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._workers, function, *arguments)

    async def _once(
        self, name: tuple[str, ...], build: Callable[[], Coroutine[Any, Any, Result]]
    ) -> Result:
        """Join the build of this name, or start it; a caller who leaves does not stop it."""
        task: asyncio.Task[Result] | None = self._running.get(name)
        if task is None:
            task = asyncio.get_running_loop().create_task(build())
            self._running[name] = task
            task.add_done_callback(lambda done: self._forget(name, done))
        return await asyncio.shield(task)

    def _forget(self, name: tuple[str, ...], task: asyncio.Task[Any]) -> None:
        del self._running[name]
        if not task.cancelled():
            task.exception()  # looked at, so that a build nobody waits for any more stays quiet


def _recipe() -> str:
    """Name the way files are made by the code that makes them: new code never meets old files."""
    digest = hashlib.sha256(av.__version__.encode())
    for package, modules in _RECIPE.items():
        for module in modules:
            digest.update((resources.files(package) / f"{module}.py").read_bytes())
    return digest.hexdigest()[:12]


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:24]


def _performed(song: Song) -> NDArray[np.int16]:
    start, end, samples = mix_part(song)
    seed = song.seed if song.mix is None else song.mix.seed
    return perform(seed, song.genre, samples)[start:end]


def _make_whole(song: Song, kbps: int, path: Path) -> None:
    if song.mix is None:
        raise ValueError(f"song {song.id} is not part of a mix")
    _, _, samples = mix_part(song)
    pcm = perform(song.mix.seed, song.genre, samples)
    _write(path, encode_fragmented(pcm, kbps, DEFAULT.fragment_seconds))


def _cut_clear(song: Song, variant: Variant, whole: Path, path: Path) -> None:
    start, end, _ = mix_part(song)
    _write(path, cut_song(whole.read_bytes(), start, end - start, variant.fragment_seconds))


def _make_clear(song: Song, variant: Variant, path: Path) -> None:
    pcm = _performed(song)
    _write(path, encode_fragmented(pcm, variant.kbps, variant.fragment_seconds))


def _make_preview(song: Song, path: Path) -> None:
    samples = song_samples(song)
    pcm = _performed(song)
    wanted = _PREVIEW_SECONDS * SAMPLE_RATE
    start = min(int(samples * _PREVIEW_START), max(0, samples - wanted))
    _write(path, encode_plain(pcm[start : start + wanted], _PREVIEW_KBPS))


def _make_upload(song: Song, file_format: str, path: Path) -> None:
    pcm = _performed(song)
    _write(path, encode_upload(pcm, file_format))


def _index_path(path: Path) -> Path:
    return path.with_suffix(".json")


def _read_index(path: Path) -> AssetIndex | None:
    """Return the index of a file, or None if either is missing or they do not belong together."""
    try:
        index = AssetIndex.from_json(json.loads(_index_path(path).read_bytes()))
        size = path.stat().st_size
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return index if size == index.size else None


def _write(path: Path, data: bytes) -> None:
    """Write all or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as file:
        temporary = Path(file.name)
        try:
            file.write(data)
        except OSError:
            temporary.unlink()
            raise
    temporary.replace(path)
