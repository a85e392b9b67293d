"""The command reads: the catalog, radio, recommendations, the library, accounts, the server."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from applemusic.cli.exits import Exit
from tests.support.certificates import Authority
from tests.support.stage import Stage
from tests.support.terminal import Shell, fake_player

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def shell(stage: Stage) -> Shell:
    return Shell(stage.music.target)


async def test_finding(stage: Stage, shell: Shell) -> None:
    song = stage.song
    found = (await shell("--json", "search", "interlude")).json
    assert {"songs", "albums", "artists", "playlists"} == set(found)
    assert song.id in {each["id"] for each in found["songs"]} or len(found["songs"]) == 5
    many = (await shell("search", "interlude", "--type", "song", "--limit", "30", "--json")).json
    assert {each.id for each in stage.songs} <= {each["id"] for each in many["songs"]}
    said = await shell.done("search", "interlude", "--type", "album")
    assert said.splitlines()[:2] == ["Albums", "Title       Artist             Year  Tracks  Id"]
    nothing = await shell("search", "zzzzqqqq")
    assert (nothing.code, nothing.out) == (0, "")
    assert "Nothing is found" in nothing.err
    assert (await shell.done("search", "--suggest", "interl")).startswith("interlude")
    mine = await shell("search", "--library", "--json", "a")
    assert mine.json["songs"][0]["id"].startswith("i.")
    wrong = await shell("search", "--library", "--type", "station", "x")
    assert wrong.code == Exit.USAGE


async def test_showing(stage: Stage, shell: Shell) -> None:
    song = stage.song
    album = (await shell("show", "--json", song.album_id)).json
    assert album["type"] == "album"
    assert [track["id"] for track in album["tracks"]] == [each.id for each in stage.songs]
    same = (await shell("show", "--json", album["url"], "--no-tracks")).json
    assert same["id"] == album["id"]
    assert "tracks" not in same
    assert (await shell("show", f"song:{song.id}", "--json")).json["name"] == song.name
    said = await shell.done("show", song.id, "--full")
    assert f"Id         {song.id}" in said or f"Id          {song.id}" in said
    assert song.name in said.splitlines()[0]
    artist = (await shell("show", "--json", f"artist:{song.artist_id}")).json
    assert artist["top_songs"]
    assert artist["albums"]
    missing = await shell("show", "424242")
    assert missing.code == Exit.NOT_FOUND
    assert missing.err.startswith("applemusic: nothing has the id 424242")
    missing = await shell("--json", "show", "album:424242")
    assert missing.error["reason"] == "RESOURCE_NOT_FOUND"
    assert missing.error["exit_code"] == missing.code == Exit.NOT_FOUND
    assert missing.error["next_step"]
    strange = await shell("show", "https://example.com/x")
    assert strange.code == Exit.USAGE
    assert "UNSUPPORTED_URL" in strange.err


async def test_looking_around(stage: Stage, shell: Shell) -> None:
    charts = (await shell("browse", "charts", "--limit", "3", "--json")).json["items"]
    assert {chart["type"] for chart in charts} == {"song", "album", "playlist", "music_video"}
    assert all(len(chart["items"]) == 3 for chart in charts)
    artist = f"artist:{stage.song.artist_id}"
    for words in (
        ("browse", "genres"),
        ("browse", "storefronts", "--limit", "3"),
        ("browse", "albums", artist),
        ("browse", "songs", artist),
        ("browse", "similar", artist),
        ("browse", "related", f"song:{stage.song.id}", "station"),
        ("browse", "stations", "--list", "live"),
        ("browse", "recommendations"),
        ("recommendations", "recent"),
        ("recommendations", "tracks"),
        ("recommendations", "heavy-rotation"),
        ("recommendations", "replay"),
        ("radio", "stations"),
        ("radio", "genres"),
        ("radio", "seed", f"song:{stage.song.id}"),
    ):
        people, programs = await shell(*words), await shell(*words, "--json")
        assert (people.code, programs.code) == (0, 0), (people, programs)
        assert people.out.count("\n") >= 2, words
        assert programs.json
    groups = (await shell("recommendations", "--json")).json["items"]
    items = await shell("recommendations", "items", groups[0]["id"], "--json")
    assert items.json["items"]
    station = (await shell("radio", "stations", "--json")).json["items"][0]["id"]
    songs = (await shell("radio", "next", station, "--limit", "12", "--json")).json["items"]
    assert len({song["id"] for song in songs}) == 12
    assert (await shell("radio", "stations", "--list", "genre")).code == Exit.USAGE
    assert (await shell("radio", "next", f"song:{stage.song.id}")).code == Exit.USAGE


async def test_the_library(stage: Stage, shell: Shell) -> None:
    library = stage.simulator.world.libraries.of("demo")
    every = (await shell("library", "songs", "--all", "--json")).json
    assert {each["id"] for each in every["items"]} == {each.id for each in library.songs()}
    assert every["more"] is False
    some = await shell("library", "songs", "--limit", "2")
    assert some.out.count("\n") == 3
    assert some.err == f"The first 2 songs of {len(every['items'])}; --all shows every one.\n"
    for kind in ("albums", "artists", "playlists", "music-videos", "recent"):
        assert (await shell("library", kind)).out.count("\n") >= 2
    song = every["items"][0]
    assert song["name"] in await shell.done("show", song["id"])


async def test_a_terminal_has_a_width_and_colours(stage: Stage) -> None:
    for width in (80, 120):
        shell = Shell(stage.music.target, screen=True, width=width)
        out = (await shell("library", "songs")).out
        assert "\x1b[1mTitle" in out
        plain = Shell(stage.music.target, {"NO_COLOR": "1"}, screen=True, width=width)
        lines = (await plain("library", "songs")).out.splitlines()
        assert max(map(len, lines)) <= width
        assert not any("\x1b" in line for line in lines)
    dumb = Shell(stage.music.target, {"TERM": "dumb"}, screen=True, width=80)
    ran = await dumb("library", "songs", "--all")
    assert "\x1b" not in ran.out + ran.err
    moving = Shell(stage.music.target, screen=True, width=80)
    assert "\r\x1b[K" in (await moving("library", "songs", "--all")).err


async def test_status_and_doctor(stage: Stage, tmp_path: Path) -> None:
    fake_player(tmp_path)
    shell = Shell(stage.music.target, {"PATH": str(tmp_path)})
    said = await shell.done("status")
    assert "State            ready" in said
    assert "Works            everything" in said
    status = (await shell("status", "--json")).json
    assert status["server"]["capabilities"]["playback"] is True
    assert [each["id"] for each in status["accounts"]] == ["default"]
    ran = await shell("doctor", "--server-checks", "--json")
    checks = {check["name"]: check for check in ran.json["checks"]}
    assert checks["player"]["message"] == "mpv"
    assert {each["status"] for each in checks.values()} <= {"ok", "warning", "skipped"}
    assert "storage" in checks
    assert "connection" in (await shell("doctor")).out
    assert "default" in await shell.done("accounts")
    assert "Storefront    us" in await shell.done("accounts", "show")
    nobody = await shell("accounts", "show", "nobody")
    assert nobody.code == Exit.SIGN_IN
    assert "`applemusic accounts`" in nobody.err


async def test_where_somebody_has_to_act(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False, widevine=False) as stage:
        shell = Shell(stage.music.target)
        ran = await shell("status")
        assert ran.code == Exit.ACT
        assert "WIDEVINE_DEVICE_MISSING" in ran.out or "ACCOUNT_REQUIRED" in ran.out
        assert "Nobody is signed in" in ran.err
        ran = await shell("doctor")
        assert ran.code == Exit.ACT
        assert "FAILED" in ran.out
        ran = await shell("library", "songs")
        assert ran.code == Exit.SIGN_IN
        assert "`applemusic sign-in`" in ran.err
        ran = await shell("accounts")
        assert (ran.code, ran.out) == (0, "")


async def test_a_server_that_is_not_there() -> None:
    shell = Shell("127.0.0.1:1")
    ran = await shell("status")
    assert ran.code == Exit.UNREACHABLE
    assert "applemusic-server serve" in ran.err
    ran = await shell("doctor", "--json")
    assert ran.code == Exit.UNREACHABLE
    failed = [each for each in json.loads(ran.out)["checks"] if each["status"] == "failed"]
    assert [each["name"] for each in failed] == ["connection"]


async def test_tls_tokens_and_sockets(stage_of: SetUp, tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.identity("server", ["localhost"]).write(tmp_path, "server")
    ca, token = tmp_path / "ca.crt", tmp_path / "token"
    ca.write_bytes(authority.certificate)
    token.write_text("not-one-of-the-server\n")
    socket = tmp_path / "s"
    doors = {"require_access_token": True, "socket": socket}
    tls = {"certificate_file": certificate, "private_key_file": key}
    async with stage_of(signed_in=False, tls=tls, grpc=doors) as stage:
        port = stage.server.grpc_port
        shell = Shell(f"127.0.0.1:{port}")
        trusting = ("--ca-file", str(ca), "--tls-name", "localhost")
        ran = await shell("search", "x", *trusting)
        assert ran.code == Exit.ACCESS
        assert "--access-token-file" in ran.err
        ran = await shell(*trusting, "--access-token-file", str(token), "search", "x")
        assert ran.code == Exit.ACCESS
        assert "ACCESS_TOKEN_INVALID" in ran.err
        assert "not-one-of" not in ran.err
        ran = await shell("search", "x", "--tls")
        assert ran.code == Exit.UNREACHABLE
        assert "--ca-file" in ran.err
        ran = await shell("search", "x")
        assert (ran.code, "--tls" in ran.err) == (Exit.UNREACHABLE, True)

        said = (await shell("doctor", *trusting)).out
        assert "trusted, until" in said
        assert "FAILED   server" in said
        ran = await shell("doctor", "--ca-file", str(ca))
        assert ran.code == Exit.UNREACHABLE
        assert "--tls-name" in ran.out
        ran = await shell("doctor", "--tls")
        assert "--ca-file" in ran.out
        ran = await shell("search", "x", "--socket", str(socket))
        assert ran.code in {Exit.ACCESS, Exit.DONE}


async def test_variables_and_options_by_the_real_program(stage: Stage, tmp_path: Path) -> None:
    """The entry point, its environment, and which word counts."""
    program = Path(sys.executable).parent / "applemusic"
    here, nowhere = stage.music.target, "127.0.0.1:1"

    async def run(*arguments: str, server: str) -> tuple[int | None, str]:
        process = await asyncio.create_subprocess_exec(
            program,
            *arguments,
            env={**os.environ, "APPLEMUSIC_SERVER": server},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=tmp_path,
        )
        out, err = await process.communicate()
        assert (b"Traceback" in err) is False, err
        return process.returncode, out.decode()

    for words, server in (
        (("accounts",), here),
        (("--server", here, "accounts"), nowhere),
        (("--server", nowhere, "accounts", "--server", here), nowhere),
    ):
        code, out = await run(*words, server=server)
        assert (code, out.count("default")) == (0, 1), words
    code, out = await run("accounts", "--json", server=here)
    assert json.loads(out)["items"][0]["id"] == "default"
