"""The command plays: into a player and into a pipe, bit by bit what the server sends."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from applemusic import AudioContainer
from applemusic.cli.exits import Exit
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.media.upload import upload_format
from applemusic_simulator.model import Song
from tests.support.stage import Stage
from tests.support.terminal import Shell, fake_player, played, player_arguments

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PROGRAM = Path(sys.executable).parent / "applemusic"


@pytest.fixture
def players(tmp_path: Path) -> Path:
    """A folder with a player in it, and no other."""
    fake_player(tmp_path / "players")
    return tmp_path / "players"


@pytest.fixture
def shell(stage: Stage, players: Path) -> Shell:
    return Shell(stage.music.target, {"PATH": f"{players}{os.pathsep}/usr/bin{os.pathsep}/bin"})


@asynccontextmanager
async def started(stage: Stage, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The real program with pipes."""
    process = await asyncio.create_subprocess_exec(
        PROGRAM,
        *("--server", stage.music.target, *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        limit=1 << 16,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def withdrawn(stage: Stage) -> Song:
    songs = stage.simulator.world.catalogue.songs.values()
    return next(song for song in songs if not song.playable)


def artist_of(stage: Stage, song: Song) -> str:
    return stage.simulator.world.catalogue.artists[song.artist_id].name


def upload_of(stage: Stage, kind: str) -> LibrarySong:
    """The shortest upload of a format."""
    songs = stage.simulator.world.libraries.of("demo").songs()
    uploads = [song for song in songs if song.origin is Origin.UPLOAD]
    fitting = [song for song in uploads if upload_format(song.words) == kind]
    return min(fitting, key=lambda song: song.words.duration_ms)


async def test_a_song(stage: Stage, shell: Shell, players: Path) -> None:
    song = stage.song
    ran = await shell("play", song.id)
    assert (ran.code, ran.out) == (0, "")
    title = f"{song.name} - {artist_of(stage, song)}"
    assert ran.err == f"Playing {title} (0:{song.duration_ms // 1000:02})\n"
    assert played(players) == [await stage.play(song.id)]
    assert player_arguments(players) == ["--no-video --no-input-terminal --msg-level=all=error -"]


async def test_an_album_is_one_stream_and_the_next_song_is_prepared(
    stage: Stage, shell: Shell, players: Path
) -> None:
    ran = await shell("play", stage.song.album_id, "--limit", "3", "--json")
    assert ran.code == 0, ran
    begun = [each for each in ran.records if each["event"] == "playing"]
    ended = [each for each in ran.records if each["event"] == "ended"]
    songs = stage.songs[:3]
    assert [each["song"]["id"] for each in begun] == [song.id for song in songs]
    first, *later = (each["header"]["preparation"] for each in begun)
    # Time passes at once here: on a busy machine a song may be asked for before it is quite ready.
    assert first == "cold"
    assert {*later} <= {"resolved", "licensed", "ready"}
    assert [each["id"] for each in ended] == [song.id for song in songs]
    streams = [await stage.play(song.id, container=AudioContainer.ADTS) for song in songs]
    assert played(players) == [b"".join(streams)]
    # The server sends ahead of time; the command asks for the next song when its turn comes.
    waited = sum(shell.time.slept)
    assert waited == pytest.approx(sum(song.duration_ms for song in songs[:2]) / 1000 - 3, abs=0.1)


async def test_positions_orders_and_forms(stage: Stage, shell: Shell, players: Path) -> None:
    one, other = stage.songs[:2]
    ran = await shell("play", one.id, "--from", "0:04")
    assert ran.err.endswith(" from 0:04\n"), ran
    whole = await stage.play(one.id, container=AudioContainer.PCM_S16LE)
    assert played(players) == [whole[4 * 44_100 * 4 :]]

    ran = await shell("play", one.id, other.id, "--shuffle", "--json", "--container", "pcm")
    drawn = [each["song"]["id"] for each in ran.records if each["event"] == "playing"]
    assert sorted(drawn) == sorted([one.id, other.id])
    streams = [await stage.play(song, container=AudioContainer.PCM_S16LE) for song in drawn]
    assert played(players)[1] == b"".join(streams)
    assert "--demuxer=rawaudio" in player_arguments(players)[1]

    fake_player(players, "aplay")
    assert (await shell("play", one.id, "--player", "aplay")).code == 0
    assert played(players)[2] == await stage.play(one.id, container=AudioContainer.PCM_S16LE)
    assert "--rate 44100 --channels 2" in player_arguments(players)[2]
    wrong = await shell("play", one.id, "--player", "aplay", "--container", "adts")
    assert wrong.code == Exit.USAGE


async def test_what_does_not_play_is_skipped_and_said(
    stage: Stage, shell: Shell, players: Path
) -> None:
    gone = withdrawn(stage)
    ran = await shell("play", stage.song.id, gone.id)
    assert ran.code == Exit.PARTLY
    assert f"Skipped {gone.name} - {artist_of(stage, gone)}" in ran.err
    assert "CONTENT_WITHDRAWN" in ran.err
    assert len(played(players)) == 1
    alone = await shell("play", gone.id)
    assert alone.code == Exit.REFUSED
    assert "`applemusic play --preview`" in alone.err
    ran = await shell("play", gone.id, "--preview")
    assert "a preview" in ran.err or ran.code == Exit.REFUSED
    nothing = await shell("play", "424242")
    assert nothing.code == Exit.NOT_FOUND
    video = next(iter(stage.simulator.world.catalogue.music_videos))
    assert (await shell("play", f"music-video:{video}")).code == Exit.REFUSED


async def test_an_upload_comes_as_it_is_in_the_middle_of_others(
    stage: Stage, shell: Shell, players: Path
) -> None:
    upload = upload_of(stage, "mp3")
    ran = await shell("play", stage.song.id, upload.id, stage.songs[1].id)
    assert ran.code == 0, ran
    store = stage.simulator.playback.store
    runs = played(players)
    assert len(runs) == 3
    assert runs[1] == (await store.upload(upload.words)).read_bytes()
    assert runs[0] == await stage.play(stage.song.id, container=AudioContainer.ADTS)


async def test_a_player_that_is_closed_ends_it(stage: Stage, shell: Shell, players: Path) -> None:
    fake_player(players, "mpv", script="exec head -c 1000 >/dev/null")
    station = (await shell("radio", "stations", "--json")).json["items"][0]["id"]
    ran = await shell("play", station, "--json")
    assert ran.code == 0, ran
    assert ran.records[0]["event"] == "playing"
    fake_player(players, "mpv", script="exit 7")
    ran = await shell("play", stage.song.id)
    assert ran.code == Exit.FAILED
    assert "mpv ended with code 7" in ran.err


async def test_a_broadcast(stage: Stage, shell: Shell, players: Path) -> None:
    fake_player(players, "mpv", script=f'exec head -c 30000 > "{players}/played.$$"')
    stations = stage.simulator.world.catalogue.stations.values()
    live = next(each for each in stations if each.provider)
    ran = await shell("play", live.id)
    assert ran.code == 0, ran
    assert f"Playing {live.name}" in ran.err
    assert len(played(players)[0]) == 30_000
    own = next(each.id for each in stations if each.is_live and not each.provider)
    assert (await shell("play", own)).code == Exit.REFUSED


async def test_no_player_and_no_pipe(stage: Stage, tmp_path: Path) -> None:
    shell = Shell(stage.music.target, {"PATH": str(tmp_path)})
    ran = await shell("play", stage.song.id)
    assert ran.code == Exit.MISSING
    assert "--output -" in ran.err
    ran = await shell("play", stage.song.id, "--output", "-", "--json")
    assert ran.code == Exit.USAGE


async def test_without_a_device(stage_of: SetUp, players: Path) -> None:
    async with stage_of(widevine=False) as stage:
        shell = Shell(stage.music.target, {"PATH": f"{players}:/usr/bin:/bin"})
        ran = await shell("play", stage.song.id, stage.songs[1].id)
        assert ran.code == Exit.ACT
        assert "widevine.device_file" in ran.err
        assert played(players) == []
        ran = await shell("play", stage.song.id, "--preview")
        assert ran.code == 0
        assert "a preview" in ran.err
        assert len(played(players)) == 1


async def test_a_pipe_gets_what_the_server_sends_bit_by_bit(stage: Stage) -> None:
    async with started(stage, "play", stage.song.id, "--output", "-") as process:
        audio, said = await process.communicate()
        assert process.returncode == 0, said
    assert audio == await stage.play(stage.song.id)
    assert said.startswith(b"Playing ")
    both = [song.id for song in stage.songs[:2]]
    async with started(stage, "play", *both, "-o", "-", "--container", "fmp4") as process:
        _, said = await process.communicate()
        assert process.returncode == Exit.USAGE
        assert b"cannot follow each other" in said


async def test_readers_that_have_enough(stage: Stage) -> None:
    """A closed pipe is an end and no error, for audio and for text."""
    for arguments in (
        ("play", stage.song.id, "--output", "-"),
        ("library", "songs", "--all", "--json"),
        ("library", "sync", "--json"),
    ):
        async with started(stage, *arguments) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert await process.stdout.read(100)
            process.stdout._transport.close()  # type: ignore[attr-defined] # there is no other way
            said = await process.stderr.read()
            await process.wait()
        assert process.returncode == 0, said
        assert b"Traceback" not in said
        assert b"Exception" not in said


@pytest.mark.parametrize("arguments", [("sign-in", "--json"), ("accounts", "watch", "--json")])
async def test_readers_that_leave_somebody_who_waits(
    stage: Stage, arguments: tuple[str, ...]
) -> None:
    """Nothing more is written there, which would tell that the pipe is closed."""
    async with started(stage, *arguments) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(await process.stdout.readline())
        process.stdout._transport.close()  # type: ignore[attr-defined] # there is no other way
        said = await asyncio.wait_for(process.stderr.read(), 20)
        await process.wait()
    assert process.returncode == 0, said
    assert b"Traceback" not in said


async def test_ctrl_c(stage: Stage, players: Path) -> None:
    """Ends the player and the stream, says nothing more, and is told by the exit code."""
    player = fake_player(players, script=f'echo $$ > "{players}/pid"; exec sleep 50')
    song = next(song for song in stage.simulator.world.catalogue.songs.values() if song.playable)
    async with started(stage, "play", song.id, "--player", str(player)) as process:
        assert process.stderr is not None
        assert (await process.stderr.readline()).startswith(b"Playing ")
        process.send_signal(signal.SIGINT)
        rest = await process.stderr.read()
        await process.wait()
    assert process.returncode == Exit.INTERRUPTED
    assert rest == b""
    pid = int((players / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    for _ in range(200):
        if (await stage.music.server.info()).active_stream_count == 0:
            break
        await asyncio.sleep(0.01)
    assert (await stage.music.server.info()).active_stream_count == 0


async def test_lyrics(shell: Shell) -> None:
    every = (await shell("library", "songs", "--all", "--json")).json["items"]
    songs = [each for each in every if each["has_lyrics"] and each["catalog_id"]]
    by_timing: dict[str, dict[str, str]] = {}
    for song in songs[:40]:
        ran = await shell("lyrics", song["catalog_id"], "--json")
        if ran.code == 0:
            by_timing.setdefault(ran.json["timing"], song)
    assert by_timing.keys() == {"none", "line", "word"}

    for timing in ("line", "word"):
        song = by_timing[timing]
        lyrics = (await shell("lyrics", song["id"], "--json")).json
        text = [line["text"] for line in lyrics["lines"]]
        assert (await shell.done("lyrics", song["id"])).splitlines()[: len(text)] == text
        assert (await shell.done("lyrics", song["id"], "--lrc")).startswith("[")
        assert ":" in (await shell.done("lyrics", song["id"], "--times")).splitlines()[0]
        followed = await shell("lyrics", song["catalog_id"], "--follow", "--json")
        assert [line["text"] for line in followed.records if line["text"]] == text
        late = await shell.done("lyrics", song["catalog_id"], "--at", "3:00")
        assert len(late.splitlines()) < len(text)

    plain = by_timing["none"]["id"]
    for option in ("--follow", "--lrc", "--times"):
        assert (await shell("lyrics", plain, option)).code == Exit.REFUSED
    assert (await shell("lyrics", plain, "--times", "--lrc")).code == Exit.USAGE
    none = next(song for song in every if song["catalog_id"] and not song["has_lyrics"])
    ran = await shell("lyrics", none["catalog_id"])
    assert ran.code == Exit.NOT_FOUND
    upload = next(song["id"] for song in every if not song["catalog_id"])
    assert (await shell("lyrics", upload)).code == Exit.NOT_FOUND


async def test_what_plays_is_sung(stage: Stage, players: Path) -> None:
    """The position is that of the audio, so the lines are those of the part that plays."""
    songs = stage.simulator.world.catalogue.songs.values()
    shell = Shell(stage.music.target, {"PATH": f"{players}:/usr/bin:/bin"})
    for song in songs:
        if song.playable and song.duration_ms < 60_000:
            ran = await shell("play", song.id, "--lyrics", "--json")
            lines = [each for each in ran.records if each["event"] == "line"]
            if lines:
                break
    assert ran.code == 0
    starts = [line["start_offset"] for line in lines]
    assert starts == sorted(starts)
