"""The simulator's own control API, under `/control`. Nothing of it exists at Apple.

It answers only to clients on the same machine. Bodies and answers are JSON; a mistake is a 400
`{"error": "..."}`, an unknown name a 404.

| method and path | what it does |
| --- | --- |
| GET /control | seed, time, base URLs, endpoint names, teams, sizes of the catalogue |
| GET /control/conditions | `{latency, bandwidth, faults, deep_pages}` |
| PUT /control/conditions | replace those given of `latency` (seconds by endpoint), `bandwidth` |
| | (bytes per second by endpoint), `faults` (list), `deep_pages` (seconds more for every 1000 |
| | items before a page); `*` is every endpoint |
| POST /control/faults | add one fault: `{endpoint, kind, status?, code?, after_bytes?, count?, |
| | share?, subject?}`; `count: null` is forever |
| DELETE /control/faults | remove all faults, or with `?endpoint=` those of one endpoint |
| GET /control/accounts | the accounts with their music user tokens |
| POST /control/accounts | add or replace one: `{id, storefront?, subscribed?, |
| | explicit_allowed?, max_streams?, favorites_to_library?}` |
| PATCH /control/accounts/{id} | change some of these values |
| POST /control/developer-tokens | `{team?, lifetime?, origins?}` -> `{developer_token, ...}` |
| POST /control/music-user-tokens | `{account?, team?, lifetime?}` -> `{music_user_token, ...}` |
| POST /control/music-user-tokens/expire, .../revoke | `{music_user_token}` or `{account}` (all |
| | of its tokens) -> `{changed}` |
| GET /control/teams | `[{team, key_id, p8}]`: what a developer would have downloaded |
| POST /control/teams | register another invented team: `{name}` |
| GET /control/clock | `{now}` |
| POST /control/clock/advance | `{seconds}` -> `{now}` |
| GET /control/requests | `{total, counts, most_at_once, requests}` in start order; |
| | `?endpoint=` one endpoint, `?since=<index>` later ones |
| DELETE /control/requests | forget the requests |
| GET /control/catalogue | ids and names of artists, albums, songs and playlists |
| GET /control/broadcast, PUT `{form?, segment_seconds?, listed?}` | how broadcasts are sent |
| | (`media_routes`) |
| GET /control/playback, PUT `{variant?, layout?}` | which kind of file and playlist songs are |
| | served as (`media_routes`) |
| /control/social, /control/permissions, /control/accounts/{id}/... | see `social_control` |
| GET /control/originals/{id} | a song before it was encrypted (`media_routes`) |
| GET /control/widevine-device | the test device, a `.wvd` file (`media_routes`) |
| /control/rate-limit, /control/libraries/... | see `library.control` |
| POST /control/reset | conditions, clock, accounts, tokens, playback and log as at the start |
"""

import ipaddress
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.accounts import DEMO, Account
from applemusic_simulator.conditions import Fault
from applemusic_simulator.control_values import (
    ControlError,
    UnknownNameError,
    account_from,
    fault_from,
    number,
    numbers,
    text,
    texts,
)
from applemusic_simulator.developer_tokens import USUAL_LIFETIME, Team, make_team
from applemusic_simulator.network import Handler, endpoint_names
from applemusic_simulator.user_tokens import LIFETIME, UserToken
from applemusic_simulator.world import World


