"""Recommendations and history from end to end."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import pytest

from applemusic import errors
from applemusic.models import Album, Artist, Playlist, Song, Station
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


async def test_groups_hold_everything_that_apple_puts_in(stage: Stage) -> None:
    groups = await stage.music.recommendations.groups().to_list()
    world = stage.simulator.world
    expected = world.social.advice.to(world.accounts["demo"])
    assert [(each.id, each.title) for each in groups] == [
        (each.id, each.title) for each in expected
    ]
    for group, truth in zip(groups, expected, strict=True):
        ids = [key for _, key in truth.contents]
        assert [item.id for item in group.items] == ids[:10]
        whole = await stage.music.recommendations.items(group.id).to_list()
        assert [item.id for item in whole] == ids
        assert all(item.name for item in whole)
        assert bool(group.next_page_token) == (len(ids) > 10)
        assert group.recently_played == (truth.kind == "recently-played")
        assert group.reason == truth.reason
        assert group.next_update_time == datetime.fromtimestamp(truth.next_update, UTC)
    kinds = {type(item) for group in groups for item in group.items}
    assert kinds == {Album, Playlist, Station}


async def test_a_group_goes_on_where_its_first_items_end(stage: Stage) -> None:
    groups = await stage.music.recommendations.groups().to_list()
    group = next(each for each in groups if each.next_page_token)
    rest = await stage.music.recommendations.items(
        group.id, page_token=group.next_page_token
    ).to_list()
    whole = await stage.music.recommendations.items(group.id).to_list()
    assert [*group.items, *rest] == whole
    with pytest.raises(errors.InvalidPageTokenError):
        await stage.music.recommendations.items(
            groups[0].id, page_token=group.next_page_token
        ).to_list()


async def test_groups_are_paged(stage: Stage) -> None:
    whole = await stage.music.recommendations.groups().to_list()
    paged = await stage.music.recommendations.groups(page_size=2).to_list()
    assert [each.id for each in paged] == [each.id for each in whole]


async def test_a_replaced_group_is_not_there_any_more(stage: Stage) -> None:
    (group, *_) = await stage.music.recommendations.groups().to_list()
    world = stage.simulator.world
    world.social.advice.rotate(world.accounts["demo"])
    with pytest.raises(errors.ResourceNotFoundError) as caught:
        await stage.music.recommendations.items(group.id).to_list()
    assert caught.value.metadata == {"resourceType": "RECOMMENDATION", "id": group.id}


async def test_a_page_larger_than_apples_is_made_of_several(stage: Stage) -> None:
    history = stage.simulator.world.social.history
    albums = list(stage.simulator.world.catalogue.albums)[:45]
    history.clear("demo")
    for number, album in enumerate(albums):
        history.add("demo", None, ("albums", album), at=1000.0 + number)
    stage.simulator.world.requests.clear()
    pages = stage.music.recommendations.recently_played(page_size=40)
    found = await pages.to_list(40)
    assert [each.id for each in found] == albums[::-1][:40]
    assert len(list(stage.simulator.world.requests)) == 4  # Apple sends 10 at once.
    assert [each.id for each in await pages.to_list()] == albums[::-1]


async def test_tracks_that_were_played_last(stage: Stage) -> None:
    world = stage.simulator.world
    expected = [key for _, key in world.social.history.recent_tracks("demo")]
    found = await stage.music.recommendations.recently_played_tracks(page_size=70).to_list()
    assert [each.id for each in found] == expected
    assert all(isinstance(each, Song) for each in found)


async def test_heavy_rotation(stage: Stage) -> None:
    world = stage.simulator.world
    expected = [key for _, key in world.social.history.heavy_rotation("demo")]
    found = await stage.music.recommendations.heavy_rotation(page_size=50).to_list()
    assert [each.id for each in found] == expected


async def test_a_listener_who_never_heard_anything(stage: Stage) -> None:
    stage.simulator.world.social.history.clear("demo")
    for pages in (
        stage.music.recommendations.recently_played(),
        stage.music.recommendations.recently_played_tracks(),
        stage.music.recommendations.heavy_rotation(),
    ):
        assert await pages.to_list() == []


@pytest.mark.parametrize("month", [0, 3])
async def test_replay_of_a_year_and_of_a_month(stage: Stage, month: int) -> None:
    world = stage.simulator.world
    year = datetime.fromtimestamp(world.clock(), UTC).year - 1
    replay = await stage.music.recommendations.replay(year=year, month=month)
    assert (replay.year, replay.month) == (year, month)
    period = world.social.replay.find(f"month-{year}-{month}" if month else f"year-{year}")
    assert period is not None
    truths = (
        (replay.top_songs, Song, world.social.replay.songs("demo", period)),
        (replay.top_albums, Album, world.social.replay.albums("demo", period)),
        (replay.top_artists, Artist, world.social.replay.artists("demo", period)),
    )
    for items, kind, truth in truths:
        assert {type(item.resource) for item in items} == {kind}
        shown = [(item.resource.id, item.play_count) for item in items if item.resource]
        assert shown == list(truth.items())[:100]
    assert (replay.playlist is not None) == (month == 0)


async def test_the_latest_replay(stage: Stage) -> None:
    replay = await stage.music.recommendations.replay()
    now = datetime.fromtimestamp(stage.simulator.world.clock(), UTC)
    assert replay.year == now.year - 1
    assert replay.top_songs


async def test_a_time_without_replay_is_not_found(stage: Stage) -> None:
    for year, month in ((2016, 0), (2016, 2), (2999, 0)):
        with pytest.raises(errors.ResourceNotFoundError) as caught:
            await stage.music.recommendations.replay(year=year, month=month)
        assert caught.value.metadata["resourceType"] == "REPLAY"
    for year, month in ((0, 3), (2020, 13), (1999, 0)):
        with pytest.raises(errors.InvalidFieldError):
            await stage.music.recommendations.replay(year=year, month=month)


async def test_an_account_is_needed(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False) as stage:
        for call in (
            stage.music.recommendations.groups().to_list(),
            stage.music.radio.genres().to_list(),
            stage.music.favorites.batch_get([Song(id="1")]),
        ):
            with pytest.raises(errors.AccountRequiredError):
                await call
        info = await stage.music.server.info()
        assert info.capabilities is not None
        assert not info.capabilities.favorites
        assert not info.capabilities.radio
        assert not info.capabilities.recommendations
