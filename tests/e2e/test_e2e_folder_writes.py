"""Folders of playlists made, renamed, moved and deleted, at an Apple that is slow."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from applemusic import errors
from applemusic.models import ResourceRef
from applemusic.v1 import library_service_pb2 as pb
from tests.e2e.conftest import SetUp
from tests.support.library_stage import (
    FOLDER,
    PLAYLIST,
    SONG,
    asked,
    delay,
    fresh_songs,
    library_of,
    listed,
    new_time,
    playlist_named,
    refuse,
    removals,
    synced,
    until,
    upserts,
)
from tests.support.stage import Stage


async def children(stage: Stage, folder_id: str = "") -> set[str]:
    found = await listed(stage.music.library.folder_children(folder_id))
    assert len({each.id for each in found}) == len(found)
    assert all(each.parent_folder_id == folder_id for each in found)
    return {each.id for each in found}


def folder_named(stage: Stage, name: str) -> Any:
    (found,) = [each for each in library_of(stage).shelf.folders.values() if each.name == name]
    return found


async def test_folders_are_made_filled_renamed_and_moved_at_once(stage: Stage) -> None:
    delay(stage, 18.0)
    library = stage.music.library
    _, token = await synced(stage, types=[FOLDER, PLAYLIST])
    outer = await library.create_playlist_folder("Outer")
    inner = await library.create_playlist_folder("Inner", parent_folder_id=outer.id)
    made = await library.create_playlist("Inside", parent_folder_id=inner.id)
    road = playlist_named(stage, "Road Trip")
    await library.move_to_playlist_folder(ResourceRef(PLAYLIST, road.id), inner.id)
    renamed = await library.rename_playlist_folder(inner.id, "Within")
    assert (renamed.id, renamed.name, renamed.parent_folder_id) == (inner.id, "Within", outer.id)
    assert outer.id not in library_of(stage).shelf.folders
    assert await children(stage, inner.id) == {made.id, road.id}
    assert await children(stage, outer.id) == {inner.id}
    top = await children(stage)
    assert outer.id in top
    assert road.id not in top
    (shown,) = await listed(library.folder_children(outer.id))
    assert shown.name == "Within"
    (found,) = (await library.batch_get([ResourceRef(FOLDER, inner.id)])).items
    assert getattr(found, "name", "") == "Within"
    changes, token = await synced(stage, token, types=[FOLDER, PLAYLIST])
    told = {each.id: (each.name, each.parent_folder_id) for each in upserts(changes)}
    assert told == {
        outer.id: ("Outer", ""),
        inner.id: ("Within", outer.id),
        made.id: ("Inside", inner.id),
        road.id: ("Road Trip", inner.id),
    }
    await library.move_to_playlist_folder(ResourceRef(FOLDER, inner.id))
    assert await children(stage, outer.id) == set()
    assert inner.id in await children(stage)
    stage.simulator.world.clock.advance(19)
    assert await children(stage, inner.id) == {made.id, road.id}
    assert inner.id in await children(stage)
    changes, _ = await synced(stage, token, types=[FOLDER, PLAYLIST])
    assert not removals(changes)
    assert folder_named(stage, "Within").parent == "p.playlistsroot"


@pytest.mark.parametrize("seconds", [0.0, 18.0])
async def test_what_a_deleted_folder_held_moves_up(stage: Stage, seconds: float) -> None:
    delay(stage, seconds)
    moods, late = folder_named(stage, "Moods"), folder_named(stage, "Late")
    inside = {each.id for each in library_of(stage).shelf.children(late.id)}
    assert inside
    running = asyncio.create_task(stage.music.library.delete_playlist_folder(late.id))
    if seconds:
        world = stage.simulator.world
        await until(lambda: world.libraries.waiting("demo") == len(inside))
        world.clock.advance(seconds + 1)
    await running
    await stage.music.library.delete_playlist_folder(late.id)
    assert inside <= await children(stage, moods.id)
    assert late.id not in await children(stage, moods.id)
    with pytest.raises(errors.ResourceNotFoundError):
        await children(stage, late.id)
    stage.simulator.world.clock.advance(seconds + 1)
    assert late.id not in library_of(stage).shelf.folders
    assert inside <= {each.id for each in library_of(stage).shelf.children(moods.id)}


async def test_nothing_is_deleted_that_apple_does_not_show_empty(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 1000.0)
        late = folder_named(stage, "Late")
        held = len(library_of(stage).shelf.children(late.id))
        running = asyncio.create_task(stage.music.library.delete_playlist_folder(late.id))
        await until(lambda: stage.simulator.world.libraries.waiting("demo") == held)

        def waited() -> bool:
            time.clock.advance(1)  # Each try waits for 20 s, and the client tries four times.
            return running.done()

        await until(waited)
        with pytest.raises(errors.UpstreamUnavailableError):
            await running
        stage.simulator.world.clock.advance(1001)
        assert late.id in library_of(stage).shelf.folders


async def test_moving_is_idempotent_and_never_makes_a_circle(stage: Stage) -> None:
    library = stage.music.library
    moods, late = folder_named(stage, "Moods"), folder_named(stage, "Late")
    road = ResourceRef(PLAYLIST, playlist_named(stage, "Road Trip").id)
    for _ in range(2):
        await library.move_to_playlist_folder(road, late.id)
    for target in (moods.id, late.id):
        with pytest.raises(errors.InvalidFieldError):
            await library.move_to_playlist_folder(ResourceRef(FOLDER, moods.id), target)
    for work in (
        library.move_to_playlist_folder(road, "p.nothing"),
        library.move_to_playlist_folder(ResourceRef(PLAYLIST, "p.nothing")),
        library.rename_playlist_folder("p.nothing", "X"),
        library.create_playlist_folder("X", parent_folder_id="p.nothing"),
    ):
        with pytest.raises(errors.ResourceNotFoundError):
            await work
    for bad in (
        library.move_to_playlist_folder(ResourceRef(SONG, "i.1")),
        library.rename_playlist_folder(moods.id, " "),
        library.create_playlist_folder(""),
        library.delete_playlist_folder("p.playlistsroot"),
    ):
        with pytest.raises(errors.InvalidFieldError):
            await bad
    await library.delete_playlist_folder("p.nothing")
    # Others' playlists cannot be changed, and can be put somewhere.
    foreign = playlist_named(stage, "Ottilie's Car")
    await library.move_to_playlist_folder(ResourceRef(PLAYLIST, foreign.id), moods.id)
    assert foreign.parent == moods.id


async def test_refused_moves_delete_nothing(stage: Stage) -> None:
    late = folder_named(stage, "Late")
    refuse(stage, move="403")
    for work in (
        stage.music.library.delete_playlist_folder(late.id),
        stage.music.library.move_to_playlist_folder(ResourceRef(FOLDER, late.id)),
    ):
        with pytest.raises(errors.CapabilityRefusedError) as caught:
            await work
        assert caught.value.metadata["capability"] == "playlist_edit"
    assert late.id in library_of(stage).shelf.folders
    info = await stage.music.server.info()
    assert info.capabilities
    assert not info.capabilities.playlist_edit
    # What Apple does not refuse goes on working.
    await stage.music.library.rename_playlist_folder(late.id, "Later")


@pytest.mark.parametrize("kind", ["cut", "reset"])
async def test_a_lost_folder_is_made_once(stage_of: SetUp, kind: str) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 2.0)
        create = stage.music.library._calls.stubs.library.CreatePlaylistFolder
        wanted = pb.CreatePlaylistFolderRequest(name="Lost", request_id=str(uuid4()))
        stage.fault("api", kind, after_bytes=5, subject="library/playlist-folders")
        first = asyncio.ensure_future(create(wanted))
        await until(lambda: not stage.simulator.world.conditions.faults)
        stage.simulator.world.clock.advance(3)
        if kind == "reset":
            # Listed once before, and once to see whether it was made.
            await until(lambda: asked(stage, "playlistsroot/children") > 1)
            time.clock.advance(21)
        made = await first
        stage.simulator.world.clock.advance(3)
        assert folder_named(stage, "Lost").id == made.folder.id
        assert (await create(wanted)).folder.id == made.folder.id


async def test_a_cancelled_create_is_found_again_by_its_name(stage_of: SetUp) -> None:
    time = new_time()
    async with stage_of(clock=time) as stage:
        delay(stage, 10.0)
        create = stage.music.library._calls.stubs.library.CreatePlaylist
        songs = fresh_songs(stage, 1)
        wanted = pb.CreatePlaylistRequest(name="Gave Up", request_id=str(uuid4()))
        wanted.tracks.add(type=1, id=songs[0].id)
        stage.fault("api", "cut", after_bytes=5, subject="library/playlists")
        first = create(wanted)
        pending = asyncio.ensure_future(first)
        await until(lambda: not stage.simulator.world.conditions.faults)
        first.cancel()
        await asyncio.gather(pending, return_exceptions=True)
        stage.simulator.world.clock.advance(11)
        second = await create(wanted)
        assert playlist_named(stage, "Gave Up").id == second.playlist.id
