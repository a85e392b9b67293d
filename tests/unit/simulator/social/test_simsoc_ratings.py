"""Ratings: nine types, one by one and in batches."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.simulator import Simulator
from applemusic_simulator.social.library_link import NoLibrary
from applemusic_simulator.social.opinions import RATED

Ask = Callable[..., Awaitable[tuple[int, Any]]]


def body(value: object, name: str = "rating") -> dict[str, Any]:
    return {"type": name, "attributes": {"value": value}}


def an_id(simulator: Simulator, kind: str) -> str:
    catalogue = simulator.world.catalogue
    ids: dict[str, str] = {
        "songs": next(iter(catalogue.songs)),
        "albums": next(iter(catalogue.albums)),
        "playlists": next(iter(catalogue.playlists)),
        "music-videos": next(iter(catalogue.music_videos)),
        "stations": next(iter(catalogue.stations)),
    }
    library = simulator.world.libraries.of("demo")
    ids |= {
        "library-songs": next(library.songs()).id,
        "library-albums": library.albums()[0].id,
        "library-playlists": library.shelf.listed()[0].id,
        "library-music-videos": library.videos()[0].id,
    }
    return ids[kind]


class OneSong(NoLibrary):
    """A library with one song of the catalogue and one upload."""

    def __init__(self, catalog_id: str) -> None:
        self.catalog = catalog_id

    def knows(self, account_id: str, library_id: str) -> bool:
        del account_id
        return library_id in ("i.song", "i.upload")

    def catalog_id(self, account_id: str, library_id: str) -> str:
        del account_id
        return self.catalog if library_id == "i.song" else ""


@pytest.mark.parametrize("kind", RATED)
async def test_rate_read_and_take_away(ask: Ask, simulator: Simulator, kind: str) -> None:
    key = an_id(simulator, kind)
    path = f"/me/ratings/{kind}/{key}"
    assert (await ask("GET", path))[0] == 404
    assert (await ask("DELETE", path))[0] == 404
    resource = {"id": key, "type": "ratings", "href": f"/v1{path}", "attributes": {"value": -1}}
    assert await ask("PUT", path, body(-1)) == (200, {"data": [resource]})
    assert await ask("GET", path) == (200, {"data": [resource]})
    assert await ask("GET", f"/me/ratings/{kind}?ids=nothing,{key}") == (200, {"data": [resource]})
    assert await ask("DELETE", path) == (204, None)
    assert (await ask("GET", path))[0] == 404
    assert await ask("GET", f"/me/ratings/{kind}?ids={key}") == (200, {"data": []})


async def test_both_spellings_of_the_body_and_what_is_refused(
    ask: Ask, simulator: Simulator
) -> None:
    path = f"/me/ratings/songs/{an_id(simulator, 'songs')}"
    flag = {"type": "rating", "attributes": {"value": True}}
    for name in ("rating", "ratings"):
        assert (await ask("PUT", path, body(1, name)))[0] == 200
    for wrong in (body(1, "score"), body(0), body(2), flag, body("1"), [1], {}, "x"):
        status, answer = await ask("PUT", path, wrong)
        assert status == 400
        assert "pointer" in answer["errors"][0]["source"]
    assert (await ask("PUT", "/me/ratings/songs/1", body(1)))[0] == 404
    for kind in ("artists", "library-artists"):
        status, answer = await ask("PUT", f"/me/ratings/{kind}/1", body(1))
        assert (status, answer["errors"][0]["code"]) == (400, "40008")
    many = ",".join(str(number) for number in range(201))
    assert (await ask("GET", f"/me/ratings/songs?ids={many}"))[0] == 400
    assert (await ask("GET", "/me/ratings/songs"))[0] == 400
    assert (await ask("GET", path, without="Music-User-Token"))[0] == 403


async def test_catalogue_and_library_rating_of_one_song_stay_in_step(
    ask: Ask, simulator: Simulator
) -> None:
    song = an_id(simulator, "songs")
    simulator.world.social.library = OneSong(song)
    await ask("PUT", "/me/ratings/library-songs/i.song", body(1))
    status, answer = await ask("GET", f"/me/ratings/songs/{song}")
    assert (status, answer["data"][0]["id"]) == (200, song)
    await ask("DELETE", f"/me/ratings/songs/{song}")
    assert (await ask("GET", "/me/ratings/library-songs/i.song"))[0] == 404
    await ask("PUT", "/me/ratings/library-songs/i.upload", body(-1))
    assert (await ask("GET", f"/me/ratings/songs/{song}"))[0] == 404
    assert (await ask("PUT", "/me/ratings/library-songs/i.gone", body(1)))[0] == 404


async def test_prefixed_ids_in_batches_when_asked_for(ask: Ask, simulator: Simulator) -> None:
    song, own = an_id(simulator, "songs"), an_id(simulator, "library-songs")
    simulator.world.social.settings.prefixed_rating_ids = True
    await ask("PUT", f"/me/ratings/songs/{song}", body(1))
    await ask("PUT", f"/me/ratings/library-songs/{own}", body(1))
    _, answer = await ask("GET", f"/me/ratings/songs?ids={song}")
    assert answer["data"][0]["id"] == f"r.{song}"
    _, answer = await ask("GET", f"/me/ratings/songs/{song}")
    assert answer["data"][0]["id"] == song
    _, answer = await ask("GET", f"/me/ratings/library-songs?ids={own}")
    assert answer["data"][0]["id"] == own


async def test_a_rating_is_seen_after_the_delay(ask: Ask, simulator: Simulator) -> None:
    simulator.world.social.settings.write_delay = 5
    path = f"/me/ratings/songs/{an_id(simulator, 'songs')}"
    assert (await ask("PUT", path, body(1)))[0] == 200
    assert (await ask("GET", path))[0] == 404
    simulator.world.clock.advance(4.9)
    assert (await ask("GET", path))[0] == 404
    simulator.world.clock.advance(0.2)
    assert (await ask("GET", path))[0] == 200
    assert (await ask("DELETE", path))[0] == 204
    assert (await ask("DELETE", path))[0] == 404
    assert (await ask("GET", path))[0] == 200


async def test_ratings_of_another_account_are_not_seen(
    ask: Ask, simulator: Simulator, control: Ask
) -> None:
    await control("POST", "/accounts", {"id": "ada"})
    header = {"Music-User-Token": simulator.music_user_token("ada")}
    path = f"/me/ratings/songs/{an_id(simulator, 'songs')}"
    await ask("PUT", path, body(1))
    assert (await ask("GET", path, headers=header))[0] == 404
