"""Where the listener is, which player is taken, and what a sync remembers."""

import asyncio
import io
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from applemusic import Backoff, ClientConfig
from applemusic.cli.exits import Exit
from applemusic.cli.playing.players import found_players, player_of
from applemusic.cli.playing.playhead import Playhead
from applemusic.cli.playing.queue import Entry, Queue, first, shuffled
from applemusic.cli.playing.sinks import PipeSink, PlayerSink, Sink, SinkClosedError, check_pipe
from applemusic.cli.problems import Problem
from applemusic.cli.showing.output import Output
from applemusic.cli.syncing import Syncing, read_token
from applemusic.errors import UnavailableError
from applemusic.models.audio import AudioContainer, AudioHeader
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.song import Song
from applemusic.models.sync import (
    SyncCheckpoint,
    SyncPlaylistTracks,
    SyncProgress,
    SyncRemoval,
    SyncUpsert,
)
from tests.support.terminal import FakeTime, Shell, fake_player

PCM = AudioHeader(container=AudioContainer.PCM_S16LE, sample_rate_hertz=48_000, channel_count=2)
FMP4 = AudioHeader(container=AudioContainer.FMP4)


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def test_the_playhead_follows_the_clock_and_never_passes_the_audio() -> None:
    time = FakeTime()
    head: Playhead[str] = Playhead(time)
    assert head.now() is None
    head.begins("one", at(60))
    head.handed(at(60))
    head.handed(at(70))
    time.now += 4
    assert head.now() == ("one", at(64))
    assert head.ahead == at(6)
    time.now += 30
    assert head.now() == ("one", at(70)), "nothing more was handed over"
    head.handed(at(80))
    time.now += 3
    assert head.now() == ("one", at(73)), "a pause is no time of the song"


def test_the_playhead_goes_from_song_to_song() -> None:
    time = FakeTime()
    head: Playhead[str] = Playhead(time)
    head.begins("one")
    head.handed(at(10))
    head.begins("two", at(5))
    head.handed(at(15))
    time.now += 9
    assert head.now() == ("one", at(9))
    time.now += 2
    assert head.now() == ("two", at(6))
    head.settle()
    assert head.ahead == at(0)
    assert head.now() == ("two", at(15))


def terminal_with(folder: Path, *names: str) -> Any:
    for name in names:
        fake_player(folder, name)
    return Shell("nowhere", {"PATH": str(folder)}).terminal(io.StringIO(), io.StringIO())


def test_the_best_player_that_is_there(tmp_path: Path) -> None:
    both = terminal_with(tmp_path / "both", "ffplay", "mpv", "other")
    assert found_players(both) == ["mpv", "ffplay"]
    assert player_of("", both).command(FMP4)[0] == str(tmp_path / "both" / "mpv")
    assert "s16le" in " ".join(player_of("mpv", both).command(PCM))
    assert "s16le" not in " ".join(player_of("mpv", both).command(FMP4))
    assert player_of("ffplay", both).command(PCM)[-2:] == ["-i", "-"]
    assert player_of("other", both).command(FMP4) == [str(tmp_path / "both" / "other")]
    assert player_of("other --loud '-'", both).command(PCM)[1:] == ["--loud", "-"]
    raw = terminal_with(tmp_path / "raw", "aplay")
    assert player_of("", raw).raw_only
    assert "48000" in player_of("", raw).command(PCM)


def test_no_player(tmp_path: Path) -> None:
    none = terminal_with(tmp_path)
    with pytest.raises(Problem, match="mpv, ffplay, aplay") as caught:
        player_of("", none)
    assert caught.value.exit is Exit.MISSING
    assert "--output -" in caught.value.next_step
    with pytest.raises(Problem, match="'vlc'"):
        player_of("vlc -", none)
    with pytest.raises(Problem, match="quotation"):
        player_of("'", none)


async def fill(sink: Sink) -> None:
    """Write more than any pipe holds."""
    for _ in range(100):
        await sink.write(b"x" * 65536)


async def test_a_player_that_fails_says_so(tmp_path: Path) -> None:
    program = fake_player(tmp_path, script="exit 3")
    sink = await PlayerSink.start(player_of(str(program), terminal_with(tmp_path)), FMP4, {})
    with pytest.raises(Problem, match="mpv ended with code 3"):
        await fill(sink)


async def test_a_player_that_is_closed_is_an_end(tmp_path: Path) -> None:
    program = fake_player(tmp_path, script="head -c 10 > /dev/null")
    terminal = terminal_with(tmp_path)
    path = os.environ["PATH"]
    sink = await PlayerSink.start(player_of(str(program), terminal), FMP4, {"PATH": path})
    with pytest.raises(SinkClosedError):
        await fill(sink)
    assert sink.gone.is_set()


async def test_a_player_that_hangs_is_ended(tmp_path: Path) -> None:
    program = fake_player(tmp_path, script="exec sleep 50")
    terminal = terminal_with(tmp_path)
    path = os.environ["PATH"]
    sink = await PlayerSink.start(player_of(str(program), terminal), FMP4, {"PATH": path})
    await sink.abort()
    assert sink.gone.is_set()


async def test_a_pipe_takes_no_more_than_is_read() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as out, os.fdopen(reader, "rb", buffering=0) as end:
        sink = await PipeSink.open(out)
        writing = asyncio.create_task(sink.write(b"x" * 1_000_000))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not writing.done(), "a pipe holds 64 KiB"
        assert os.get_blocking(writer) is False
        got = 0
        while got < 1_000_000:
            got += len(await asyncio.to_thread(end.read, 1 << 20))
        await writing
        await sink.finish()
        assert os.get_blocking(writer) is True, "as whoever shares it knew it"


