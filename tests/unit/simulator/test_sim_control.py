"""The control API."""

from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from applemusic_simulator.control import local_json
from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
FAULT = {"endpoint": "api", "kind": "status", "status": 429, "count": None}


async def test_the_overview_names_the_hosts(control: Ask, simulator: Simulator) -> None:
    status, body = await control("GET", "")
    assert status == 200
    assert body["base_urls"] == simulator.base_urls()
    assert {"api", "artwork"} <= set(body["endpoints"])
    assert body["songs"] == len(simulator.world.catalogue.songs)


async def test_conditions_take_effect_at_once_and_go_away(control: Ask, get: Ask) -> None:
    _, body = await control(
        "PUT", "/conditions", {"latency": {"api": 0.001}, "bandwidth": {"*": 10**9}}
    )
    assert body == {
        "latency": {"api": 0.001},
        "bandwidth": {"*": 10**9},
        "faults": [],
        "deep_pages": 0.0,
    }
    status, body = await control("POST", "/faults", FAULT)
    assert status == 201
    assert body["faults"][0]["status"] == 429
    assert (await get("/test"))[0] == 429
    assert (await get("/test"))[0] == 429
    _, body = await control("DELETE", "/faults?endpoint=artwork")
    assert len(body["faults"]) == 1
    _, body = await control("DELETE", "/faults")
    assert body["faults"] == []
    assert (await get("/test"))[0] == 200
    _, body = await control("PUT", "/conditions", {"faults": [FAULT]})
    assert body["latency"] == {"api": 0.001}
    assert (await get("/test"))[0] == 429
    await control("POST", "/reset")
    assert await control("GET", "/conditions") == (
        200,
        {"latency": {}, "bandwidth": {}, "faults": [], "deep_pages": 0.0},
    )


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/conditions", {"latency": {"api": -1}}),
        ("PUT", "/conditions", {"latency": {"api": "fast"}}),
        ("PUT", "/conditions", {"latency": [1]}),
        ("PUT", "/conditions", {"bandwidth": {"api": 0}}),
        ("PUT", "/conditions", {"faults": [FAULT, {"endpoint": "api"}]}),
        ("PUT", "/conditions", {"latenzy": {}}),
        ("PUT", "/conditions", {"latency": {"apí": 1}}),
        ("PUT", "/conditions", {"bandwidth": {"apí": 1}}),
        ("POST", "/faults", {**FAULT, "endpoint": "webPlayBack"}),
        ("PUT", "/conditions", [1]),
        ("POST", "/faults", {**FAULT, "share": 2}),
        ("POST", "/faults", {**FAULT, "count": 0}),
        ("POST", "/faults", {**FAULT, "status": True}),
        ("POST", "/faults", {**FAULT, "colour": "red"}),
        ("POST", "/accounts", {"storefront": "us"}),
        ("PATCH", "/accounts/demo", {"subscribed": "no"}),
        ("POST", "/developer-tokens", {"lifetime": "long"}),
        ("POST", "/developer-tokens", {"origins": "https://a.example"}),
        ("POST", "/teams", {}),
        ("POST", "/clock/advance", {"seconds": True}),
        ("GET", "/requests?since=x", None),
    ],
)
async def test_mistakes_are_400_and_change_nothing(
    control: Ask, method: str, path: str, body: object
) -> None:
    before = await control("GET", "/conditions"), await control("GET", "/accounts")
    status, answer = await control(method, path, body)
    assert status == 400
    assert answer["error"]
    assert (await control("GET", "/conditions"), await control("GET", "/accounts")) == before


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/music-user-tokens", {"account": "nobody"}),
        ("/music-user-tokens", {"team": "NOSUCHTEAM"}),
        ("/developer-tokens", {"team": "NOSUCHTEAM"}),
        ("/music-user-tokens/revoke", {"music_user_token": "x=="}),
        ("/music-user-tokens/expire", {"account": "nobody"}),
    ],
)
async def test_unknown_names_are_404(control: Ask, path: str, body: object) -> None:
    assert (await control("POST", path, body))[0] == 404