class ControlRoutes:
    """Lets a person or a test change the world while it runs.

    Args:
        world: What is changed.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register everything under `/control`; no conditions apply and nothing is logged."""
        routes: dict[tuple[str, str], Handler] = {
            ("GET", ""): self._overview,
            ("GET", "/conditions"): self._get_conditions,
            ("PUT", "/conditions"): self._put_conditions,
            ("POST", "/faults"): self._add_fault,
            ("DELETE", "/faults"): self._delete_faults,
            ("GET", "/accounts"): self._get_accounts,
            ("POST", "/accounts"): self._add_account,
            ("PATCH", "/accounts/{id}"): self._change_account,
            ("POST", "/developer-tokens"): self._mint,
            ("POST", "/music-user-tokens"): self._issue,
            ("POST", "/music-user-tokens/expire"): self._expire,
            ("POST", "/music-user-tokens/revoke"): self._revoke,
            ("GET", "/teams"): self._get_teams,
            ("POST", "/teams"): self._add_team,
            ("GET", "/clock"): self._get_clock,
            ("POST", "/clock/advance"): self._advance,
            ("GET", "/requests"): self._get_requests,
            ("DELETE", "/requests"): self._clear_requests,
            ("GET", "/catalogue"): self._get_catalogue,
            ("POST", "/reset"): self._reset,
        }
        for (method, path), handler in routes.items():
            app.router.add_route(method, f"/control{path}", local_json(handler))

    async def _overview(self, request: web.Request) -> web.Response:
        catalogue = self._world.catalogue
        return web.json_response(
            {
                "seed": self._world.seed,
                "now": self._world.clock(),
                "base_urls": hosts.base_urls(hosts.origin_of(request)),
                "endpoints": sorted(endpoint_names(request.app)),
                "teams": [team.id for team in self._world.developer_tokens],
                "accounts": [account.id for account in self._world.accounts],
                "artists": len(catalogue.artists),
                "albums": len(catalogue.albums),
                "songs": len(catalogue.songs),
                "playlists": len(catalogue.playlists),
            }
        )

    async def _get_conditions(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.conditions.describe())

    async def _put_conditions(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"latency", "bandwidth", "faults", "deep_pages"})
        conditions = self._world.conditions
        deep_pages = number(body, "deep_pages", conditions.deep_pages)
        latency, bandwidth = numbers(body, "latency"), numbers(body, "bandwidth")
        faults = body.get("faults")
        if faults is not None and not isinstance(faults, list):
            raise ControlError("faults must be a list")
        made = [fault_from(fault) for fault in faults or ()]
        _check_endpoints(request, *(latency or ()), *(bandwidth or ()), *(f.endpoint for f in made))
        if any(rate <= 0 for rate in (bandwidth or {}).values()):
            raise ControlError("bandwidth must be above 0")
        if deep_pages < 0:
            raise ControlError("deep_pages must not be negative")
        conditions.deep_pages = deep_pages
        if latency is not None:
            conditions.latency = latency
        if bandwidth is not None:
            conditions.bandwidth = bandwidth
        if faults is not None:
            conditions.faults = made
        return web.json_response(conditions.describe())

    async def _add_fault(self, request: web.Request) -> web.Response:
        fault = fault_from(await read_body(request, set(Fault.__dataclass_fields__)))
        _check_endpoints(request, fault.endpoint)
        self._world.conditions.faults.append(fault)
        return web.json_response(self._world.conditions.describe(), status=201)

    async def _delete_faults(self, request: web.Request) -> web.Response:
        endpoint = request.query.get("endpoint")
        conditions = self._world.conditions
        conditions.faults = [
            fault for fault in conditions.faults if endpoint and fault.endpoint != endpoint
        ]
        return web.json_response(conditions.describe())

    async def _get_accounts(self, _request: web.Request) -> web.Response:
        return web.json_response([self._describe(account) for account in self._world.accounts])

    async def _add_account(self, request: web.Request) -> web.Response:
        body = await read_body(request, set(Account.__dataclass_fields__))
        account = self._world.accounts.add(account_from(Account(text(body, "id", "")), body))
        return web.json_response(self._describe(account), status=201)

    async def _change_account(self, request: web.Request) -> web.Response:
        body = await read_body(request, set(Account.__dataclass_fields__) - {"id"})
        account = account_from(self._account(request.match_info["id"]), body)
        self._world.accounts.add(account)
        return web.json_response(self._describe(account))

    async def _mint(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"team", "lifetime", "origins"})
        team = self._team(text(body, "team", ""))
        lifetime = number(body, "lifetime", USUAL_LIFETIME)
        token = self._world.developer_tokens.mint(team, lifetime, texts(body, "origins"))
        answer = {
            "developer_token": token,
            "team": team.id,
            "key_id": team.key_id,
            "expires_at": int(self._world.clock()) + int(lifetime),
        }
        return web.json_response(answer, status=201)

    async def _issue(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"account", "team", "lifetime"})
        account = self._account(text(body, "account", DEMO))
        team = self._team(text(body, "team", ""))
        tokens = self._world.user_tokens
        value = tokens.issue(account.id, team.id, number(body, "lifetime", LIFETIME))
        (issued,) = (token for token in tokens if token.value == value)
        return web.json_response(tokens.describe(issued), status=201)

    async def _expire(self, request: web.Request) -> web.Response:
        chosen = await self._chosen_tokens(request)
        for token in chosen:
            self._world.user_tokens.expire(token)
        return web.json_response({"changed": len(chosen)})

    async def _revoke(self, request: web.Request) -> web.Response:
        chosen = await self._chosen_tokens(request)
        for token in chosen:
            self._world.user_tokens.revoke(token)
        return web.json_response({"changed": len(chosen)})

    async def _get_teams(self, _request: web.Request) -> web.Response:
        return web.json_response([_describe_team(team) for team in self._world.developer_tokens])

    async def _add_team(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"name"})
        name = text(body, "name", "")
        if not name:
            raise ControlError("name must not be empty")
        team = self._world.developer_tokens.register(make_team(f"{self._world.seed} {name}"))
        return web.json_response(_describe_team(team), status=201)

    async def _get_clock(self, _request: web.Request) -> web.Response:
        return web.json_response({"now": self._world.clock()})

    async def _advance(self, request: web.Request) -> web.Response:
        self._world.clock.advance(number(await read_body(request, {"seconds"}), "seconds", 0.0))
        return web.json_response({"now": self._world.clock()})

    async def _get_requests(self, request: web.Request) -> web.Response:
        since = request.query.get("since", "0")
        if not since.isdecimal():
            raise ControlError("since must be an index")
        endpoint = request.query.get("endpoint", "")
        return web.json_response(self._world.requests.describe(endpoint, int(since)))

    async def _clear_requests(self, _request: web.Request) -> web.Response:
        self._world.requests.clear()
        return web.json_response(self._world.requests.describe())

    async def _get_catalogue(self, _request: web.Request) -> web.Response:
        catalogue = self._world.catalogue
        return web.json_response(
            {
                "artists": {artist.id: artist.name for artist in catalogue.artists.values()},
                "albums": {album.id: album.name for album in catalogue.albums.values()},
                "songs": {song.id: song.name for song in catalogue.songs.values()},
                "playlists": {found.id: found.name for found in catalogue.playlists.values()},
                "withdrawn": [song.id for song in catalogue.songs.values() if not song.playable],
            }
        )

    async def _reset(self, _request: web.Request) -> web.Response:
        self._world.reset()
        return web.json_response({"now": self._world.clock()})

    def _account(self, account_id: str) -> Account:
        if account_id not in self._world.accounts:
            raise UnknownNameError(f"no account {account_id!r}")
        return self._world.accounts[account_id]

    def _team(self, team_id: str) -> Team:
        if not team_id:
            return next(iter(self._world.developer_tokens))
        if team_id not in self._world.developer_tokens:
            raise UnknownNameError(f"no team {team_id!r}")
        return self._world.developer_tokens[team_id]

    async def _chosen_tokens(self, request: web.Request) -> list[UserToken]:
        body = await read_body(request, {"music_user_token", "account"})
        if "music_user_token" not in body:
            return self._world.user_tokens.of(self._account(text(body, "account", DEMO)).id)
        token = self._world.user_tokens.find(text(body, "music_user_token", ""))
        if token is None:
            raise UnknownNameError("no such music user token")
        return [token]

    def _describe(self, account: Account) -> dict[str, Any]:
        tokens = self._world.user_tokens
        return {
            **account.describe(),
            "music_user_tokens": [tokens.describe(token) for token in tokens.of(account.id)],
        }


