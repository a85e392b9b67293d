"""The command changes things: the library, playlists, favorites, accounts; and signs in."""

import io
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from applemusic.cli.exits import Exit
from applemusic_simulator.accounts import Account
from tests.support.library_stage import fresh_songs
from tests.support.stage import Stage
from tests.support.terminal import Screen, Shell

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def shell(stage: Stage) -> Shell:
    return Shell(stage.music.target)


async def test_the_library_grows_and_shrinks(stage: Stage, shell: Shell) -> None:
    one, other = (f"song:{song.id}" for song in fresh_songs(stage, 2))
    assert await shell.done("library", "add", one) == "Added 1 item to the library.\n"
    ran = await shell("library", "add", other, "song:424242")
    assert (ran.code, ran.out) == (Exit.PARTLY, "Added 1 item to the library.\n")
    assert ran.err == "Apple could not add 424242.\n"
    ran = await shell("library", "add", "song:424242", "--json")
    assert (ran.code, json.loads(ran.out)["refused_ids"]) == (Exit.REFUSED, ["424242"])

    shown = (await shell("show", one, "--full", "--json")).json
    mine = shown["library_id"]
    assert mine
    asked = await shell("library", "remove", mine)
    assert asked.code == Exit.USAGE
    assert "--yes" in asked.err
    assert await shell.done("library", "remove", mine, "--yes") == (
        "Removed 1 item from the library.\n"
    )
    ran = await shell("library", "remove", mine, "-y")
    assert ran.code in {Exit.REFUSED, Exit.DONE}


async def test_somebody_is_asked(stage: Stage) -> None:
    song = fresh_songs(stage, 1)[0]
    no = Shell(stage.music.target, input=Screen("n\n"))
    assert (await no("library", "add", f"song:{song.id}")).code == 0
    mine = (await no("show", f"song:{song.id}", "--full", "--json")).json["library_id"]
    ran = await no("library", "remove", mine)
    assert (ran.code, ran.out) == (Exit.FAILED, "")
    assert ran.err.startswith("Remove 1 item from the library? [y/N] ")
    assert "Nothing was changed" in ran.err
    yes = Shell(stage.music.target, input=Screen("Y\n"))
    assert (await yes("library", "remove", mine)).code == 0


async def test_a_sync_and_what_changed_since(stage: Stage, shell: Shell, tmp_path: Path) -> None:
    state = str(tmp_path / "library.sync")
    ran = await shell("library", "sync", "--json", "--tracks", "--state", state)
    assert (ran.code, ran.err) == (0, "")
    kinds = {record["change"] for record in ran.records}
    assert {"upsert", "playlist_tracks", "checkpoint"} <= kinds
    songs = [each for each in ran.records if each.get("resource", {}).get("type") == "song"]
    library = stage.simulator.world.libraries.of("demo")
    assert {each["resource"]["id"] for each in songs} == {song.id for song in library.songs()}

    same = await shell.done("library", "sync", "--tracks", "--state", state)
    assert same == "Nothing has changed.\n"
    song = fresh_songs(stage, 1)[0]
    await shell.done("library", "add", f"song:{song.id}")
    changed = await shell.done("library", "sync", "--tracks", "--state", state)
    assert "Songs         1 new or changed" in changed
    ran = await shell("library", "sync", "--type", "song", "--state", state)
    assert ran.code == Exit.ACT
    assert "--restart" in ran.err
    everything = await shell.done(
        "library", "sync", "--type", "song", "--state", state, "--restart"
    )
    assert "read" in everything
    moving = Shell(stage.music.target, screen=True, width=80)
    assert "\r\x1b[Kartists: 15 of 15\r\x1b[K" in (await moving("library", "sync")).err


