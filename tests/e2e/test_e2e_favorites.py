"""Liking from end to end: against an Apple that shows what was written only later."""

import asyncio
from collections.abc import Sequence

import pytest

from applemusic import errors
from applemusic.models import Capabilities, FavoriteState, ResourceRef, ResourceType
from applemusic_simulator.social.permissions import FAVORITES
from tests.support.stage import Stage

FAVORITE, DISLIKED, NONE = FavoriteState.FAVORITE, FavoriteState.DISLIKED, FavoriteState.NONE


def refs(stage: Stage, count: int = 3) -> dict[ResourceType, list[ResourceRef]]:
    """Items of every kind that can be liked."""
    catalogue = stage.simulator.world.catalogue
    ids: dict[ResourceType, Sequence[str]] = {
        ResourceType.SONG: list(catalogue.songs),
        ResourceType.ALBUM: list(catalogue.albums),
        ResourceType.ARTIST: list(catalogue.artists),
        ResourceType.PLAYLIST: list(catalogue.playlists),
        ResourceType.STATION: list(catalogue.stations),
        ResourceType.MUSIC_VIDEO: list(catalogue.music_videos),
    }
    return {kind: [ResourceRef(kind, each) for each in some[:count]] for kind, some in ids.items()}


def mixed(stage: Stage, count: int = 3) -> list[ResourceRef]:
    """Items of every kind, one kind after the other and back again."""
    items = [item for some in refs(stage, count).values() for item in some]
    return items[::2] + items[1::2]


async def states(stage: Stage, items: Sequence[ResourceRef]) -> list[FavoriteState]:
    found = await stage.music.favorites.batch_get(items)
    assert [(each.item.type, each.item.id) for each in found if each.item] == [
        (item.type, item.id) for item in items
    ]
    return [each.state for each in found]


def delay(stage: Stage, seconds: float) -> None:
    stage.simulator.world.social.settings.write_delay = seconds


async def test_every_kind_is_set_read_and_cleared(stage: Stage) -> None:
    items = mixed(stage)
    assert await states(stage, items) == [NONE] * len(items)
    assert await stage.music.favorites.set(items) == ()
    assert await states(stage, items) == [FAVORITE] * len(items)
    await stage.music.favorites.clear(items)
    assert await states(stage, items) == [NONE] * len(items)


async def test_what_apple_holds_is_read_and_not_only_what_was_written(stage: Stage) -> None:
    items = mixed(stage)
    opinions, account = stage.simulator.world.social.opinions, "demo"
    listener = stage.simulator.world.accounts[account]
    for item in items[::2]:
        kind = item.type.name.lower().replace("_", "-") + "s"
        opinions.favor(listener, kind, item.id)
    song = refs(stage, 9)[ResourceType.SONG][-1]
    opinions.rate(listener, "songs", song.id, -1)
    found = await states(stage, [*items, song])
    assert found == [FAVORITE if n % 2 == 0 else NONE for n in range(len(items))] + [DISLIKED]


async def test_written_is_read_at_once_though_apple_takes_18_seconds(stage: Stage) -> None:
    delay(stage, 18.0)
    items = mixed(stage)
    disliked = refs(stage, 6)[ResourceType.SONG][3:]
    await stage.music.favorites.set(items)
    await stage.music.favorites.set(disliked, state=DISLIKED)
    assert await states(stage, items + disliked) == [FAVORITE] * len(items) + [DISLIKED] * 3
    listener = stage.simulator.world.accounts["demo"]
    assert not list(stage.simulator.world.social.opinions.ratings(listener))  # Not seen yet.
    await stage.music.favorites.clear(items)
    assert await states(stage, items) == [NONE] * len(items)
    stage.simulator.world.clock.advance(20)
    assert await states(stage, items + disliked) == [NONE] * len(items) + [DISLIKED] * 3
    ratings = list(stage.simulator.world.social.opinions.ratings(listener))
    assert {value for _, _, value in ratings} == {-1}
    assert not list(stage.simulator.world.social.opinions.favorites(listener))


async def test_clearing_a_favorite_never_dislikes_and_clearing_a_dislike_works(
    stage: Stage,
) -> None:
    song, other = refs(stage)[ResourceType.SONG][:2]
    await stage.music.favorites.set([song])
    await stage.music.favorites.set([other], state=DISLIKED)
    await stage.music.favorites.clear([song, other])
    listener = stage.simulator.world.accounts["demo"]
    opinions = stage.simulator.world.social.opinions
    assert not list(opinions.ratings(listener))
    assert not list(opinions.favorites(listener))


async def test_a_favorite_becomes_a_dislike_and_back(stage: Stage) -> None:
    song = refs(stage)[ResourceType.SONG][0]
    listener = stage.simulator.world.accounts["demo"]
    opinions = stage.simulator.world.social.opinions
    for state, rating, favorite in (
        (FAVORITE, 1, True),
        (DISLIKED, -1, False),
        (FAVORITE, 1, True),
    ):
        await stage.music.favorites.set([song], state=state)
        assert await states(stage, [song]) == [state]
        assert opinions.rating(listener, "songs", song.id) == rating
        assert opinions.is_favorite(listener, "songs", song.id) is favorite


async def test_twice_is_as_good_as_once(stage: Stage) -> None:
    items = mixed(stage)
    for _ in range(2):
        assert await stage.music.favorites.set(items) == ()
    for _ in range(2):
        await stage.music.favorites.clear(items)
    assert await states(stage, items) == [NONE] * len(items)