async def test_accounts_and_their_tokens(control: Ask, get: Ask) -> None:
    status, account = await control("POST", "/accounts", {"id": "ada", "storefront": "de"})
    assert status == 201
    assert account["music_user_tokens"] == []
    _, issued = await control("POST", "/music-user-tokens", {"account": "ada", "lifetime": 50})
    token = issued["music_user_token"]
    header = {"Music-User-Token": token}
    _, body = await get("/me/storefront", **header)
    assert body["data"][0]["id"] == "de"
    await control("PATCH", "/accounts/ada", {"storefront": "jp", "subscribed": False})
    _, body = await get("/me/account?meta=subscription", **header)
    assert body["meta"]["subscription"] == {"active": False, "storefront": "jp"}
    _, body = await control("POST", "/clock/advance", {"seconds": 50})
    assert (await get("/me/storefront", **header))[0] == 403
    _, accounts = await control("GET", "/accounts")
    states = {a["id"]: [t["state"] for t in a["music_user_tokens"]] for a in accounts}
    assert states == {"demo": ["valid"], "ada": ["expired"]}
    await control("POST", "/reset")
    assert [a["id"] for a in (await control("GET", "/accounts"))[1]] == ["demo"]


async def test_expire_one_token_and_revoke_all_of_an_account(control: Ask, get: Ask) -> None:
    _, issued = await control("POST", "/music-user-tokens")
    token = {"music_user_token": issued["music_user_token"]}
    header = {"Music-User-Token": issued["music_user_token"]}
    assert await control("POST", "/music-user-tokens/expire", token) == (200, {"changed": 1})
    assert (await get("/me/storefront", **header))[0] == 403
    assert (await get("/me/storefront"))[0] == 200
    assert await control("POST", "/music-user-tokens/revoke", {"account": "demo"}) == (
        200,
        {"changed": 2},
    )
    assert (await get("/me/storefront"))[0] == 403
    await control("POST", "/reset")
    assert (await get("/me/storefront"))[0] == 200


async def test_developer_tokens_of_any_team(control: Ask, get: Ask) -> None:
    _, team = await control("POST", "/teams", {"name": "second"})
    assert team["p8"].startswith("-----BEGIN PRIVATE KEY-----")
    _, teams = await control("GET", "/teams")
    assert team in teams
    body = {"team": team["team"], "lifetime": 60, "origins": ["https://a.example"]}
    status, minted = await control("POST", "/developer-tokens", body)
    assert status == 201
    bearer = f"Bearer {minted['developer_token']}"
    assert (await get("/test", Authorization=bearer))[0] == 401
    assert (await get("/test", Authorization=bearer, Origin="https://a.example"))[0] == 200


async def test_requests_are_counted_by_endpoint(control: Ask, get: Ask) -> None:
    await get("/test")
    await get("/storefronts/us?l=en")
    _, body = await control("GET", "/requests?endpoint=api&since=1")
    assert body["total"] == 2
    assert body["counts"] == {"api": 2}
    (entry,) = body["requests"]
    assert (entry["path"], entry["query"], entry["status"]) == ("/v1/storefronts/us", "l=en", 200)
    _, body = await control("DELETE", "/requests")
    assert body["total"] == 0


async def test_the_catalogue_can_be_listed(control: Ask, simulator: Simulator) -> None:
    _, body = await control("GET", "/catalogue")
    assert body["songs"].keys() == simulator.world.catalogue.songs.keys()
    assert body["withdrawn"]


@pytest.mark.parametrize(
    ("peer", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("192.0.2.7", 403), (None, 403), ("unix", 403)],
)
async def test_only_the_same_machine_is_let_in(peer: str | None, status: int) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response()

    transport = Mock()
    transport.get_extra_info.side_effect = lambda name, default=None: (
        (peer, 1) if name == "peername" and peer else default
    )
    request = make_mocked_request("GET", "/control", transport=transport)
    assert request.remote == peer
    assert (await local_json(answer)(request)).status == status
