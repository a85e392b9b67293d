"""Favourites, and what they have to do with ratings and the library."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.social.library_link import NoLibrary

Ask = Callable[..., Awaitable[tuple[int, Any]]]
FAVORITES = "/me/favorites"
US = "/catalog/us"


class Noting(NoLibrary):
    """Remembers what was added, and has it at once."""

    def __init__(self) -> None:
        self.favorites: list[tuple[str, str]] = []
        self.added: list[tuple[str, str]] = []

    def set_favorite(
        self, account_id: str, catalog_id: str, *, favorite: bool, add: bool = False
    ) -> None:
        song = (account_id, catalog_id)
        if add:
            self.added.append(song)
        if favorite:
            self.favorites.append(song)
        else:
            self.favorites.remove(song)

    def library_id(self, account_id: str, kind: str, catalog_id: str) -> str:
        del kind
        return f"i.{catalog_id}" if (account_id, catalog_id) in self.added else ""


async def is_favorite(ask: Ask, kind: str, key: str) -> bool:
    _, answer = await ask("GET", f"{US}/{kind}/{key}?extend=inFavorites")
    found: bool = answer["data"][0]["attributes"]["inFavorites"]
    return found


def one_of_each(catalogue: Catalogue) -> dict[str, str]:
    return {
        "songs": next(iter(catalogue.songs)),
        "albums": next(iter(catalogue.albums)),
        "artists": next(iter(catalogue.artists)),
        "playlists": next(iter(catalogue.playlists)),
        "music-videos": next(iter(catalogue.music_videos)),
        "stations": next(iter(catalogue.stations)),
    }


async def test_mixed_types_at_once_and_unknown_ids_ignored(ask: Ask, catalogue: Catalogue) -> None:
    each = one_of_each(catalogue)
    query = "&".join(f"ids[{kind}]={key},unknown" for kind, key in each.items())
    assert await ask("POST", f"{FAVORITES}?{query}&l=en-US&platform=web") == (202, None)
    for kind, key in each.items():
        assert await is_favorite(ask, kind, key)
    assert await ask("DELETE", f"{FAVORITES}?{query}") == (202, None)
    for kind, key in each.items():
        assert not await is_favorite(ask, kind, key)


async def test_fields_read_it_and_nobody_signed_in_reads_nothing(
    ask: Ask, catalogue: Catalogue
) -> None:
    artist = next(iter(catalogue.artists))
    path = f"{US}/artists?ids={artist}&fields[artists]=inFavorites"
    await ask("POST", f"{FAVORITES}?ids[artists]={artist}")
    _, answer = await ask("GET", path)
    assert answer["data"][0]["attributes"] == {"inFavorites": True}
    status, answer = await ask("GET", path, without="Music-User-Token")
    assert (status, answer["data"][0]["attributes"]) == (200, {})
    status, _ = await ask("GET", path, headers={"Music-User-Token": "dead=="})
    assert status == 200


async def test_what_is_refused(ask: Ask, simulator: Simulator, catalogue: Catalogue) -> None:
    song = next(iter(catalogue.songs))
    assert (await ask("POST", FAVORITES))[0] == 400
    assert (await ask("POST", f"{FAVORITES}?ids[songs]="))[0] == 400
    assert (await ask("POST", f"{FAVORITES}?ids[songs]={song}", without="Music-User-Token"))[
        0
    ] == 403
    for answer, status in (("401", 401), ("403", 403), ("404", 404), ("405", 405), ("allow", 202)):
        simulator.world.social.permissions.set("favorites", answer)
        assert (await ask("POST", f"{FAVORITES}?ids[songs]={song}"))[0] == status


async def test_unfavouriting_never_dislikes_and_a_dislike_stays(
    ask: Ask, catalogue: Catalogue
) -> None:
    song = next(iter(catalogue.songs))
    rating, favorite = f"/me/ratings/songs/{song}", f"{FAVORITES}?ids[songs]={song}"
    dislike = {"type": "ratings", "attributes": {"value": -1}}
    await ask("POST", favorite)
    assert (await ask("GET", rating))[1]["data"][0]["attributes"]["value"] == 1
    await ask("DELETE", favorite)
    assert (await ask("GET", rating))[0] == 404
    await ask("POST", favorite)
    await ask("PUT", rating, dislike)
    assert not await is_favorite(ask, "songs", song)
    await ask("DELETE", favorite)
    assert (await ask("GET", rating))[1]["data"][0]["attributes"]["value"] == -1


async def test_two_lists_when_they_are_not_linked(
    ask: Ask, simulator: Simulator, catalogue: Catalogue
) -> None:
    simulator.world.social.settings.ratings_are_favorites = False
    song = next(iter(catalogue.songs))
    await ask("POST", f"{FAVORITES}?ids[songs]={song}")
    assert (await ask("GET", f"/me/ratings/songs/{song}"))[0] == 404
    await ask("DELETE", f"{FAVORITES}?ids[songs]={song}")
    like = {"type": "rating", "attributes": {"value": 1}}
    await ask("PUT", f"/me/ratings/songs/{song}", like)
    assert not await is_favorite(ask, "songs", song)


@pytest.mark.parametrize("wanted", [True, False])
async def test_favourite_songs_go_to_the_library_where_wanted(
    ask: Ask, control: Ask, simulator: Simulator, catalogue: Catalogue, *, wanted: bool
) -> None:
    library = simulator.world.social.library = Noting()
    await control("PATCH", "/accounts/demo", {"favorites_to_library": wanted})
    song, album = next(iter(catalogue.songs)), next(iter(catalogue.albums))
    await ask("POST", f"{FAVORITES}?ids[songs]={song}&ids[albums]={album}")
    await ask("POST", f"{FAVORITES}?ids[songs]={song}")
    assert library.favorites == [("demo", song)]
    assert library.added == ([("demo", song)] if wanted else [])
    await ask("DELETE", f"{FAVORITES}?ids[songs]={song}")
    assert library.favorites == []
    path = f"{US}/songs/{song}?extend=inLibrary&relate=library"
    _, answer = await ask("GET", path)
    (resource,) = answer["data"]
    reference = {
        "id": f"i.{song}",
        "type": "library-songs",
        "href": f"/v1/me/library/songs/i.{song}",
    }
    assert resource["attributes"]["inLibrary"] is wanted
    assert resource["relationships"]["library"]["data"] == ([reference] if wanted else [])


async def test_a_favourite_is_seen_after_the_delay(
    ask: Ask, simulator: Simulator, catalogue: Catalogue
) -> None:
    simulator.world.social.settings.write_delay = 18
    artist = next(iter(catalogue.artists))
    await ask("POST", f"{FAVORITES}?ids[artists]={artist}")
    assert not await is_favorite(ask, "artists", artist)
    simulator.world.clock.advance(18)
    assert await is_favorite(ask, "artists", artist)
