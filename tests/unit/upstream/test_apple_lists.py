"""Pages larger than Apple's, and lists that do not keep their promises."""

import pytest
from aiohttp import web

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.gateways import CatalogScope
from applemusic_server.domain.resources import Page, Song, Station
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.lists import AppleList, ListReader
from applemusic_server.upstream.radio import AppleRadio
from applemusic_server.upstream.recommendations import AppleRecommendations
from tests.support.apple_server import AppleServer, Upstream, answer, fault

PATH = "/v1/me/recent/radio-stations"


def station(number: int) -> dict[str, object]:
    play = {"id": f"ra.{number}", "kind": "radioStation", "format": "tracks"}
    attributes = {"name": f"Station {number}", "isLive": False, "playParams": play}
    return {"id": f"ra.{number}", "type": "stations", "attributes": attributes}


def song(number: int) -> dict[str, object]:
    play = {"id": str(number), "kind": "song"}
    return {
        "id": str(number),
        "type": "songs",
        "attributes": {"name": f"Song {number}", "playParams": play},
    }


class Listing:
    """A list of so many things in pages of at most `most`, whatever is asked for."""

    def __init__(self, things: list[dict[str, object]], most: int) -> None:
        self.things, self.most = things, most

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        offset = int(request.query.get("offset", "0"))
        limit = min(int(request.query.get("limit", str(self.most))), self.most)
        body: dict[str, object] = {"data": self.things[offset : offset + limit]}
        if offset + limit < len(self.things):
            body["next"] = f"{request.path}?offset={offset + limit}"
        return web.json_response(body)


def reader(upstream: Upstream) -> ListReader:
    return ListReader(upstream.api, sleep=upstream.time.sleep)


async def read(upstream: Upstream, limit: int, offset: int = 0) -> Page[Station]:
    which = AppleList(Endpoint.STATIONS_RECENT, PATH, most=10)
    return await reader(upstream).read(which, (Station,), limit=limit, offset=offset)