async def test_a_pipe_that_is_closed_is_an_end() -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as out:
        sink = await PipeSink.open(out)
        os.close(reader)
        with pytest.raises(SinkClosedError):
            await fill(sink)
        await sink.finish()


def test_no_audio_into_terminals_and_files(tmp_path: Path) -> None:
    with (tmp_path / "song.m4a").open("w") as file, pytest.raises(Problem, match="listening"):
        check_pipe(file)


async def entries_of(*names: str) -> AsyncIterator[Entry]:
    for name in names:
        yield Entry(id=name)


async def test_a_queue_reads_two_ahead() -> None:
    read: list[str] = []

    async def noted() -> AsyncIterator[Entry]:
        async for entry in entries_of("1", "2", "3", "4"):
            read.append(entry.id)
            yield entry

    queue = Queue(noted())
    entry = await queue.next()
    assert entry is not None
    assert [each.id for each in await queue.upcoming()] == ["2", "3"]
    assert read == ["1", "2", "3"]
    assert [each.id async for each in first(entries_of("1", "2", "3"), 2)] == ["1", "2"]
    order = Shell("nowhere").terminal(io.StringIO(), io.StringIO()).shuffled
    drawn = [each.id async for each in shuffled(entries_of(*"123456"), order)]
    assert sorted(drawn) == list("123456") != drawn


class BrokenLibrary:
    """Breaks where it is told to, and goes on by token."""

    def __init__(self, *runs: list[Any]) -> None:
        self.runs = list(runs)
        self.tokens: list[str] = []

    async def sync(self, *, sync_token: str, **_: Any) -> AsyncIterator[Any]:
        self.tokens.append(sync_token)
        for each in self.runs.pop(0):
            if isinstance(each, Exception):
                raise each
            yield each


def syncing(library: BrokenLibrary, *, json: bool) -> tuple[Syncing, io.StringIO, Shell]:
    shell, out = Shell("nowhere"), io.StringIO()
    config = ClientConfig(backoff=Backoff(initial=1, maximum=1))
    music: Any = SimpleNamespace(library=library, config=config)
    output = Output(shell.terminal(out, io.StringIO()), json=json)
    return Syncing(music, output, types=(), include_playlist_tracks=True), out, shell


ONE, TWO, THREE = (SyncUpsert(resource=Song(id=f"i.{name}")) for name in "123")


async def test_a_sync_that_breaks_goes_on_at_its_checkpoint(tmp_path: Path) -> None:
    state = tmp_path / "state"
    library = BrokenLibrary(
        [ONE, SyncCheckpoint(sync_token="half"), TWO, UnavailableError("away")],
        [TWO, THREE, SyncProgress(type=ResourceType.SONG), SyncCheckpoint(sync_token="all")],
    )
    sync, _, shell = syncing(library, json=False)
    counts = await sync.run(state, restart=False)
    assert library.tokens == ["", "half"]
    assert counts.lines() == ["Songs         3 read"], "what comes twice counts once"
    assert shell.time.slept == [1.0]
    assert read_token(state) == "all"

    library = BrokenLibrary(
        [
            SyncRemoval(resource=ResourceRef(ResourceType.SONG, "i.1")),
            SyncPlaylistTracks(playlist_id="p.1", last=True),
            SyncCheckpoint(sync_token="later", complete=True),
        ]
    )
    sync, out, _ = syncing(library, json=True)
    counts = await sync.run(state, restart=False)
    assert library.tokens == ["all"]
    assert [line.split('"')[3] for line in out.getvalue().splitlines()] == [
        "removal",
        "playlist_tracks",
        "checkpoint",
    ]
    assert counts.lines()[0] == "Songs         0 new or changed, 1 gone"

    library = BrokenLibrary([SyncCheckpoint(sync_token="anew", complete=True)])
    sync, _, _ = syncing(library, json=False)
    assert (await sync.run(state, restart=True)).lines() == ["The library is empty."]
    assert library.tokens == [""]


async def test_a_server_that_was_never_there_is_not_waited_for() -> None:
    sync, _, shell = syncing(BrokenLibrary([UnavailableError("away")]), json=False)
    with pytest.raises(UnavailableError):
        await sync.run(None, restart=False)
    assert shell.time.slept == []


async def test_a_sync_gives_up_in_the_end() -> None:
    broken = [ONE, UnavailableError("away", retry_after=at(30))]
    sync, _, shell = syncing(BrokenLibrary(*([broken] * 6)), json=False)
    with pytest.raises(UnavailableError):
        await sync.run(None, restart=False)
    assert shell.time.slept == [30.0] * 5


def test_a_state_that_is_none(tmp_path: Path) -> None:
    state = tmp_path / "state"
    assert read_token(state) == ""
    for content in (b"\xff\xfe", b"several words"):
        state.write_bytes(content)
        with pytest.raises(Problem) as caught:
            read_token(state)
        assert caught.value.exit is Exit.USAGE


async def test_a_state_that_cannot_be_kept_is_found_out_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    sync, out, _ = syncing(BrokenLibrary(), json=True)
    with pytest.raises(Problem, match="cannot be written: No such file or directory") as caught:
        await sync.run(tmp_path / "nowhere" / "state", restart=False)
    assert caught.value.exit is Exit.USAGE
    assert out.getvalue() == ""
