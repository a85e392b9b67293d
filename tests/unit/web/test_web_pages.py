"""The pages, over a real port."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter

from applemusic_server.web.application import web_application
from applemusic_server.web.site import Site
from tests.support.metrics_text import renderer


@dataclass
class Pages:
    port: int = 0
    problem: str = ""
    refreshed: int = 0
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def readiness(self) -> str:
        return self.problem

    async def refresh(self) -> None:
        self.refreshed += 1

    async def get(
        self, path: str, host: str | None = None, method: str = "GET"
    ) -> tuple[int, str, dict[str, str]]:
        headers = {} if host is None else {"Host": host}
        async with (
            aiohttp.ClientSession() as session,
            session.request(
                method, f"http://127.0.0.1:{self.port}{path}", headers=headers
            ) as response,
        ):
            return response.status, await response.text(), dict(response.headers)


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    made = Pages()
    site = Site(
        web_application(
            renderer(made.registry), made.readiness, made.refresh, ["Music.example.org"]
        )
    )
    made.port = await site.start("127.0.0.1", 0)
    yield made
    await site.stop()


async def test_metrics_are_fresh(pages: Pages) -> None:
    Counter("cows", "Cows.", registry=pages.registry).inc()

    status, text, headers = await pages.get("/metrics")

    assert status == 200
    assert "cows_total 1.0" in text
    assert pages.refreshed == 1
    assert headers["Cache-Control"] == "no-store"


async def test_a_request_without_a_host_is_refused_at_once(
    pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(name: str = "") -> str:
        raise AssertionError(f"a look-up of {name!r} blocks the event loop")

    monkeypatch.setattr("socket.getfqdn", look_up)
    reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
    writer.write(b"GET /livez HTTP/1.0\r\n\r\n")
    assert b" 421 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("path", ["/livez", "/metrics", "/nothing"])
async def test_no_page_tells_of_versions(pages: Pages, path: str) -> None:
    _, _, headers = await pages.get(path)
    assert "Server" not in headers


async def test_alive_even_when_not_ready(pages: Pages) -> None:
    assert (await pages.get("/readyz"))[:2] == (200, "ok\n")
    pages.problem = "STORAGE_UNAVAILABLE"

    assert (await pages.get("/livez"))[:2] == (200, "ok\n")
    assert (await pages.get("/readyz"))[:2] == (503, "STORAGE_UNAVAILABLE\n")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("localhost:8780", 200),
        ("LOCALHOST", 200),
        ("[::1]:8780", 200),
        ("music.example.org", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil.example", 421),
    ],
)
async def test_the_host_must_be_ours(pages: Pages, host: str, status: int) -> None:
    assert (await pages.get("/livez", host))[0] == status


async def test_what_is_not_there(pages: Pages) -> None:
    status, text, headers = await pages.get("/<script>alert(1)</script>")

    assert status == 404
    assert "script" not in text
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_are_only_read(pages: Pages) -> None:
    status, _, headers = await pages.get("/metrics", method="POST")

    assert status == 405
    assert "GET" in headers["Allow"]


async def test_a_port_in_use_is_an_os_error(pages: Pages) -> None:
    other = Site(web_application(renderer(pages.registry), pages.readiness, pages.refresh, None))

    with pytest.raises(OSError, match="in use"):
        await other.start("127.0.0.1", pages.port)
    await other.stop()


async def test_garbage_does_not_stop_the_server(pages: Pages) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", pages.port)
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0")
    await reader.read()
    writer.close()
    await writer.wait_closed()

    assert (await pages.get("/livez"))[0] == 200