async def test_a_page_is_made_of_as_many_as_needed(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(PATH, Listing([station(number) for number in range(37)], 10))
    page = await read(upstream, 25)
    assert [each.id for each in page.items] == [f"ra.{number}" for number in range(25)]
    assert page.next_offset == 25
    assert [each.query["limit"] for each in apple.asked] == ["10", "10", "5"]
    rest = await read(upstream, 25, 25)
    assert [each.id for each in rest.items] == [f"ra.{number}" for number in range(25, 37)]
    assert rest.next_offset is None


async def test_what_is_of_another_kind_is_passed_over_and_made_up_for(
    apple: AppleServer, upstream: Upstream
) -> None:
    things = [station(number) if number % 3 else song(number) for number in range(30)]
    apple.on(PATH, Listing(things, 10))
    found: list[str] = []
    page = await read(upstream, 8)
    while True:
        found += [each.id for each in page.items]
        if page.next_offset is None:
            break
        page = await read(upstream, 8, page.next_offset)
    assert found == [f"ra.{number}" for number in range(30) if number % 3]


async def test_a_server_that_sends_more_than_asked_for(
    apple: AppleServer, upstream: Upstream
) -> None:
    things = [station(number) for number in range(26)]
    apple.on(PATH, answer({"data": things}))
    page = await read(upstream, 10)
    assert ([each.id for each in page.items], page.next_offset) == (
        [f"ra.{number}" for number in range(10)],
        10,
    )


async def test_a_limit_that_apple_does_not_take_is_left_out(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on(PATH, fault(400, "40005", "limit"), answer({"data": [station(1)]}))
    assert len((await read(upstream, 10)).items) == 1
    assert "limit" not in apple.asked[1].query


async def test_a_promised_page_that_is_missing_is_no_end(
    apple: AppleServer, upstream: Upstream
) -> None:
    first = {"data": [station(1)], "next": f"{PATH}?offset=1"}
    apple.on(PATH, answer(first), fault(404, "40403"))
    with pytest.raises(AppleMusicError) as caught:
        await read(upstream, 10)
    assert caught.value.reason is Reason.UPSTREAM_LIST_TRUNCATED
    assert apple.count(PATH) == 4


async def test_a_list_that_leads_nowhere_ends(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(PATH, answer({"data": [station(1)], "next": f"{PATH}?offset=0"}))
    with pytest.raises(AppleMusicError) as caught:
        await read(upstream, 10)
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID


async def test_nothing_at_all_is_an_empty_page(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(PATH, fault(404, "40403"))
    assert await read(upstream, 10) == Page()


@pytest.mark.parametrize("tracks", [[song(1)], {"data": [song(1)]}])
async def test_what_follows_a_song_in_both_shapes(
    apple: AppleServer, upstream: Upstream, tracks: object
) -> None:
    results = {"station": station(5), "tracks": tracks}
    apple.on("/v1/me/stations/continuous", answer({"results": results}))
    radio = AppleRadio(upstream.api, reader(upstream))
    found = await radio.continued("1", CatalogScope("us"), upstream.listener)
    assert found is not None
    assert (found.station.id, [each.id for each in found.songs]) == ("ra.5", ["1"])


@pytest.mark.parametrize(
    "body", [{"results": {}}, {"errors": [{"status": "400"}]}, {"results": {"tracks": []}}]
)
async def test_nothing_follows_a_song(apple: AppleServer, upstream: Upstream, body: object) -> None:
    apple.on("/v1/me/stations/continuous", answer(body))
    radio = AppleRadio(upstream.api, reader(upstream))
    assert await radio.continued("1", CatalogScope("us"), upstream.listener) is None


async def test_next_tracks_says_its_length_and_how_many(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/v1/me/stations/next-tracks/ra.5", answer({"data": [song(1), station(2)]}))
    radio = AppleRadio(upstream.api, reader(upstream))
    found = await radio.next_tracks(
        "ra.5", CatalogScope("us", "de-DE"), upstream.listener, limit=99
    )
    assert found is not None
    assert [type(each) for each in found] == [Song]
    (asked,) = apple.asked
    assert (asked.method, asked.headers["Content-Length"]) == ("POST", "0")
    assert (asked.query["limit"], asked.query["l"]) == ("10", "de-DE")


@pytest.mark.parametrize(("status", "asked"), [(404, 1), (500, 3)])
async def test_a_station_that_apple_does_not_play(
    apple: AppleServer, upstream: Upstream, status: int, asked: int
) -> None:
    path = "/v1/me/stations/next-tracks/ra.5"
    apple.on(path, fault(status))
    radio = AppleRadio(upstream.api, reader(upstream))
    assert await radio.next_tracks("ra.5", CatalogScope("us"), upstream.listener, limit=10) is None
    assert apple.count(path) == asked


async def test_stations_without_attributes_are_kept_to_be_looked_up(
    apple: AppleServer, upstream: Upstream
) -> None:
    nameless = {"id": "ra.7", "type": "stations", "attributes": {"isLive": False}}
    contents = {"data": [station(1), {"id": "ra.6", "type": "stations"}, nameless]}
    group = {
        "id": "6-1",
        "type": "personal-recommendation",
        "attributes": {"title": {"stringForDisplay": "T"}, "reason": {"stringForDisplay": "R"}},
        "relationships": {"contents": contents},
    }
    apple.on("/v1/me/recommendations", answer({"data": [group]}))
    gateway = AppleRecommendations(upstream.api, reader(upstream))
    page = await gateway.groups(CatalogScope("us"), upstream.listener, limit=12, offset=0)
    assert [(each.id, each.name) for each in page.items[0].items] == [
        ("ra.1", "Station 1"),
        ("ra.6", ""),
        ("ra.7", ""),
    ]
    assert page.items[0].reason == "R"
