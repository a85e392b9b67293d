"""Syncs of a library in memory: what is sent, when, and what a token is good for."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from cryptography.fernet import Fernet

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.resources import ReadOptions, ResourceType
from applemusic_server.domain.sync import (
    Checkpoint,
    PlaylistTracks,
    Progress,
    Removal,
    SyncRequest,
    Upsert,
)
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import Database
from applemusic_server.storage.token_cipher import TokenCipher
from tests.support.library import Copy, SyncStage

SONG, PLAYLIST = ResourceType.SONG, ResourceType.PLAYLIST
FOLDER = ResourceType.PLAYLIST_FOLDER


def fill(stage: SyncStage, songs: int = 20) -> None:
    for _ in range(songs):
        stage.library.add(SONG)
    for what in (ResourceType.ALBUM, ResourceType.ARTIST, ResourceType.MUSIC_VIDEO, FOLDER):
        stage.library.add(what)
    for count in range(4):
        stage.library.add(PLAYLIST)
        stage.library.set_tracks(0, [f"i.{number}" for number in range(count)])


async def refused(work: Awaitable[object]) -> AppleMusicError:
    with pytest.raises(AppleMusicError) as caught:
        await work
    return caught.value


async def test_a_first_sync_sends_everything(stage: SyncStage) -> None:
    fill(stage)

    copy = await stage.run(Copy())

    assert copy.complete
    assert copy.items == stage.library.content()
    assert copy.tracks == stage.library.tracks
    assert not copy.changes(Removal)
    assert isinstance(copy.heard[-1], Checkpoint)
    assert [change.complete for change in copy.changes(Checkpoint)].count(True) == 1
    assert stage.syncs.ended == ["complete"]
    assert stage.syncs.most_pending > 0
    last = {change.type: change for change in copy.changes(Progress)}
    assert (last[SONG].done_count, last[SONG].total_count) == (20, 20)


async def test_with_nothing_changed_nothing_is_sent_or_even_parsed(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    stage.library.pages_read = stage.library.unread = 0
    stage.library.tracks_read.clear()

    await stage.run(copy)

    assert {type(change) for change in copy.heard} == {Progress, Checkpoint}
    # Folders and playlists are always looked at: what holds them is not written on them.
    lists = {what: len(items) for what, items in stage.library.items.items()}
    playlist_pages = -(-lists[PLAYLIST] // 3)
    assert stage.library.unread == stage.library.pages_read - playlist_pages
    assert not stage.library.tracks_read
    assert not stage.library.fetched


async def test_changes_additions_and_removals(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    stage.library.add(SONG, "New")
    stage.library.rename(SONG, 7, "Renamed")
    gone = stage.library.items[SONG][12]
    stage.library.remove(SONG, 12)
    stage.library.remove(PLAYLIST, 1)
    stage.library.set_tracks(0, ["i.9", "i.8"])

    await stage.run(copy)

    assert copy.items == stage.library.content()
    assert copy.tracks == stage.library.tracks
    songs = [change.resource.name for change in copy.changes(Upsert)]
    assert sorted(songs)[:2] == ["New", stage.library.items[PLAYLIST][0].name]
    assert len(songs) == 3
    removals = {change.resource.id: change.resource.name for change in copy.changes(Removal)}
    assert removals[gone.id] == gone.name
    assert len(removals) == 2
    assert [change.playlist_id for change in copy.changes(PlaylistTracks)] == [
        stage.library.items[PLAYLIST][0].id
    ]


async def test_two_callers_know_nothing_of_each_other(stage: SyncStage) -> None:
    fill(stage)
    often, seldom = await stage.run(Copy()), await stage.run(Copy())
    for number in range(4):
        stage.library.add(SONG, f"New {number}")
        stage.library.remove(SONG, 5)
        await stage.run(often)
        assert often.items == stage.library.content()
    await stage.run(seldom)
    assert seldom.items == stage.library.content()
    assert len(seldom.changes(Upsert)) == 4
    assert len(seldom.changes(Removal)) == 4
    await stage.run(seldom)
    await stage.run(often)
    assert not seldom.changes(Upsert)
    assert not often.changes(Upsert)


async def test_a_token_can_be_used_twice(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    token, items = copy.token, dict(copy.items)
    stage.library.add(SONG)
    await stage.run(copy)
    again = await stage.run(Copy(items=items, token=token))
    assert again.items == stage.library.content()


@pytest.mark.parametrize("stop_after", range(1, 60, 4))
async def test_an_interrupted_sync_goes_on(stage: SyncStage, stop_after: int) -> None:
    fill(stage)
    copy = await stage.run(Copy(), stop_after=stop_after)
    interrupted = not copy.complete
    before = stage.library.pages_read
    await stage.run(copy)
    assert copy.complete
    assert copy.items == stage.library.content()
    assert copy.tracks == stage.library.tracks
    if interrupted and stop_after > 30:
        assert stage.library.pages_read - before < before
    assert stage.syncs.ended[0] == ("cancelled" if interrupted else "complete")


async def test_what_was_removed_meanwhile_is_told_after_going_on(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    stage.library.rename(SONG, 2, "Renamed")
    await stage.run(copy, stop_after=12)
    assert not copy.complete
    stage.library.remove(SONG, 1)
    await stage.run(copy)
    assert copy.items == stage.library.content()


def on_page(stage: SyncStage, number: int, change: Callable[[], None]) -> None:
    """Change the library before a page is handed out."""
    reads = iter(range(1, 1000))

    def before_page() -> None:
        if next(reads) == number:
            change()

    stage.library.before_page = before_page


async def test_what_moves_while_it_is_read_is_not_taken_for_removed(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy(), types=(SONG,))
    songs = stage.library.items[SONG]
    # The first becomes the last: all move up by one, and one slips past the reading.
    on_page(stage, 4, lambda: songs.append(songs.pop(0)))

    await stage.run(copy, types=(SONG,))

    assert stage.library.fetched
    assert not copy.changes(Removal)
    assert {key: item for key, item in stage.library.content().items() if key[0] is SONG} == (
        copy.items
    )


async def test_a_list_that_shrinks_while_it_is_read_is_read_again(stage: SyncStage) -> None:
    fill(stage)
    on_page(stage, 4, lambda: stage.library.remove(SONG, 0))

    copy = await stage.run(Copy(), types=(SONG,))

    there = {key for key in stage.library.content() if key[0] is SONG}
    assert len(copy.items.keys() - there) == 1
    assert copy.items.keys() >= there
    await stage.run(copy, types=(SONG,))
    assert copy.items.keys() == there


async def test_a_truncated_list_is_an_error_and_no_removal(stage: SyncStage) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    token = copy.token
    stage.library.remove(SONG, 0)
    stage.library.failures = [UnavailableError(Reason.UPSTREAM_LIST_TRUNCATED, "cut")]
    error = await refused(stage.run(copy))
    assert error.reason is Reason.UPSTREAM_LIST_TRUNCATED
    assert not copy.changes(Removal)
    assert stage.syncs.ended[-1] == "failed"
    copy.token = token
    await stage.run(copy)
    assert copy.items == stage.library.content()


async def test_a_slow_caller_stops_the_reading(stage: SyncStage) -> None:
    fill(stage, songs=300)
    request = SyncRequest("anna", types=(SONG,))
    changes = stage.sync.sync(request)
    await anext(changes)
    for _ in range(50):
        await asyncio.sleep(0)
    read = stage.library.pages_read
    assert read <= 5
    await changes.aclose()
    assert stage.library.pages_read == read


@pytest.mark.parametrize(
    "change",
    [
        {"account": "berta"},
        {"types": (SONG,)},
        {"include_playlist_tracks": False},
        {"options": ReadOptions(language="en")},
        {"options": ReadOptions(full=True)},
    ],
)
async def test_a_token_is_good_for_what_it_was_made_for(
    stage: SyncStage, change: dict[str, Any]
) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    error = await refused(stage.run(copy, **change))
    assert isinstance(error, FailedPreconditionError)
    assert error.reason is Reason.SYNC_TOKEN_INVALID


async def test_an_account_that_signed_in_anew_has_no_old_tokens(
    stage: SyncStage, database: Database
) -> None:
    fill(stage)
    copy = await stage.run(Copy())
    await DatabaseAccountStore(database, TokenCipher([Fernet.generate_key()])).delete("anna")
    assert (await refused(stage.run(copy))).reason is Reason.SYNC_TOKEN_INVALID


async def test_types_that_no_library_has(stage: SyncStage) -> None:
    error = await refused(stage.run(Copy(), types=(SONG, ResourceType.GENRE)))
    assert isinstance(error, InvalidArgumentError)
    assert error.violations[0].field == "types[1]"


async def test_a_refused_token_is_remembered(stage: SyncStage) -> None:
    refusal = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "no")
    stage.library.failures, stage.listeners.error = [refusal], refusal
    assert (await refused(stage.run(Copy()))).reason is Reason.MUSIC_USER_TOKEN_REJECTED
    assert stage.store.accounts["anna"].rejected


async def test_a_long_playlist_comes_in_several_messages(stage: SyncStage) -> None:
    stage.library.add(PLAYLIST)
    tracks = [f"i.{number}" for number in range(1203)]
    stage.library.set_tracks(0, tracks)
    copy = await stage.run(Copy())
    messages = copy.changes(PlaylistTracks)
    assert [(each.start_index, each.last) for each in messages] == [
        (0, False),
        (500, False),
        (1000, True),
    ]
    assert list(copy.tracks.values()) == [tracks]