async def test_ids_that_apple_does_not_have_are_named(stage: Stage) -> None:
    song = refs(stage)[ResourceType.SONG][0]
    missing = [
        ResourceRef(ResourceType.SONG, "999"),
        ResourceRef(ResourceType.ALBUM, "998"),
        ResourceRef(ResourceType.ARTIST, "997"),
        ResourceRef(ResourceType.PLAYLIST, "pl.nothing"),
    ]
    refused = await stage.music.favorites.set([missing[0], song, *missing[1:]])
    assert refused == ("999", "998", "997", "pl.nothing")
    assert await states(stage, [song, *missing[:2]]) == [FAVORITE, NONE, NONE]
    assert await stage.music.favorites.set(missing[:2], state=DISLIKED) == ("999", "998")


async def test_artists_cannot_be_disliked(stage: Stage) -> None:
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.favorites.set(refs(stage)[ResourceType.ARTIST], state=DISLIKED)
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.favorites.set(refs(stage)[ResourceType.SONG], state=NONE)
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.favorites.set([ResourceRef(ResourceType.GENRE, "34")])


async def test_prefixed_ids_are_understood(stage: Stage) -> None:
    stage.simulator.world.social.settings.prefixed_rating_ids = True
    songs = refs(stage, 5)[ResourceType.SONG]
    await stage.music.favorites.set(songs[::2])
    fresh = await stage.music.favorites.batch_get([*songs, *songs[:1]])
    assert [each.state for each in fresh] == [FAVORITE, NONE, FAVORITE, NONE, FAVORITE, FAVORITE]


async def test_a_thousand_are_read_with_the_fewest_requests(stage: Stage) -> None:
    songs = refs(stage, 1000)[ResourceType.SONG]
    stage.simulator.world.requests.clear()
    await states(stage, songs)
    paths = [entry.path for entry in stage.simulator.world.requests]
    assert len(paths) == -(-len(songs) // 200)


async def test_refused_favorites_fall_back_to_ratings_but_for_artists(stage: Stage) -> None:
    assert (await capabilities(stage)).artist_favorites
    stage.simulator.world.social.permissions.set(FAVORITES, "403")
    songs = refs(stage)[ResourceType.SONG]
    artists = refs(stage)[ResourceType.ARTIST]
    with pytest.raises(errors.CapabilityRefusedError) as caught:
        await stage.music.favorites.set([*artists, *songs])
    assert caught.value.metadata["capability"] == "artist_favorites"
    assert not (await capabilities(stage)).artist_favorites
    assert (await capabilities(stage)).favorites
    assert await states(stage, songs) == [NONE] * 3
    assert await stage.music.favorites.set(songs) == ()
    assert await states(stage, songs) == [FAVORITE] * 3
    await stage.music.favorites.clear(songs)
    assert await states(stage, songs) == [NONE] * 3
    with pytest.raises(errors.CapabilityRefusedError):
        await stage.music.favorites.clear(artists)


async def test_a_refusal_is_remembered_until_the_next_sign_in(stage: Stage) -> None:
    artists = refs(stage)[ResourceType.ARTIST]
    permissions = stage.simulator.world.social.permissions
    permissions.set(FAVORITES, "405")
    with pytest.raises(errors.CapabilityRefusedError):
        await stage.music.favorites.set(artists)
    permissions.reset()
    stage.simulator.world.requests.clear()
    with pytest.raises(errors.CapabilityRefusedError):
        await stage.music.favorites.set(artists)
    assert not list(stage.simulator.world.requests)
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await stage.music.favorites.set(artists) == ()
    assert (await capabilities(stage)).artist_favorites


async def test_a_dead_token_is_told_from_a_refusal(stage: Stage) -> None:
    artists = refs(stage)[ResourceType.ARTIST]
    stage.fault("api", "status", status=403, count=None, subject="/me/")
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.music.favorites.set(artists)


async def test_writers_of_one_account_take_turns(stage: Stage) -> None:
    delay(stage, 5.0)
    songs = refs(stage, 8)[ResourceType.SONG]
    await asyncio.gather(
        *(stage.music.favorites.set(songs, state=state) for state in (FAVORITE, DISLIKED)),
        stage.music.favorites.clear(songs[:4]),
    )
    before = await states(stage, songs)
    stage.simulator.world.clock.advance(6)
    listener = stage.simulator.world.accounts["demo"]
    opinions = stage.simulator.world.social.opinions
    values = {1: FAVORITE, -1: DISLIKED, None: NONE}
    assert before == [values[opinions.rating(listener, "songs", song.id)] for song in songs]


async def test_throttled_and_failing_writes_are_tried_again(stage: Stage) -> None:
    songs = refs(stage)[ResourceType.SONG]
    for kind in ("favorites", "ratings"):
        stage.fault("api", "status", status=429, subject=kind)
        stage.fault("api", "status", status=500, subject=kind)
    await stage.music.favorites.set(songs[:1])
    await stage.music.favorites.set(songs[1:], state=DISLIKED)
    assert await states(stage, songs) == [FAVORITE, DISLIKED, DISLIKED]


async def capabilities(stage: Stage) -> Capabilities:
    info = await stage.music.server.info()
    assert info.capabilities is not None
    return info.capabilities
