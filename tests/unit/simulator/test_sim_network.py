"""Latency, bandwidth, generic faults and the request log, on a real server with a noted sleep."""

import asyncio
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import BaseTestServer, TestServer

from applemusic_simulator.app import create_app
from applemusic_simulator.conditions import Conditions, Fault
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.request_log import LoggedRequest
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World

BODY = bytes(range(250)) * 4


class Echo:
    """Three endpoints, as another part of the simulator adds them."""

    def add_routes(self, app: web.Application) -> None:
        add_endpoint(app, "cdn", "GET", "/cdn/{name}", self.serve)
        add_endpoint(app, "license", "POST", "/license", self.serve)

    async def serve(self, request: web.Request) -> web.Response:
        assert await request.read() in (b"", b'{"adamId": "42"}')
        return web.Response(body=BODY, headers={"ETag": '"x"'})


class Naps:
    """Stands for asyncio.sleep: notes how long, and only lets others run."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps() -> Naps:
    return Naps()


@pytest.fixture
async def server(world: World, naps: Naps) -> AsyncIterator[BaseTestServer]:
    async with TestServer(create_app(world, Echo(), sleep=naps), host="127.0.0.1") as server:
        yield server


@pytest.fixture
def arrived(world: World, monkeypatch: pytest.MonkeyPatch) -> asyncio.Semaphore:
    """Released once for every request that reaches the simulator."""
    semaphore = asyncio.Semaphore(0)
    start = world.requests.start

    def noted(**values: str) -> LoggedRequest:
        semaphore.release()
        return start(**values)

    monkeypatch.setattr(world.requests, "start", noted)
    return semaphore


async def fetch(
    session: aiohttp.ClientSession, server: BaseTestServer, path: str = "/cdn/a"
) -> tuple[int, bytes, str]:
    async with session.get(server.make_url(path)) as response:
        return response.status, await response.read(), response.content_type


async def test_nothing_is_done_to_a_healthy_answer(
    session: aiohttp.ClientSession, server: BaseTestServer, naps: Naps
) -> None:
    assert (await fetch(session, server))[:2] == (200, BODY)
    assert naps.taken == []


async def test_latency_counts_from_arrival_and_by_endpoint(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World, naps: Naps
) -> None:
    world.conditions.latency = {"cdn": 5.0, "*": 0.0}
    await fetch(session, server)
    await session.post(server.make_url("/license"))
    (nap,) = naps.taken
    assert 4.0 < nap < 5.0


async def test_bandwidth_spreads_the_body(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World, naps: Naps
) -> None:
    world.conditions.bandwidth = {"cdn": 2_000.0}
    async with session.get(server.make_url("/cdn/a")) as response:
        assert response.headers["ETag"] == '"x"'
        assert response.content_length == len(BODY)
        assert await response.read() == BODY
    assert sum(naps.taken) == pytest.approx(len(BODY) / 2_000)
    assert len(naps.taken) == 10


async def test_status_html_and_empty(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [
        Fault("cdn", "status", status=429),
        Fault("cdn", "html", status=503),
        Fault("cdn", "empty"),
    ]
    async with session.get(server.make_url("/cdn/a")) as response:
        assert response.status == 429
        assert "Retry-After" not in response.headers
        (error,) = (await response.json())["errors"]
        assert error["title"] == "Too Many Requests"
    status, body, content_type = await fetch(session, server)
    assert (status, content_type) == (503, "text/html")
    assert b"<html>" in body
    assert (await fetch(session, server))[:2] == (200, b"")
    assert (await fetch(session, server))[:2] == (200, BODY)


async def test_a_bare_500_has_no_code_and_a_bare_401_no_body(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [Fault("cdn", "status"), Fault("cdn", "status", status=401)]
    _, body, _ = await fetch(session, server)
    (error,) = json.loads(body)["errors"]
    assert set(error) == {"id", "title", "status"}
    assert (await fetch(session, server))[:2] == (401, b"")


async def test_cut_promises_all_and_sends_some(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [Fault("cdn", "cut", after_bytes=300)]
    async with session.get(server.make_url("/cdn/a")) as response:
        assert response.content_length == len(BODY)
        assert await response.content.readexactly(300) == BODY[:300]
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.read()


async def test_reset_is_seen_as_a_reset(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    # Not a GET: aiohttp's client silently asks once more when a GET is reset.
    world.conditions.faults = [Fault("license", "reset")]
    with pytest.raises(aiohttp.ClientOSError, match="reset"):
        await session.post(server.make_url("/license"))
    assert (await fetch(session, server))[0] == 200


async def test_hang_lasts_until_the_client_leaves(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [Fault("cdn", "hang")]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(fetch(session, server), 0.05)


async def test_a_hanging_answer_does_not_hold_up_the_end(
    world: World, session: aiohttp.ClientSession, arrived: asyncio.Semaphore
) -> None:
    world.conditions.faults = [Fault("cdn", "hang")]
    async with Simulator(world=world, media=Echo()) as simulator:
        asking = asyncio.create_task(session.get(f"{simulator.url}/cdn/a"))
        await arrived.acquire()
    with pytest.raises(aiohttp.ClientError):
        await asking


async def test_a_fault_meets_its_subject_in_path_query_or_body_as_often_as_it_says(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [
        Fault("*", "status", subject="adamId", count=2),
        Fault("cdn", "status", status=404, subject="b?x=1", count=None),
    ]
    assert (await fetch(session, server, "/cdn/a"))[0] == 200
    for expected in (500, 500, 200):
        url = server.make_url("/license")
        async with session.post(url, data=b'{"adamId": "42"}') as response:
            assert response.status == expected
    for _ in range(3):
        assert (await fetch(session, server, "/cdn/b?x=1"))[0] == 404


async def test_kinds_that_the_network_does_not_know_are_left_for_the_handler(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    world.conditions.faults = [Fault("cdn", "refused", code="3076")]
    assert (await fetch(session, server))[0] == 200
    assert world.conditions.take("cdn", kinds={"other"}) is None
    fault = world.conditions.take("cdn", kinds={"refused"})
    assert fault is not None
    assert fault.code == "3076"


def test_the_share_of_a_fault_is_kept_and_repeats_with_the_seed() -> None:
    def hits(seed: int) -> list[bool]:
        conditions = Conditions(seed, faults=[Fault("api", "status", count=None, share=0.2)])
        return [conditions.take("api") is not None for _ in range(500)]

    assert 60 < sum(hits(1)) < 140
    assert hits(1) == hits(1)
    assert hits(1) != hits(2)


async def test_the_log_keeps_order_counts_and_answers(
    session: aiohttp.ClientSession, server: BaseTestServer, world: World
) -> None:
    await fetch(session, server, "/cdn/a?x=1")
    async with session.get(server.make_url("/cdn/b"), headers={"Range": "bytes=0-9"}) as response:
        await response.read()
    await session.get(server.make_url("/control"))
    await session.post(server.make_url("/license"))
    entries = list(world.requests)
    assert [entry.index for entry in entries] == [1, 2, 3]
    assert [entry.endpoint for entry in entries] == ["cdn", "cdn", "license"]
    assert (entries[0].host, entries[0].path, entries[0].query) == ("cdn", "/a", "x=1")
    assert entries[1].range == "bytes=0-9"
    assert all(entry.status == 200 for entry in entries)
    assert entries[0].started_at <= (entries[0].finished_at or 0) <= entries[1].started_at
    assert world.requests.count("cdn") == 2
    assert world.requests.describe()["most_at_once"] == {"cdn": 1, "license": 1}
    assert world.requests.describe("license", 2)["requests"][0]["method"] == "POST"


async def test_the_log_knows_what_was_under_way_at_once(
    session: aiohttp.ClientSession,
    server: BaseTestServer,
    world: World,
    arrived: asyncio.Semaphore,
) -> None:
    world.conditions.faults = [Fault("cdn", "hang", count=3)]
    asking = [asyncio.create_task(fetch(session, server)) for _ in range(3)]
    for _ in range(3):
        await arrived.acquire()
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    assert world.requests.describe()["most_at_once"] == {"cdn": 3}
