"""What was played: recently, most of all, and in a year or month."""

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
PLAYS = "/accounts/demo/plays"
SUMMARIES = "/me/music-summaries"
DAY = 86_400


def references(answer: tuple[int, Any]) -> list[tuple[str, str]]:
    assert answer[0] == 200
    return [(item["type"], item["id"]) for item in answer[1]["data"]]


async def play(control: Ask, *plays: dict[str, Any]) -> None:
    assert await control("POST", PLAYS, {"plays": list(plays)}) == (201, {"added": len(plays)})


async def test_an_invented_taste_is_there_from_the_start(ask: Ask, control: Ask) -> None:
    _, body = await control("GET", PLAYS)
    assert len(body["plays"]) >= 240
    assert [one["at"] for one in body["plays"]] == sorted(one["at"] for one in body["plays"])
    found = references(await ask("GET", "/me/recent/played"))
    assert len(found) == 10
    assert {kind for kind, _ in found} <= {"albums", "playlists", "stations"}
    assert len(references(await ask("GET", "/me/recent/played/tracks"))) == 30


async def test_the_last_played_comes_first_and_once(
    ask: Ask, control: Ask, catalogue: Catalogue
) -> None:
    await control("DELETE", PLAYS)
    assert references(await ask("GET", "/me/recent/played")) == []
    one, two = [a for a in catalogue.albums.values() if len(a.song_ids) > 1][:2]
    station = next(s.id for s in catalogue.stations.values() if s.featured)
    await play(
        control,
        {"track": ["songs", one.song_ids[0]], "container": ["albums", one.id]},
        {"track": ["songs", two.song_ids[0]], "container": ["albums", two.id]},
        {"container": ["stations", station]},
        {"track": ["songs", one.song_ids[0]], "container": ["albums", one.id]},
    )
    expected = [("albums", one.id), ("stations", station), ("albums", two.id)]
    assert references(await ask("GET", "/me/recent/played")) == expected
    only = await ask("GET", "/me/recent/played?types=stations,playlists")
    assert references(only) == [("stations", station)]
    tracks = [("songs", one.song_ids[0]), ("songs", two.song_ids[0])]
    assert references(await ask("GET", "/me/recent/played/tracks")) == tracks
    assert references(await ask("GET", "/me/recent/played/tracks?types=music-videos")) == []
    assert references(await ask("GET", "/me/recent/radio-stations")) == [("stations", station)]
    rotation = references(await ask("GET", "/me/history/heavy-rotation"))
    assert rotation[0] == ("albums", one.id)


async def test_pages(ask: Ask) -> None:
    path, found = "/me/recent/played?limit=4", list[tuple[str, str]]()
    while path:
        answer = await ask("GET", path)
        found += references(answer)
        path = answer[1].get("next", "").removeprefix("/v1")
    assert len(found) == len(set(found)) > 10
    _, body = await ask("GET", "/me/history/heavy-rotation?limit=1")
    assert body["href"] == "/v1/me/history/heavy-rotation?limit=1"
    assert body["next"] == "/v1/me/history/heavy-rotation?offset=1"
    for path, most in (
        ("/me/recent/played", 10),
        ("/me/recent/played/tracks", 30),
        ("/me/recent/radio-stations", 10),
        ("/me/history/heavy-rotation", 10),
    ):
        assert (await ask("GET", f"{path}?limit={most + 1}"))[0] == 400
        assert (await ask("GET", path, without="Music-User-Token"))[0] == 403
    assert (await ask("GET", "/me/recent/played?types=songs"))[0] == 400


async def test_heavy_rotation_forgets(ask: Ask, simulator: Simulator) -> None:
    assert references(await ask("GET", "/me/history/heavy-rotation"))
    simulator.world.clock.advance(29 * DAY)
    assert references(await ask("GET", "/me/history/heavy-rotation")) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"plays": [{"track": ["albums", "1"]}]}, 400),
        ({"plays": [{"track": ["songs", "1"]}]}, 404),
        ({"plays": [{"container": ["stations", "ra.none"]}]}, 404),
        ({"plays": [{"container": ["playlists", "pl.none"]}]}, 404),
        ({"plays": [{"at": 1}]}, 400),
        ({"plays": [{"song": "1"}]}, 400),
        ({"plays": {}}, 400),
        ({}, 400),
    ],
)
async def test_plays_that_cannot_be(control: Ask, body: object, status: int) -> None:
    before = await control("GET", PLAYS)
    assert (await control("POST", PLAYS, body))[0] == status
    assert await control("GET", PLAYS) == before


