"""Playlists made, changed, filled, reordered, emptied and deleted at an Apple that is slow."""

import asyncio
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from applemusic import errors
from applemusic.models import Playlist, ResourceRef, ResourceType
from applemusic.models.sync import SyncPlaylistTracks
from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_simulator.accounts import Account
from tests.e2e.conftest import SetUp
from tests.support.library_stage import (
    PLAYLIST,
    SONG,
    asked,
    delay,
    fresh_songs,
    library_of,
    listed,
    names_of,
    new_time,
    playlist_named,
    refuse,
    removals,
    synced,
    track_names,
    until,
    upserts,
)
from tests.support.stage import Stage


def tracks_in(changes: list[Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for each in changes:
        if isinstance(each, SyncPlaylistTracks):
            refs: list[Any] = list(each.tracks)
            found.setdefault(each.playlist_id, []).extend(ref.name for ref in refs)
    return found


async def test_a_new_playlist_is_in_every_read_at_once(stage: Stage) -> None:
    delay(stage, 18.0)
    library, songs = stage.music.library, fresh_songs(stage, 4)
    _, token = await synced(stage, include_playlist_tracks=True)
    made = await library.create_playlist("Rainy Days", description="For tea.", tracks=songs)
    assert made.id.startswith("p.")
    assert made.editable
    assert not library_of(stage).shelf.playlists.get(made.id)
    assert made.id in {each.id for each in await listed(library.playlists())}
    assert made.id in {each.id for each in await listed(library.folder_children())}
    assert made.id in {each.id for each in await listed(library.recently_added())}
    (found,) = (await library.batch_get([ResourceRef(PLAYLIST, made.id)])).items
    assert isinstance(found, Playlist)
    assert found.description
    assert (found.name, found.description.standard) == ("Rainy Days", "For tea.")
    hits = await library.search("rainy days")
    assert [each.id for each in hits.playlists] == [made.id]
    assert await track_names(stage, made.id, page_size=3) == names_of(stage, songs)
    changes, token = await synced(stage, token, include_playlist_tracks=True)
    told = upserts(changes)
    assert [each.id for each in told] == [made.id]
    assert tracks_in(changes) == {made.id: names_of(stage, songs)}
    stage.simulator.world.clock.advance(19)
    assert [each.id for each in await listed(library.playlists())].count(made.id) == 1
    assert await track_names(stage, made.id) == names_of(stage, songs)
    changes, _ = await synced(stage, token, include_playlist_tracks=True)
    assert not removals(changes)


async def test_changes_follow_one_another_before_apple_shows_the_first(stage: Stage) -> None:
    delay(stage, 18.0)
    library, songs = stage.music.library, fresh_songs(stage, 5)
    names = names_of(stage, songs)
    made = await library.create_playlist("Draft", tracks=songs[:2])
    await library.add_playlist_tracks(made.id, songs[2:4])
    await library.update_playlist(made.id, name="Final", description="Now.", public=True)
    await library.move_playlist_tracks(made.id, start_index=3, target_index=0)
    assert await track_names(stage, made.id) == [names[3], *names[:3]]
    assert await library.remove_playlist_tracks(made.id, track_ids=[songs[1].id]) == 1
    assert await track_names(stage, made.id) == [names[3], names[0], names[2]]
    assert await library.remove_playlist_tracks(made.id, positions=[0, 2]) == 2
    await library.add_playlist_tracks(made.id, [songs[4]])
    wanted = [names[0], names[4]]
    assert await track_names(stage, made.id) == wanted
    (found,) = [each for each in await listed(library.playlists()) if each.id == made.id]
    assert found.description
    assert (found.name, found.public, found.description.standard) == ("Final", True, "Now.")
    assert not (await library.search("draft")).playlists
    stage.simulator.world.clock.advance(19)
    kept = playlist_named(stage, "Final")
    assert kept.id == made.id
    assert [row.removeprefix("a.") for row in kept.rows] == [songs[0].id, songs[4].id]
    assert await track_names(stage, made.id) == wanted


@pytest.mark.parametrize("seconds", [0.0, 18.0])
async def test_tracks_are_appended_removed_moved_and_replaced(stage: Stage, seconds: float) -> None:
    delay(stage, seconds)
    library = stage.music.library
    kitchen = playlist_named(stage, "Queue for the Kitchen")
    before = await track_names(stage, kitchen.id)
    songs = fresh_songs(stage, 3)
    names = names_of(stage, songs)
    assert await library.add_playlist_tracks(kitchen.id, [*songs, ResourceRef(SONG, "999")]) == (
        "999",
    )
    assert await track_names(stage, kitchen.id, page_size=50) == before + names
    assert await track_names(stage, kitchen.id, page_size=100) == before + names
    last = len(before) + 2
    await library.move_playlist_tracks(kitchen.id, start_index=last, target_index=1)
    moved = [before[0], names[2], *before[1:], *names[:2]]
    assert await track_names(stage, kitchen.id) == moved
    assert await library.remove_playlist_tracks(kitchen.id, positions=[1, last]) == 2
    assert await track_names(stage, kitchen.id) == [*before, names[0]]
    assert await library.replace_playlist_tracks(kitchen.id, songs[::-1]) == ()
    assert await track_names(stage, kitchen.id) == names[::-1]
    assert await library.replace_playlist_tracks(kitchen.id, []) == ()
    assert await track_names(stage, kitchen.id) == []
    stage.simulator.world.clock.advance(seconds + 1)
    assert playlist_named(stage, "Queue for the Kitchen").rows == []


async def test_every_copy_of_a_track_goes_by_id_and_one_by_position(stage: Stage) -> None:
    library, (one, two) = stage.music.library, fresh_songs(stage, 2)
    first, second = names_of(stage, [one, two])
    made = await library.create_playlist("Copies", tracks=[one, two, one, one])
    assert await track_names(stage, made.id) == [first, second, first, first]
    assert await library.remove_playlist_tracks(made.id, positions=[2]) == 1
    assert await track_names(stage, made.id) == [first, second, first]
    for count in (2, 0):
        assert await library.remove_playlist_tracks(made.id, track_ids=[one.id]) == count
    assert await track_names(stage, made.id) == [second]
    assert len(playlist_named(stage, "Copies").rows) == 1


async def test_duplicates_are_left_out_when_asked(stage: Stage) -> None:
    library, songs = stage.music.library, fresh_songs(stage, 3)
    made = await library.create_playlist("Once", tracks=songs[:1])
    for _ in range(2):
        await library.add_playlist_tracks(made.id, [*songs, songs[2]], skip_duplicates=True)
    assert await track_names(stage, made.id) == names_of(stage, songs)


async def test_own_library_songs_go_in_by_their_ids(stage: Stage) -> None:
    library = stage.music.library
    songs = await listed(library.songs())
    upload = next(each for each in songs if each.availability.name == "UPLOADED")
    known = next(each for each in songs if each.availability.name == "CATALOG")
    made = await library.create_playlist("Mine", tracks=[upload, known])
    rows = await listed(library.playlist_tracks(made.id))
    assert [each.id for each in rows] == [upload.id, known.id]
    assert await library.remove_playlist_tracks(made.id, track_ids=[known.catalog_id]) == 1
    assert playlist_named(stage, "Mine").rows == [upload.id]


async def test_a_deleted_playlist_is_gone_at_once(stage: Stage) -> None:
    delay(stage, 18.0)
    library, gone = stage.music.library, playlist_named(stage, "Road Trip")
    _, token = await synced(stage, types=[PLAYLIST])
    for _ in range(2):
        await library.delete_playlist(gone.id)
    assert gone.id in library_of(stage).shelf.playlists
    assert gone.id not in {each.id for each in await listed(library.playlists())}
    assert gone.id not in {each.id for each in await listed(library.folder_children())}
    with pytest.raises(errors.ResourceNotFoundError):
        await track_names(stage, gone.id)
    with pytest.raises(errors.ResourceNotFoundError):
        await library.add_playlist_tracks(gone.id, fresh_songs(stage, 1))
    changes, _ = await synced(stage, token, types=[PLAYLIST])
    gone_ids = removals(changes)
    assert gone_ids == [gone.id]
    stage.simulator.world.clock.advance(19)
    assert gone.id not in library_of(stage).shelf.playlists


def request(name: str, request_id: str, songs: list[ResourceRef]) -> pb.CreatePlaylistRequest:
    kind = media_pb2.RESOURCE_TYPE_SONG
    refs = [media_pb2.ResourceRef(type=kind, id=each.id) for each in songs]
    return pb.CreatePlaylistRequest(name=name, tracks=refs, request_id=request_id)


@pytest.mark.parametrize("seconds", [0.0, 18.0])
async def test_a_repeated_create_makes_one_playlist(stage: Stage, seconds: float) -> None:
    delay(stage, seconds)
    create = stage.music.library._calls.stubs.library.CreatePlaylist
    wanted = request("Only One", str(uuid4()), fresh_songs(stage, 2))
    first, second = await asyncio.gather(create(wanted), create(wanted))
    third = await create(wanted)
    assert first.playlist.id == second.playlist.id == third.playlist.id
    stage.simulator.world.clock.advance(seconds + 1)
    assert playlist_named(stage, "Only One").id == first.playlist.id
    other = await create(request("Only One", str(uuid4()), []))
    assert other.playlist.id != first.playlist.id
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.library._calls.unary(create, request("Other", wanted.request_id, []))


async def test_a_create_whose_answer_is_lost_makes_one_playlist(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 18.0)
        songs = fresh_songs(stage, 2)
        stage.fault("api", "cut", after_bytes=10, subject="library/playlists")
        making = asyncio.create_task(stage.music.library.create_playlist("Lost", tracks=songs))
        await until(lambda: not stage.simulator.world.conditions.faults)
        stage.simulator.world.clock.advance(19)
        made = await making
        assert playlist_named(stage, "Lost").id == made.id
        assert await track_names(stage, made.id) == names_of(stage, songs)


async def test_a_create_that_never_arrived_is_sent_again(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        stage.fault("api", "reset", subject="library/playlists")
        making = asyncio.create_task(stage.music.library.create_playlist("Twice Sent"))
        await until(lambda: not stage.simulator.world.conditions.faults)
        await until(lambda: asked(stage, "recently-added") > 1)
        time.clock.advance(21)
        made = await making
        assert playlist_named(stage, "Twice Sent").id == made.id


async def test_a_create_without_a_body_finds_what_it_made(stage: Stage) -> None:
    stage.simulator.world.libraries.settings("demo").create_body = False
    old = await stage.music.library.create_playlist("Mute")
    new = await stage.music.library.create_playlist("Mute")
    assert {old.id, new.id} == {
        each.id for each in library_of(stage).shelf.playlists.values() if each.name == "Mute"
    }
    folder = await stage.music.library.create_playlist_folder("Mute Too")
    assert folder.id in library_of(stage).shelf.folders


@pytest.mark.parametrize("kind", ["cut", "reset"])
async def test_a_lost_append_is_neither_lost_nor_doubled(stage_of: SetUp, kind: str) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        library, songs = stage.music.library, fresh_songs(stage, 3)
        made = await library.create_playlist("Append", tracks=songs[:1])
        path = f"playlists/{made.id}/tracks"
        # A body of 204 cannot be cut: an answer that never comes is as good.
        fault = {"cut": ("html", {"status": 502}), "reset": ("reset", {})}[kind]
        stage.fault("api", fault[0], subject=path, **fault[1])
        adding = asyncio.create_task(library.add_playlist_tracks(made.id, songs[1:]))
        await until(lambda: not stage.simulator.world.conditions.faults)
        await until(lambda: asked(stage, path) > 2 or adding.done())
        time.clock.advance(21)
        assert await adding == ()
        rows = playlist_named(stage, "Append").rows
        assert [row.removeprefix("a.") for row in rows] == [song.id for song in songs]


async def test_playlists_made_elsewhere_are_appended_to_by_setting_them(stage: Stage) -> None:
    road = playlist_named(stage, "Road Trip")
    before = await track_names(stage, road.id)
    songs = fresh_songs(stage, 2)
    assert await stage.music.library.add_playlist_tracks(road.id, songs) == ()
    assert await track_names(stage, road.id) == before + names_of(stage, songs)
    assert len(playlist_named(stage, "Road Trip").rows) == len(before) + 2


async def test_where_setting_is_refused_they_are_not_editable(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        refuse(stage)
        road = playlist_named(stage, "Road Trip")
        adding = asyncio.create_task(
            stage.music.library.add_playlist_tracks(road.id, fresh_songs(stage, 1))
        )
        path = f"playlists/{road.id}/tracks"

        def sent(count: int) -> bool:
            return asked(stage, path, "POST") >= count

        for count in (1, 2):
            await until(partial(sent, count))
            time.clock.advance(21)
        with pytest.raises(errors.PlaylistNotEditableError):
            await adding


async def test_foreign_playlists_are_not_editable(stage: Stage) -> None:
    library, foreign = stage.music.library, playlist_named(stage, "Ottilie's Car")
    for work in (
        library.add_playlist_tracks(foreign.id, fresh_songs(stage, 1)),
        library.update_playlist(foreign.id, name="Mine now"),
        library.remove_playlist_tracks(foreign.id, positions=[0]),
        library.move_playlist_tracks(foreign.id, start_index=0, target_index=1),
        library.replace_playlist_tracks(foreign.id, []),
        library.delete_playlist(playlist_named(stage, "Favorite Songs").id),
    ):
        with pytest.raises(errors.PlaylistNotEditableError):
            await work
    await library.delete_playlist(foreign.id)
    assert foreign.id not in library_of(stage).shelf.playlists


async def test_refused_edits_say_which_capability(stage: Stage) -> None:
    library = stage.music.library
    made = await library.create_playlist("Refused", tracks=fresh_songs(stage, 3))
    refuse(stage)
    for work, capability in (
        (library.update_playlist(made.id, name="X"), "playlist_edit"),
        (library.replace_playlist_tracks(made.id, []), "playlist_edit"),
        (library.remove_playlist_tracks(made.id, positions=[0]), "playlist_edit"),
        (library.move_playlist_tracks(made.id, start_index=0, target_index=1), "playlist_edit"),
        (library.delete_playlist(made.id), "playlist_delete"),
    ):
        with pytest.raises(errors.CapabilityRefusedError) as caught:
            await work
        assert caught.value.metadata["capability"] == capability
    info = await stage.music.server.info()
    assert info.capabilities
    assert not info.capabilities.playlist_edit
    assert not info.capabilities.playlist_delete
    assert info.capabilities.playlist_create
    assert len(playlist_named(stage, "Refused").rows) == 3


@pytest.mark.parametrize("refused", ["remove_tracks", "set_tracks"])
async def test_tracks_go_out_by_the_way_that_is_open(stage: Stage, refused: str) -> None:
    library, songs = stage.music.library, fresh_songs(stage, 3)
    made = await library.create_playlist("Ways", tracks=songs)
    refuse(stage, **{refused: "403"})
    assert await library.remove_playlist_tracks(made.id, track_ids=[songs[1].id]) == 1
    assert await library.remove_playlist_tracks(made.id, positions=[0]) == 1
    assert await track_names(stage, made.id) == names_of(stage, songs[2:])
    rows = playlist_named(stage, "Ways").rows
    assert [row.removeprefix("a.") for row in rows] == [songs[2].id]


async def test_bad_requests_are_told_precisely(stage: Stage) -> None:
    library = stage.music.library
    made = await library.create_playlist("Strict", tracks=fresh_songs(stage, 2))
    for work in (
        library.create_playlist(" "),
        library.create_playlist("x" * 201),
        library.create_playlist("a\nb"),
        library.create_playlist("ok", tracks=[ResourceRef(ResourceType.ALBUM, "1")]),
        library.create_playlist("ok", tracks=[ResourceRef(SONG, "1")] * 1001),
        library.update_playlist(made.id, name=""),
        library.add_playlist_tracks(made.id, [ResourceRef(SONG, "../../x")]),
        library.remove_playlist_tracks(made.id),
        library.remove_playlist_tracks(made.id, track_ids=["1"], positions=[1]),
        library.remove_playlist_tracks(made.id, positions=[2]),
        library.remove_playlist_tracks(made.id, positions=[-1]),
        library.move_playlist_tracks(made.id, start_index=2, target_index=0),
        library.move_playlist_tracks(made.id, start_index=0, target_index=1, count=2),
        library.move_playlist_tracks(made.id, start_index=-1, target_index=0),
    ):
        with pytest.raises(errors.InvalidFieldError):
            await work
    for missing in (
        library.update_playlist("p.nothing", name="X"),
        library.replace_playlist_tracks("p.nothing", []),
        library.create_playlist("ok", parent_folder_id="p.nothing"),
    ):
        with pytest.raises(errors.ResourceNotFoundError):
            await missing
    await library.delete_playlist("p.nothing")


async def test_a_thousand_tracks_go_in_at_once(stage: Stage) -> None:
    ids = [each.id for each in stage.simulator.world.catalogue.songs.values() if each.playable]
    songs = [ResourceRef(SONG, ids[place % len(ids)]) for place in range(1000)]
    made = await stage.music.library.create_playlist("Long", tracks=songs)
    assert len(playlist_named(stage, "Long").rows) == 1000
    await stage.music.library.add_playlist_tracks(made.id, songs)
    assert len(await track_names(stage, made.id)) == 2000
    assert len(playlist_named(stage, "Long").rows) == 2000


async def test_accounts_are_apart(stage: Stage) -> None:
    music, simulator = stage.music, stage.simulator
    simulator.world.accounts.add(Account("ada"))
    await music.auth.submit_music_user_token(simulator.music_user_token("ada"), account="other")
    delay(stage, 18.0)
    mine = await music.library.create_playlist("Mine Alone", account="default")
    theirs = {each.id for each in await listed(music.library.playlists(account="other"))}
    assert mine.id not in theirs
    for work in (
        music.library.update_playlist(mine.id, name="X", account="other"),
        music.library.add_playlist_tracks(mine.id, fresh_songs(stage, 1), account="other"),
    ):
        with pytest.raises(errors.ResourceNotFoundError):
            await work
    song = (await listed(music.library.songs(account="default")))[0]
    assert await music.library.remove([ResourceRef(SONG, song.id)], account="other") == (song.id,)
    assert song.id in {each.id for each in await listed(music.library.songs(account="default"))}
    refuse(stage)
    with pytest.raises(errors.CapabilityRefusedError):
        await music.library.remove([ResourceRef(SONG, song.id)], account="default")
    info = await music.server.info(account="other")
    assert info.capabilities
    assert info.capabilities.library_remove
