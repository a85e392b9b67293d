"""Recommendations: groups, their contents, and their change over time."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from applemusic_simulator.model import Catalogue
from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
PATH = "/me/recommendations"
DAY = 86_400


async def groups(ask: Ask) -> dict[str, Any]:
    status, body = await ask("GET", f"{PATH}?limit=12")
    assert status == 200
    return {group["attributes"]["title"]["stringForDisplay"]: group for group in body["data"]}


def contents(group: Any) -> list[Any]:
    found: list[Any] = group["relationships"]["contents"]["data"]
    return found


async def test_groups_mix_playlists_albums_and_stations(ask: Ask, catalogue: Catalogue) -> None:
    found = await groups(ask)
    kinds = {group["attributes"]["kind"] for group in found.values()}
    assert kinds == {"music-recommendations", "recently-played", "unknown"}
    mixed = next(group for title, group in found.items() if title.startswith("More Like "))
    assert {item["type"] for item in contents(mixed)} == {"albums", "playlists", "stations"}
    assert set(mixed["attributes"]["resourceTypes"]) == {"albums", "playlists", "stations"}
    assert mixed["attributes"]["reason"]["stringForDisplay"].startswith("You listened to ")
    stations = [item["id"] for item in contents(found["Stations for You"])]
    assert stations[0].startswith("ra.u-")
    live = {s.id for s in catalogue.stations.values() if s.featured}
    _, rest = await ask("GET", f"{PATH}/{found['Stations for You']['id']}/contents?offset=10")
    assert live & {item["id"] for item in rest["data"]}
    for mix in contents(found["Made for You"]):
        assert mix["id"].startswith("pl.pm-")
        assert mix["attributes"]["playlistType"] == "personal-mix"
        _, body = await ask("GET", f"/catalog/us/playlists/{mix['id']}")
        tracks = body["data"][0]["relationships"]["tracks"]["data"]
        assert len(tracks) == 25


async def test_all_contents_by_following_next(ask: Ask) -> None:
    new = (await groups(ask))["New Releases"]
    assert len(contents(new)) == 10
    path = new["relationships"]["contents"]["next"].removeprefix("/v1")
    found = contents(new)
    while path:
        status, body = await ask("GET", path)
        assert status == 200
        found += body["data"]
        path = body.get("next", "").removeprefix("/v1")
    assert len(found) == len({item["id"] for item in found}) == 24
    status, body = await ask("GET", f"{PATH}/{new['id']}/contents?offset=24")
    assert (status, body["errors"][0]["code"]) == (404, "40403")
    assert (await ask("GET", f"{PATH}/{new['id']}/contents?limit=11"))[0] == 400
    _, body = await ask("GET", f"{PATH}/{new['id']}?limit[contents]=3")
    assert len(contents(body["data"][0])) == 3


async def test_groups_by_id_and_in_pages(ask: Ask) -> None:
    ids = [group["id"] for group in (await groups(ask)).values()]
    assert all(key.startswith("6-") for key in ids)
    _, body = await ask("GET", f"{PATH}?ids={ids[2]},6-nothing,{ids[0]}")
    assert [group["id"] for group in body["data"]] == [ids[2], ids[0]]
    _, body = await ask("GET", f"{PATH}?limit=2")
    assert body["next"] == f"/v1{PATH}?offset=2"
    assert len(body["data"]) == 2
    assert (await ask("GET", f"{PATH}/6-nothing"))[0] == 404
    assert (await ask("GET", f"{PATH}?limit=31"))[0] == 400
    assert (await ask("GET", PATH, without="Music-User-Token"))[0] == 403


async def test_ids_change_at_the_promised_time_and_when_told(
    ask: Ask, control: Ask, simulator: Simulator
) -> None:
    before = await groups(ask)
    update = before["Made for You"]["attributes"]["nextUpdateDate"]
    until = datetime.fromisoformat(update).timestamp() - simulator.world.clock()
    assert 0 < until <= DAY
    simulator.world.clock.advance(until - 1)
    assert (await groups(ask))["Made for You"]["id"] == before["Made for You"]["id"]
    simulator.world.clock.advance(1)
    after = await groups(ask)
    assert after["Made for You"]["id"] != before["Made for You"]["id"]
    assert (await ask("GET", f"{PATH}/{before['Made for You']['id']}/contents"))[0] == 404
    _, told = await control("POST", "/accounts/demo/rotate-recommendations")
    assert after["Made for You"]["id"] not in told["ids"]
    assert [group["id"] for group in (await groups(ask)).values()] == told["ids"]


async def test_other_listeners_other_recommendations(
    ask: Ask, control: Ask, simulator: Simulator
) -> None:
    await control("POST", "/accounts", {"id": "ada", "storefront": "de"})
    header = {"Music-User-Token": simulator.music_user_token("ada")}
    _, body = await ask("GET", PATH, headers=header)
    mine = await groups(ask)
    assert {group["id"] for group in body["data"]}.isdisjoint(g["id"] for g in mine.values())
    assert contents(body["data"][0])[0]["href"].startswith("/v1/catalog/de/")