async def test_replay_of_the_latest_year(ask: Ask, catalogue: Catalogue) -> None:
    query = "filter[year]=latest&views=top-albums,top-artists,top-songs&include=album,artist,song"
    status, body = await ask("GET", f"{SUMMARIES}?{query}")
    assert status == 200
    (summary,) = body["data"]
    year = summary["attributes"]["year"]
    assert (summary["id"], summary["attributes"]["period"]) == (f"year-{year}", "year")
    for name, kind in (("top-songs", "song"), ("top-albums", "album"), ("top-artists", "artist")):
        entries = summary["views"][name]["data"]
        counts = [entry["attributes"]["playCount"] for entry in entries]
        assert counts == sorted(counts, reverse=True)
        assert "name" in entries[0]["relationships"][kind]["data"][0]["attributes"]
    _, body = await ask("GET", summary["views"]["top-songs"]["next"].removeprefix("/v1"))
    first = summary["views"]["top-songs"]["data"][0]["relationships"]["song"]["data"][0]["id"]
    later = [entry["relationships"]["song"]["data"][0]["id"] for entry in body["data"]]
    assert len(later) == 10
    assert first not in later
    assert set(later) <= set(catalogue.songs)
    playlist = summary["relationships"]["playlist"]["data"][0]
    assert playlist["id"].startswith("pl.rp-")
    assert "attributes" not in playlist
    _, body = await ask("GET", playlist["href"].removeprefix("/v1"))
    assert body["data"][0]["attributes"]["playlistType"] == "replay"
    assert (await ask("GET", f"{SUMMARIES}?filter[year]=2019"))[0] == 400
    assert (await ask("GET", SUMMARIES))[0] == 400


async def test_replay_by_year_and_month(ask: Ask) -> None:
    _, body = await ask("GET", f"{SUMMARIES}/search?period=year&fields[music-summaries]=period")
    years = [summary["attributes"]["year"] for summary in body["data"]]
    assert years == sorted(years, reverse=True)
    assert len(years) == 3
    _, body = await ask("GET", f"{SUMMARIES}/search?period=month")
    months = [summary["id"] for summary in body["data"]]
    assert f"month-{years[0]}-8" in months
    for key in (f"year-{years[1]}", f"month-{years[1]}-3"):
        status, body = await ask("GET", f"{SUMMARIES}/{key}?views=top-songs")
        assert (status, body["data"][0]["id"]) == (200, key)
        assert body["data"][0]["views"]["top-songs"]["data"]
    include = "include[music-summaries]=playlist"
    _, body = await ask("GET", f"{SUMMARIES}/year-{years[0]}?{include}")
    (playlist,) = body["data"][0]["relationships"]["playlist"]["data"]
    assert "name" in playlist["attributes"]
    for key in ("year-1999", f"year-{years[0] + 1}", "month-2025-13", "week-1", "year-"):
        assert (await ask("GET", f"{SUMMARIES}/{key}"))[0] == 404
    assert (await ask("GET", f"{SUMMARIES}/search?period=week"))[0] == 400
    assert (await ask("GET", f"{SUMMARIES}/year-{years[0]}/view/top-labels"))[0] == 404


async def test_the_history_counts_in_replay(
    control: Ask, simulator: Simulator, catalogue: Catalogue
) -> None:
    replay = simulator.world.social.replay
    period = next(found for found in replay.periods() if found.month)
    song = next(iter(catalogue.songs))
    before = Counter(replay.songs("demo", period))
    month = f"{period.year}-{period.month:02}-10"
    at = simulator.world.clock() - DAY
    while not period.holds(at):
        at -= DAY
    await play(control, *[{"track": ["songs", song], "at": at}] * 100)
    after = replay.songs("demo", period)
    assert after[song] == before[song] + 100, month
    assert next(iter(after)) == song
    other = next(found for found in replay.periods() if found.month and found != period)
    assert replay.songs("demo", other).get(song, 0) < 100
