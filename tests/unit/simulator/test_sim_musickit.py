"""The stand-in for MusicKit: as strict as Apple about who asks."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from applemusic_simulator.accounts import Account
from applemusic_simulator.simulator import Simulator

PAGE = "http://127.0.0.1:8780"
Post = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def post(simulator: Simulator, session: aiohttp.ClientSession) -> Post:
    """Ask as Apple's window does."""

    async def ask(path: str, **body: str) -> tuple[int, Any]:
        url = f"{simulator.url}/authorize.music.apple.com/{path}"
        async with session.post(url, json=body) as response:
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else None

    return ask


async def test_a_listener_gets_a_token_of_the_team(simulator: Simulator, post: Post) -> None:
    token = simulator.developer_token(origins=[PAGE])
    simulator.world.accounts.add(Account("kim", child=True))

    status, listeners = await post("listeners", developer_token=token, origin=PAGE)
    made = await post("tokens", developer_token=token, origin=PAGE, account="demo")

    assert status == 200
    assert listeners == [{"id": "demo", "child": False}, {"id": "kim", "child": True}]
    assert made[0] == 201
    value = made[1]["music_user_token"]
    assert simulator.world.user_tokens.check(value, simulator.team.id) == "demo"


@pytest.mark.parametrize("path", ["listeners", "tokens"])
async def test_a_bad_developer_token_opens_nothing(
    simulator: Simulator, post: Post, path: str
) -> None:
    elsewhere = simulator.developer_token(origins=["https://elsewhere.example"])
    for token in ("", "x", elsewhere, simulator.developer_token(lifetime=-1)):
        answer = await post(path, developer_token=token, origin=PAGE, account="demo")
        assert answer[0] == 401
    assert list(simulator.world.user_tokens) == []


async def test_children_and_strangers_get_none(simulator: Simulator, post: Post) -> None:
    token = simulator.developer_token()
    simulator.world.accounts.add(Account("kim", child=True))

    assert (await post("tokens", developer_token=token, account="kim"))[0] == 403
    assert (await post("tokens", developer_token=token, account="nobody"))[0] == 400
    assert (await post("tokens", developer_token=token))[0] == 400


async def test_the_page_asks_from_another_origin(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    url = f"{simulator.url}/authorize.music.apple.com/check"
    for origins, status in (((), 204), ((PAGE,), 204), (("https://elsewhere.example",), 401)):
        token = simulator.developer_token(origins=origins)
        headers = {"Origin": PAGE, "Authorization": f"Bearer {token}"}
        async with session.post(url, headers=headers) as response:
            assert response.status == status
            assert response.headers["Access-Control-Allow-Origin"] == PAGE
    async with session.options(url, headers={"Origin": PAGE}) as response:
        assert response.status == 204
        assert "authorization" in response.headers["Access-Control-Allow-Headers"]


async def test_unauthorize_takes_the_token_back(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    value = simulator.music_user_token()
    headers = {
        "Authorization": f"Bearer {simulator.developer_token()}",
        "Music-User-Token": value,
    }
    url = f"{simulator.url}/authorize.music.apple.com/revoke"
    async with session.post(url, headers=headers) as response:
        assert response.status == 204
    async with session.post(url, headers=headers) as response:
        assert response.status == 403
    token = simulator.world.user_tokens.find(value)
    assert token is not None
    assert token.revoked


async def test_the_files_are_there(simulator: Simulator, session: aiohttp.ClientSession) -> None:
    root = simulator.url
    async with session.get(f"{simulator.base_urls()['musickit']}/musickit/v3/musickit.js") as got:
        assert got.content_type == "text/javascript"
        assert "MusicKit" in await got.text()
    async with session.get(f"{root}/authorize.music.apple.com/woa") as got:
        assert "frame-ancestors 'none'" in got.headers["Content-Security-Policy"]
        page = await got.text()
    for name in re.findall(r'(?:src|href)="(woa[^"]+)"', page):
        async with session.get(f"{root}/authorize.music.apple.com/{name}") as got:
            assert got.status == 200