def _check_endpoints(request: web.Request, *names: str) -> None:
    # A fault for a misspelt endpoint would never happen, and its test would pass for nothing.
    known = {"*", *endpoint_names(request.app)}
    unknown = sorted(set(names) - known)
    if unknown:
        raise ControlError(
            f"no endpoint {', '.join(unknown)}; there are: {', '.join(sorted(known))}"
        )


def _describe_team(team: Team) -> dict[str, str]:
    return {"team": team.id, "key_id": team.key_id, "p8": team.p8()}


def local_json(handler: Handler) -> Handler:
    """Guard a handler of the control API: same machine only, mistakes as JSON."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if not _is_local(request.remote):
            return web.json_response({"error": "only from the same machine"}, status=403)
        try:
            return await handler(request)
        except UnknownNameError as error:
            return web.json_response({"error": str(error)}, status=404)
        except ControlError as error:
            return web.json_response({"error": str(error)}, status=400)

    return guarded


def _is_local(remote: str | None) -> bool:
    try:
        return ipaddress.ip_address(remote or "").is_loopback
    except ValueError:
        return False


async def read_body(request: web.Request, known: set[str]) -> Mapping[str, Any]:
    """Return a JSON object that has no other names than `known`.

    Raises:
        ControlError: It is something else.
    """
    raw = await request.read()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError as error:
        raise ControlError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise ControlError("the body must be a JSON object")
    unknown = sorted(set(body) - known)
    if unknown:
        raise ControlError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(known))}")
    return body
