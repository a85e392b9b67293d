"""Radio from end to end: stations of every kind, and songs without end."""

import pytest

from applemusic import errors
from applemusic.models import ResourceRef, ResourceType, Song, Station, StationKind, StationList
from tests.support.stage import Stage

PERSONAL = StationList.PERSONAL


async def stations(stage: Stage, which: StationList, **call: str) -> list[Station]:
    return await stage.music.radio.stations(which, **call).to_list()  # type: ignore[arg-type]  # genre_id


async def personal(stage: Stage) -> Station:
    (station,) = await stations(stage, PERSONAL)
    return station


async def play(stage: Stage, station_id: str, calls: int) -> list[list[Song]]:
    """The songs of so many calls in one session."""
    token, found = "", []
    for _ in range(calls):
        answer = await stage.music.radio.next_tracks(station_id, session_token=token)
        token = answer.session_token
        found.append(list(answer.songs))
    return found


async def test_live_stations_are_listed_and_marked(stage: Stage) -> None:
    live = await stations(stage, StationList.LIVE)
    assert [each.name for each in live] == ["Simulated One", "Simulated Hits", "Simulated Country"]
    assert {(each.kind, each.playable) for each in live} == {(StationKind.LIVE, False)}


async def test_the_personal_station_is_marked(stage: Stage) -> None:
    station = await personal(stage)
    assert (station.kind, station.personal, station.playable) == (StationKind.TRACKS, True, True)
    assert station.id.startswith("ra.u-")


async def test_featured_stations_are_all_that_apple_recommends(stage: Stage) -> None:
    featured = await stations(stage, StationList.FEATURED)
    groups = await stage.music.recommendations.groups().to_list()
    recommended = [
        each.id
        for group in groups
        for each in await stage.music.recommendations.items(group.id).to_list()
        if isinstance(each, Station)
    ]
    assert [each.id for each in featured] == list(dict.fromkeys(recommended))
    assert len({each.id for each in featured}) == len(featured) > 10
    assert StationKind.LIVE in {each.kind for each in featured}
    paged = [
        each.id async for each in stage.music.radio.stations(StationList.FEATURED, page_size=3)
    ]
    assert paged == [each.id for each in featured]


async def test_genres_have_stations(stage: Stage) -> None:
    genres = await stage.music.radio.genres().to_list()
    assert len(genres) > 10
    found = await stations(stage, StationList.GENRE, genre_id=genres[0].id)
    assert {each.kind for each in found} == {StationKind.TRACKS}
    assert genres[0].name in found[0].name
    with pytest.raises(errors.ResourceNotFoundError) as caught:
        await stations(stage, StationList.GENRE, genre_id="1")
    assert caught.value.metadata == {"resourceType": "GENRE", "id": "1"}
    with pytest.raises(errors.InvalidFieldError, match="the list GENRE needs one"):
        await stations(stage, StationList.GENRE)
    with pytest.raises(errors.InvalidFieldError, match="belongs to the list GENRE only"):
        await stations(stage, StationList.LIVE, genre_id="1")


async def test_recent_stations_come_newest_first(stage: Stage) -> None:
    catalogue, history = stage.simulator.world.catalogue, stage.simulator.world.social.history
    ids = list(catalogue.stations)[:12]
    history.clear("demo")
    for station_id in ids:
        history.add("demo", None, ("stations", station_id), at=1000.0 + len(history.plays("demo")))
    recent = await stations(stage, StationList.RECENT)
    assert [each.id for each in recent] == ids[::-1]  # 12, and Apple sends 10 at once.


async def test_ten_songs_per_call_and_none_twice(stage: Stage) -> None:
    station = await personal(stage)
    answers = await play(stage, station.id, 12)
    assert {len(songs) for songs in answers} == {10}
    ids = [song.id for songs in answers for song in songs]
    assert len(set(ids)) == len(ids) == 120  # The simulator's stations repeat every eighth song.
    first = answers[0][0]
    assert first.name
    assert first.artists
    assert first.album


async def test_fewer_when_fewer_are_asked_for(stage: Stage) -> None:
    station = await personal(stage)
    assert len((await stage.music.radio.next_tracks(station.id, limit=3)).songs) == 3
    assert len((await stage.music.radio.next_tracks(station.id, limit=99)).songs) == 10