async def test_a_playlist_from_its_making_to_its_end(stage: Stage, shell: Shell) -> None:
    songs = [f"song:{song.id}" for song in fresh_songs(stage, 3)]
    made = (await shell("playlists", "create", "Regen 雨", *songs[:2], "--json")).json
    playlist = made["id"]
    assert "Regen 雨" in await shell.done("playlists")
    assert await shell.done("playlists", "add", playlist, songs[2]) == "Added 1 track.\n"

    async def names() -> list[str]:
        shown = (await shell("playlists", "show", playlist, "--json")).json
        return [track["name"] for track in shown["tracks"]]

    before = await names()
    assert len(before) == 3
    assert await shell.done("playlists", "move", playlist, "3", "1") == "Moved 1 track.\n"
    assert await names() == [before[2], before[0], before[1]]
    removed = await shell.done("playlists", "remove", playlist, "--position", "1")
    assert removed == "Removed 1 track.\n"
    assert await names() == before[:2]
    assert (await shell("playlists", "remove", playlist)).code == Exit.USAGE
    said = await shell.done("playlists", "rename", playlist, "Sonne")
    assert said == "It is called “Sonne” now.\n"
    assert "Sonne" in await shell.done("playlists", "list")
    assert (await shell("playlists", "delete", playlist)).code == Exit.USAGE
    assert await shell.done("playlists", "delete", playlist, "--yes") == "Deleted.\n"
    assert "Sonne" not in await shell.done("playlists")
    wrong = await shell("playlists", "rename", songs[0], "x")
    assert wrong.code == Exit.USAGE
    assert "`applemusic playlists`" in wrong.err


async def test_opinions(stage: Stage, shell: Shell) -> None:
    song, artist = f"song:{stage.song.id}", f"artist:{stage.song.artist_id}"
    assert await shell.done("favorites", "add", song, artist) == "Favorites now: 2 items.\n"
    states = (await shell("favorites", "check", song, artist, "--json")).json["items"]
    assert [each["state"] for each in states] == ["favorite", "favorite"]
    assert await shell.done("favorites", "dislike", song) == "Disliked now: 1 item.\n"
    assert "disliked" in await shell.done("favorites", "check", song)
    assert await shell.done("favorites", "remove", song, artist) == "Took it back for 2 items.\n"
    assert "none" in await shell.done("favorites", "check", song)
    assert (await shell("favorites", "add", "song:424242")).code == Exit.REFUSED
    assert (await shell("favorites", "--json")).json["items"]
    assert "Title" in await shell.done("favorites", "list", "--all")


async def test_accounts_come_and_go(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of(signed_in=False) as stage:
        shell = Shell(stage.music.target)
        token = tmp_path / "token"
        token.write_text(stage.simulator.music_user_token())
        said = await shell.done("sign-in", "--account", "anna", "--token-file", str(token))
        assert said == "Signed in: anna, storefront us.\n"
        stage.simulator.world.accounts.add(Account("kid"))
        by_hand = Shell(
            stage.music.target, input=io.StringIO(stage.simulator.music_user_token("kid"))
        )
        ran = await by_hand("sign-in", "--account", "kid", "--token-file", "-", "--json")
        assert ran.json["id"] == "kid"

        ran = await shell("library", "songs")
        assert ran.code == Exit.USAGE
        assert "--account" in ran.err
        assert (await shell("library", "songs", "--account", "anna")).code == 0
        assert "kid" in await shell.done("accounts")
        ran = await shell("doctor")
        assert "none is named" in ran.out
        assert (await shell("accounts", "renew", "anna")).code in {Exit.DONE, Exit.SIGN_IN}
        assert await shell.done("accounts", "sign-out", "kid", "--yes") == "Signed kid out.\n"
        ran = await shell("accounts", "sign-out", "kid", "--yes")
        assert (ran.code, ran.out) == (Exit.SIGN_IN, "")  # a slip of the pen is not "done"
        assert "no account" in ran.err
        ran = await shell("accounts", "--json")
        assert [each["id"] for each in ran.json["items"]] == ["anna"]
