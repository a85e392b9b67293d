"""Who presents music, charts of playlists, and what search finds of them."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote_plus

import pytest

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
US = "/catalog/us"


async def search(ask: Ask, kind: str, term: str) -> str:
    _, body = await ask("GET", f"{US}/search?types={kind}&term={quote_plus(term)}")
    found: str = body["results"][kind]["data"][0]["id"]
    return found


@pytest.mark.parametrize(
    ("kind", "term"),
    [
        ("activities", "Washing Up"),
        ("curators", "Tin Whistler"),
        ("apple-curators", "Sim Jazz"),
    ],
)
async def test_found_and_with_playlists(ask: Ask, kind: str, term: str) -> None:
    key = await search(ask, kind, term)
    _, body = await ask("GET", f"{US}/{kind}/{key}")
    (resource,) = body["data"]
    assert term in resource["attributes"]["name"]
    listed = [item["id"] for item in resource["relationships"]["playlists"]["data"]]
    _, body = await ask("GET", f"{US}/{kind}/{key}/playlists")
    assert [item["id"] for item in body["data"]] == listed


async def test_a_record_label_and_its_views(ask: Ask, catalogue: Catalogue) -> None:
    album = next(iter(catalogue.albums.values()))
    key = await search(ask, "record-labels", album.record_label)
    _, body = await ask("GET", f"{US}/albums/{album.id}/record-labels")
    assert [item["id"] for item in body["data"]] == [key]
    _, body = await ask("GET", f"{US}/record-labels/{key}/view/latest-releases?limit=100")
    dates = [item["attributes"]["releaseDate"] for item in body["data"]]
    assert dates == sorted(dates, reverse=True)
    assert all(i["attributes"]["recordLabel"] == album.record_label for i in body["data"])
    _, body = await ask("GET", f"{US}/record-labels/{key}?views=top-releases")
    assert body["data"][0]["views"]["top-releases"]["data"]


async def test_the_show_of_a_live_station(ask: Ask, catalogue: Catalogue) -> None:
    station = next(s for s in catalogue.stations.values() if s.show_host)
    _, body = await ask("GET", f"{US}/stations/{station.id}/radio-show")
    attributes = body["data"][0]["attributes"]
    assert (attributes["kind"], attributes["showHostName"]) == ("Show", station.show_host)
    other = next(s for s in catalogue.stations.values() if s.song_ids)
    assert (await ask("GET", f"{US}/stations/{other.id}/radio-show"))[0] == 404


async def test_charts_of_cities_and_of_the_world(ask: Ask, catalogue: Catalogue) -> None:
    path = f"{US}/charts?types=songs&with=cityCharts,dailyGlobalTopCharts&limit=2"
    _, body = await ask("GET", path)
    assert body["meta"]["results"]["order"] == ["songs", "cityCharts", "dailyGlobalTopCharts"]
    for name, chart in (("cityCharts", "city-top"), ("dailyGlobalTopCharts", "daily-global-top")):
        (page,) = body["results"][name]
        found = [item["id"] for item in page["data"]]
        following = page.get("next", "")
        while following:
            _, later = await ask("GET", following.removeprefix("/v1"))
            found += [item["id"] for item in later["results"][name][0]["data"]]
            following = later["results"][name][0].get("next", "")
        assert found == [key for key, p in catalogue.playlists.items() if p.chart == chart]
    assert (await ask("GET", f"{US}/charts?types=songs&with=villageCharts"))[0] == 400
    _, body = await ask("GET", f"{US}/playlists?filter[storefront-chart]=us")
    assert all(not catalogue.playlists[item["id"]].chart for item in body["data"])


async def test_top_results_mix_types(ask: Ask, catalogue: Catalogue) -> None:
    artist = next(iter(catalogue.artists.values()))
    term = quote_plus(artist.name)
    types = "artists,songs,albums"
    _, body = await ask("GET", f"{US}/search?term={term}&types={types}&with=topResults")
    top = body["results"]["top"]["data"]
    assert (top[0]["type"], top[0]["id"]) == ("artists", artist.id)
    assert len({item["type"] for item in top}) > 1
    path = f"{US}/search/suggestions?term={term}&kinds=topResults,terms&types={types}"
    _, body = await ask("GET", path)
    kinds = [suggestion["kind"] for suggestion in body["results"]["suggestions"]]
    assert {"terms", "topResults"} <= set(kinds)


async def test_the_library_item_of_a_catalogue_item(
    ask: Ask, catalogue: Catalogue, simulator: Simulator
) -> None:
    library = simulator.world.libraries.of("demo")
    owned = next(song for song in library.songs() if song.catalog_id in catalogue.songs)
    _, answer = await ask("GET", f"{US}/songs/{owned.catalog_id}/library")
    assert [item["id"] for item in answer["data"]] == [owned.id]
    _, answer = await ask("GET", f"{US}/songs/{owned.catalog_id}?relate=library&extend=inLibrary")
    (found,) = answer["data"]
    assert found["attributes"]["inLibrary"] is True
    assert [item["id"] for item in found["relationships"]["library"]["data"]] == [owned.id]
    song = next(song for song in catalogue.songs if library.song_with(song) is None)
    assert (await ask("GET", f"{US}/songs/{song}/library"))[0] == 404
    path = f"{US}/songs/{song}/library"
    assert (await ask("GET", path, without="Music-User-Token"))[0] == 403
    assert (await ask("GET", f"{US}/stations/ra.1/library"))[0] == 400