async def test_a_small_station_repeats_rather_than_falling_silent(stage: Stage) -> None:
    stations_of = stage.simulator.world.catalogue.stations
    small = min(
        (each for each in stations_of.values() if each.song_ids), key=lambda one: len(one.song_ids)
    )
    count = len(small.song_ids)
    answers = await play(stage, small.id, count // 10 + 4)
    ids = [song.id for songs in answers for song in songs]
    assert all(answers)
    assert len(set(ids)) == len({*small.song_ids} & {*ids})
    assert len(set(ids[: count - 2])) == count - 2  # Repeats begin when there is nothing else.


async def test_a_personal_station_is_found_again_when_its_id_changes(stage: Stage) -> None:
    station = await personal(stage)
    first = await stage.music.radio.next_tracks(station.id)
    world = stage.simulator.world
    world.social.stations.rotate_personal(world.accounts["demo"])
    second = await stage.music.radio.next_tracks(station.id, session_token=first.session_token)
    assert not {song.id for song in first.songs} & {song.id for song in second.songs}
    assert len(second.songs) == 10
    world.requests.clear()
    third = await stage.music.radio.next_tracks(station.id, session_token=second.session_token)
    assert len(third.songs) == 10
    asked = [entry.path for entry in world.requests]
    assert not [path for path in asked if path.endswith("/stations")]  # It knows the new id.


async def test_live_stations_have_no_tracks(stage: Stage) -> None:
    live = await stations(stage, StationList.LIVE)
    with pytest.raises(errors.StationWithoutTracksError) as caught:
        await stage.music.radio.next_tracks(live[0].id)
    assert caught.value.metadata["id"] == live[0].id


@pytest.mark.parametrize("station_id", ["ra.unheard-of", "ra.u-0123456789abcdef"])
async def test_unknown_stations(stage: Stage, station_id: str) -> None:
    if station_id.startswith("ra.u-"):  # A personal one is the account's own, whatever its id.
        assert (await stage.music.radio.next_tracks(station_id)).songs
        return
    with pytest.raises(errors.ResourceNotFoundError):
        await stage.music.radio.next_tracks(station_id)
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.radio.next_tracks("1440857781")


async def test_a_passing_500_is_tried_again(stage: Stage) -> None:
    station = await personal(stage)
    stage.fault("api", "status", status=500, subject="next-tracks")
    assert len((await stage.music.radio.next_tracks(station.id)).songs) == 10


async def test_a_lasting_500_goes_on_with_what_follows_the_last_song(stage: Stage) -> None:
    genres = await stage.music.radio.genres().to_list()
    (station, *_) = await stations(stage, StationList.GENRE, genre_id=genres[0].id)
    first = await stage.music.radio.next_tracks(station.id)
    stage.fault("api", "status", status=500, count=None, subject=f"next-tracks/{station.id}")
    second = await stage.music.radio.next_tracks(station.id, session_token=first.session_token)
    assert second.songs
    assert not {song.id for song in first.songs} & {song.id for song in second.songs}
    third = await stage.music.radio.next_tracks(station.id, session_token=second.session_token)
    assert third.songs


async def test_a_lasting_500_without_a_way_out_may_be_tried_again_later(stage: Stage) -> None:
    station = await personal(stage)
    stage.fault("api", "status", status=500, count=None, subject="me/stations/")
    with pytest.raises(errors.UpstreamUnavailableError):
        await stage.music.radio.next_tracks(station.id)


async def test_a_session_belongs_to_its_station(stage: Stage) -> None:
    station = await personal(stage)
    first = await stage.music.radio.next_tracks(station.id)
    for token in (first.session_token, "made-up", "AAAA"):
        with pytest.raises(errors.InvalidFieldError) as caught:
            await stage.music.radio.next_tracks("ra.1440857781", session_token=token)
        assert caught.value.violations[0].field == "session_token"


def _seeds(stage: Stage) -> dict[ResourceType, str]:
    catalogue = stage.simulator.world.catalogue
    song = next(
        each for each in catalogue.songs.values() if each.playable and each.genre != "Soundtrack"
    )
    artist = next(key for key, found in catalogue.artists.items() if found.similar_ids)
    return {
        ResourceType.SONG: song.id,
        ResourceType.ARTIST: artist,
        ResourceType.ALBUM: song.album_id,
        ResourceType.PLAYLIST: next(iter(catalogue.playlists)),
    }


@pytest.mark.parametrize(
    "kind",
    [ResourceType.SONG, ResourceType.ARTIST, ResourceType.ALBUM, ResourceType.PLAYLIST],
)
async def test_stations_are_made_from_seeds(stage: Stage, kind: ResourceType) -> None:
    seed = ResourceRef(kind, _seeds(stage)[kind])
    station = await stage.music.radio.seeded_station(seed)
    assert station.id.startswith("ra.")
    assert station.name
    assert station.playable
    songs = [song.id for some in await play(stage, station.id, 2) for song in some]
    assert len(set(songs)) == len(songs) > 10
    if kind is ResourceType.SONG:
        assert songs[0] == seed.id


async def test_seeds_without_a_station(stage: Stage) -> None:
    catalogue = stage.simulator.world.catalogue
    without = next(each for each in catalogue.songs.values() if each.genre == "Soundtrack")
    with pytest.raises(errors.StationWithoutTracksError):
        await stage.music.radio.seeded_station(ResourceRef(ResourceType.SONG, without.id))
    for kind in (ResourceType.SONG, ResourceType.ARTIST, ResourceType.ALBUM):
        with pytest.raises(errors.ResourceNotFoundError) as caught:
            await stage.music.radio.seeded_station(ResourceRef(kind, "1"))
        assert caught.value.metadata["resourceType"] == kind.name
    for other in (ResourceType.GENRE, ResourceType.STATION):
        with pytest.raises(errors.InvalidFieldError):
            await stage.music.radio.seeded_station(ResourceRef(other, "1"))


async def test_a_song_without_a_station_says_so_when_played_as_one(stage: Stage) -> None:
    catalogue = stage.simulator.world.catalogue
    without = next(each for each in catalogue.songs.values() if each.genre == "Soundtrack")
    with pytest.raises(errors.StationWithoutTracksError):
        await stage.music.radio.next_tracks(f"ra.{without.id}")
