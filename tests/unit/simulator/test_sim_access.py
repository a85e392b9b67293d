"""401 and 403 over HTTP, exactly where Apple sends them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from applemusic_simulator.developer_tokens import make_team
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.user_tokens import LIFETIME

Get = Callable[..., Awaitable[tuple[int, Any]]]
SECOND_HALF_YEAR = 183 * 86_400


async def ask(
    simulator: Simulator, session: aiohttp.ClientSession, path: str, **headers: str
) -> tuple[int, bytes]:
    url = f"{simulator.url}/api.music.apple.com/v1{path}"
    async with session.get(url, headers=headers) as response:
        return response.status, await response.read()


async def test_both_hosts_answer(simulator: Simulator, session: aiohttp.ClientSession) -> None:
    headers = {"Authorization": f"Bearer {simulator.developer_token()}"}
    for name in ("api", "amp_api"):
        url = f"{simulator.base_urls()[name]}/v1/test"
        async with session.get(url, headers=headers) as response:
            assert (response.status, await response.read()) == (200, b"")


@pytest.mark.parametrize("path", ["/test", "/me/storefront", "/storefronts", "/nowhere"])
@pytest.mark.parametrize("value", ["", "Bearer", "Bearer x.y.z", "Basic abc"])
async def test_a_bad_developer_token_is_401_without_a_body(
    simulator: Simulator, session: aiohttp.ClientSession, path: str, value: str
) -> None:
    answer = await ask(simulator, session, path, Authorization=value)
    assert answer == (401, b"")


async def test_an_expired_developer_token_is_401_even_with_a_good_user_token(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    headers = {
        "Authorization": f"Bearer {simulator.developer_token(60)}",
        "Music-User-Token": simulator.music_user_token(),
    }
    assert (await ask(simulator, session, "/me/storefront", **headers))[0] == 200
    simulator.world.clock.advance(60)
    assert await ask(simulator, session, "/me/storefront", **headers) == (401, b"")


@pytest.mark.parametrize(
    "header",
    [
        "Music-User-Token",
        "music-user-token",
        "media-user-token",
        "x-apple-music-user-token",
        "X-Apple-Music-User-Token",
    ],
)
async def test_every_spelling_of_the_user_token_header(
    simulator: Simulator, session: aiohttp.ClientSession, header: str
) -> None:
    bearer = {"Authorization": f"Bearer {simulator.developer_token()}"}
    good = {**bearer, header: simulator.music_user_token()}
    assert (await ask(simulator, session, "/me/storefront", **good))[0] == 200
    status, body = await ask(simulator, session, "/me/storefront", **bearer, **{header: "x=="})
    assert status == 403
    assert b'"code": "40300"' in body


async def test_a_dead_user_token_is_403_and_leaves_the_catalogue_alive(
    simulator: Simulator, get: Get
) -> None:
    simulator.world.clock.advance(LIFETIME - 1)
    bearer = f"Bearer {simulator.developer_token()}"
    assert (await get("/me/storefront", Authorization=bearer))[0] == 200
    simulator.world.clock.advance(1)
    status, body = await get("/me/storefront", Authorization=bearer)
    assert status == 403
    (error,) = body["errors"]
    assert error["status"] == "403"
    assert error["code"] == "40300"
    assert error["detail"] == "Invalid authentication"
    assert len(error["id"]) == 32
    assert (await get("/test", Authorization=bearer))[0] == 200
    assert (await get("/storefronts/us", Authorization=bearer))[0] == 200


async def test_a_user_token_without_header_is_403(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": f"Bearer {simulator.developer_token()}"}
    assert (await ask(simulator, session, "/me/account", **headers))[0] == 403


async def test_another_teams_user_token_is_403(simulator: Simulator, get: Get) -> None:
    tokens = simulator.world.developer_tokens
    other = tokens.register(make_team("another"))
    assert (await get("/me/storefront", Authorization=f"Bearer {tokens.mint(other)}"))[0] == 403


async def test_revoked_tokens_stay_dead_and_a_new_one_lives(simulator: Simulator, get: Get) -> None:
    tokens = simulator.world.user_tokens
    for token in tokens.of("demo"):
        tokens.revoke(token)
    assert (await get("/me/storefront"))[0] == 403
    fresh = simulator.music_user_token()
    assert (await get("/me/storefront", **{"Music-User-Token": fresh}))[0] == 200


async def test_the_first_token_is_the_same_after_a_restart_and_has_the_known_shape(
    tmp_path: Path,
) -> None:
    one, two = (Simulator(seed=5, cache_dir=tmp_path) for _ in range(2))
    token = one.music_user_token()
    assert token == two.music_user_token()
    assert token.endswith("==")
    assert len(token) >= 32
    assert token != one.music_user_token()
    assert token not in repr(list(one.world.user_tokens))
