"""Stations: live, personal, seeded, by genre; what they play."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
US = "/catalog/us"
NEXT = "/me/stations/next-tracks"
CONTINUOUS = "/me/stations/continuous"


def ids(answer: tuple[int, Any]) -> list[str]:
    assert answer[0] == 200
    return [item["id"] for item in answer[1]["data"]]


def track_station(catalogue: Catalogue) -> str:
    return max(catalogue.stations.values(), key=lambda station: len(station.song_ids)).id


def seed_song(catalogue: Catalogue) -> str:
    return next(s.id for s in catalogue.songs.values() if s.playable and s.genre != "Soundtrack")


async def test_the_personal_station_and_its_rotation(
    ask: Ask, control: Ask, simulator: Simulator
) -> None:
    path = f"{US}/stations?filter[identity]=personal"
    _, answer = await ask("GET", path)
    (station,) = answer["data"]
    assert station["id"].startswith("ra.u-")
    play = station["attributes"]["playParams"]
    assert (play["format"], play["hasDrm"]) == ("tracks", False)
    reference = {"id": station["id"], "type": "stations", "href": station["href"]}
    assert answer["meta"]["filters"]["identity"]["personal"] == [reference]
    assert ids(await ask("GET", f"{US}/stations/{station['id']}")) == [station["id"]]
    first = ids(await ask("POST", f"{NEXT}/{station['id']}?limit=7"))
    _, rotated = await control("POST", "/accounts/demo/rotate-station")
    assert rotated["station"] != station["id"]
    assert ids(await ask("GET", path)) == [rotated["station"]]
    assert (await ask("GET", f"{US}/stations/{station['id']}"))[0] == 404
    assert (await ask("POST", f"{NEXT}/{station['id']}"))[0] == 404
    later = ids(await ask("POST", f"{NEXT}/{rotated['station']}?limit=10"))
    assert later[:3] != first[:3]
    demo = simulator.world.accounts["demo"]
    assert simulator.world.social.radio.positions(demo) == {"personal": 17}
    simulator.world.social.stations.personal_life = 3600
    before = ids(await ask("GET", path))
    simulator.world.clock.advance(3600)
    assert ids(await ask("GET", path)) != before
    assert (await ask("GET", path, without="Music-User-Token"))[0] == 403
    assert (await ask("GET", f"{US}/stations?filter[identity]=other"))[0] == 400


async def test_next_tracks_go_on_two_by_default_ten_at_most(
    ask: Ask, simulator: Simulator, control: Ask, catalogue: Catalogue
) -> None:
    station = track_station(catalogue)
    assert len(ids(await ask("POST", f"{NEXT}/{station}", {}))) == 2
    songs = [
        song for _ in range(5) for song in ids(await ask("POST", f"{NEXT}/{station}?limit=10"))
    ]
    assert len(songs) == 50
    assert set(songs) <= set(catalogue.stations[station].song_ids)
    assert len(set(songs[:20])) < 20, "repeats happen long before all was played"
    assert len(set(songs[:20])) > 15
    _, body = await ask("POST", f"{NEXT}/{station}?limit=11")
    assert body["errors"][0]["detail"].endswith("10, but was: 11")
    assert (await ask("GET", f"{NEXT}/{station}"))[0] == 405
    _, body = await control("GET", "/accounts/demo/radio")
    assert body["positions"] == {station: 52}
    await control("POST", "/accounts", {"id": "ada"})
    header = {"Music-User-Token": simulator.music_user_token("ada")}
    await ask("POST", f"{NEXT}/{station}", headers=header)
    assert simulator.world.social.radio.positions(simulator.world.accounts["ada"]) == {station: 2}


async def test_next_tracks_carry_artists_when_asked(ask: Ask, catalogue: Catalogue) -> None:
    station = track_station(catalogue)
    _, body = await ask("POST", f"{NEXT}/{station}?limit=1&include[songs]=artists,albums")
    (song,) = body["data"]
    assert "name" in song["relationships"]["artists"]["data"][0]["attributes"]
    assert "name" in song["relationships"]["albums"]["data"][0]["attributes"]


async def test_stations_that_play_nothing_or_fail(ask: Ask, catalogue: Catalogue) -> None:
    live = next(s.id for s in catalogue.stations.values() if s.featured)
    assert ids(await ask("POST", f"{NEXT}/{live}")) == []
    film = next(s.id for s in catalogue.songs.values() if s.genre == "Soundtrack")
    for broken in ("ra.i.abcdef", f"ra.{film}"):
        status, body = await ask("POST", f"{NEXT}/{broken}")
        assert (status, body["errors"][0]["title"]) == (500, "Service failure: Stations")
        assert "code" not in body["errors"][0]
    assert (await ask("POST", f"{NEXT}/ra.nothing"))[0] == 404
    assert (await ask("GET", f"{US}/songs/{film}/station"))[0] == 404


@pytest.mark.parametrize(("length", "status"), [("Content-Length: 0\r\n", 200), ("", 411)])
async def test_a_write_must_say_its_length(
    simulator: Simulator, catalogue: Catalogue, length: str, status: int
) -> None:
    address = urlsplit(simulator.url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    path = f"/api.music.apple.com/v1{NEXT}/{track_station(catalogue)}"
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: close\r\n"
        f"Authorization: Bearer {simulator.developer_token()}\r\n"
        f"Music-User-Token: {simulator.music_user_token()}\r\n{length}\r\n".encode()
    )
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    assert answer.split()[1] == str(status).encode()


@pytest.mark.parametrize("kind", ["songs", "artists"])
async def test_the_station_of_a_song_and_of_an_artist(
    ask: Ask, catalogue: Catalogue, kind: str
) -> None:
    song = catalogue.songs[seed_song(catalogue)]
    key = song.id if kind == "songs" else song.artist_id
    assert ids(await ask("GET", f"{US}/{kind}/{key}/station")) == [f"ra.{key}"]
    _, body = await ask("GET", f"{US}/{kind}/{key}?include=station")
    assert body["data"][0]["relationships"]["station"]["data"][0]["id"] == f"ra.{key}"
    songs = ids(await ask("POST", f"{NEXT}/ra.{key}?limit=10"))
    if kind == "songs":
        assert songs[0] == key
    assert len(songs) == 10


async def test_what_follows_a_queue(ask: Ask, catalogue: Catalogue) -> None:
    song = seed_song(catalogue)
    path = f"{CONTINUOUS}?with=tracks&limit[results:tracks]=10&include[songs]=artists"
    body = {"data": [{"id": song, "type": "songs", "meta": {"container": {"id": "1"}}}]}
    _, answer = await ask("POST", path, body)
    results = answer["results"]
    assert results["station"]["id"] == f"ra.{song}"
    assert len(results["tracks"]) == 10
    following = ids(await ask("POST", f"{NEXT}/ra.{song}?limit=10"))
    assert following[0] not in [track["id"] for track in results["tracks"]]
    _, answer = await ask("POST", CONTINUOUS, body)
    assert list(answer["results"]) == ["station"]


async def test_queues_that_nothing_follows(ask: Ask, catalogue: Catalogue) -> None:
    film = next(s.id for s in catalogue.songs.values() if s.genre == "Soundtrack")
    for seed in ({"id": film, "type": "songs"}, {"id": "i.up", "type": "library-songs"}):
        assert await ask("POST", CONTINUOUS, {"data": [seed]}) == (200, {"results": {}})
    assert await ask("POST", CONTINUOUS, {"data": []}) == (200, {"results": {}})
    status, answer = await ask("POST", CONTINUOUS, {"data": [{"id": "1", "type": "albums"}]})
    assert (status, list(answer)) == (200, ["errors"])
    status, answer = await ask("POST", f"{CONTINUOUS}?limit[results:tracks]=11", {"data": []})
    assert status == 400
    assert answer["errors"][0]["detail"].endswith("or equal to 10")
    for wrong in ({}, {"data": 1}, {"data": [1]}):
        assert (await ask("POST", CONTINUOUS, wrong))[0] == 400


async def test_station_genres_and_their_stations(ask: Ask, catalogue: Catalogue) -> None:
    _, body = await ask("GET", f"{US}/station-genres")
    names = {genre["attributes"]["name"]: genre["id"] for genre in body["data"]}
    assert set(names) == {s.genre for s in catalogue.stations.values() if s.genre}
    stations = ids(await ask("GET", f"{US}/station-genres/{names['Jazz']}/stations"))
    assert [catalogue.stations[key].genre for key in stations] == ["Jazz", "Jazz"]
    assert ids(await ask("GET", f"{US}/station-genres/{names['Jazz']}")) == [names["Jazz"]]


async def test_where_broadcasts_are_heard(
    ask: Ask, control: Ask, simulator: Simulator, catalogue: Catalogue
) -> None:
    live = next(s.id for s in catalogue.stations.values() if s.featured)
    other = next(s for s in catalogue.stations.values() if s.provider)
    path = "/play/assets?kind=radioStation&id="
    _, body = await ask("GET", f"{path}{live}")
    (asset,) = body["results"]["assets"]
    assert set(asset) == {
        "url",
        "keyServerUrl",
        "fairPlayKeyCertificateUrl",
        "widevineKeyCertificateUrl",
    }
    assert asset["url"].startswith(simulator.base_urls()["live_radio"])
    assert asset["keyServerUrl"].startswith(simulator.base_urls()["linear"])
    _, body = await ask("GET", f"{path}{other.id}")
    assert [set(asset) for asset in body["results"]["assets"]] == [{"url"}]
    _, body = await ask("GET", f"{US}/stations/{other.id}")
    attributes = body["data"][0]["attributes"]
    assert attributes["stationProviderName"] == other.provider
    assert attributes["isLive"]
    assert "supportedDrms" not in attributes
    _, body = await ask("GET", f"{path}{track_station(catalogue)}")
    assert body["results"]["assets"] == []
    assert (await ask("GET", f"{path}ra.nothing"))[0] == 404
    assert (await ask("GET", f"/play/assets?id={live}"))[0] == 400
    assert (await ask("GET", f"/play/assets?id={live}&kind=film"))[0] == 400
    await control("PATCH", "/accounts/demo", {"subscribed": False})
    status, body = await ask("GET", f"{path}{live}")
    assert (status, body["errors"][0]["code"]) == (403, "40303")
