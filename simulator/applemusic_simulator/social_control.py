"""The control API of what is one listener's own: opinions, plays, stations, permissions.

| method and path | what it does |
| --- | --- |
| GET, PUT /control/social | `{write_delay, ratings_are_favorites, prefixed_rating_ids, |
| | personal_station_life}`; what is not given stays |
| GET, POST /control/permissions | rules; add `{capability, answer, team?, account?}` |
| DELETE /control/permissions | allow everything |
| GET /control/accounts/{id}/opinions | `{ratings, favorites}` as readers see them |
| GET, POST, DELETE /control/accounts/{id}/plays | the history, oldest first; add plays |
| | `{plays: [{track?, container?, at?}]}`, each of the first two as `[type, id]`; forget all |
| POST /control/accounts/{id}/rotate-station | another id for the personal station -> `{station}` |
| POST /control/accounts/{id}/rotate-recommendations | other groups under other ids -> `{ids}` |
| GET /control/accounts/{id}/radio | `{station, positions}` |
"""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from applemusic_simulator.accounts import Account
from applemusic_simulator.control import local_json, read_body
from applemusic_simulator.control_values import (
    ControlError,
    UnknownNameError,
    flag,
    number,
    text,
)
from applemusic_simulator.social.history import CONTAINERS, TRACKS, Play, Reference
from applemusic_simulator.world import World

_SETTINGS = {
    "write_delay",
    "ratings_are_favorites",
    "prefixed_rating_ids",
    "personal_station_life",
}
_PAIR = 2


class SocialControlRoutes:
    """Lets a person or a test change what listeners like, hear and may do.

    Args:
        world: What is changed.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._social = world.social

    def add_routes(self, app: web.Application) -> None:
        """Register the paths; conditions and the log do not apply to them."""
        of = "/accounts/{id}"
        routes = {
            ("GET", "/social"): self._get_settings,
            ("PUT", "/social"): self._put_settings,
            ("GET", "/permissions"): self._get_permissions,
            ("POST", "/permissions"): self._set_permission,
            ("DELETE", "/permissions"): self._reset_permissions,
            ("GET", f"{of}/opinions"): self._get_opinions,
            ("GET", f"{of}/plays"): self._get_plays,
            ("POST", f"{of}/plays"): self._add_plays,
            ("DELETE", f"{of}/plays"): self._clear_plays,
            ("POST", f"{of}/rotate-station"): self._rotate_station,
            ("POST", f"{of}/rotate-recommendations"): self._rotate_recommendations,
            ("GET", f"{of}/radio"): self._get_radio,
        }
        for (method, path), handler in routes.items():
            app.router.add_route(method, f"/control{path}", local_json(handler))

    async def _get_settings(self, _request: web.Request) -> web.Response:
        life = self._social.stations.personal_life
        described = {**self._social.settings.describe(), "personal_station_life": life}
        return web.json_response(described)

    async def _put_settings(self, request: web.Request) -> web.Response:
        body = await read_body(request, _SETTINGS)
        settings, stations = self._social.settings, self._social.stations
        delay = number(body, "write_delay", settings.write_delay)
        life = number(body, "personal_station_life", stations.personal_life)
        linked = flag(body, "ratings_are_favorites", default=settings.ratings_are_favorites)
        prefixed = flag(body, "prefixed_rating_ids", default=settings.prefixed_rating_ids)
        if delay < 0 or life < 0:
            raise ControlError("seconds must not be negative")
        settings.write_delay, stations.personal_life = delay, life
        settings.ratings_are_favorites, settings.prefixed_rating_ids = linked, prefixed
        return await self._get_settings(request)

    async def _get_permissions(self, _request: web.Request) -> web.Response:
        return web.json_response(self._social.permissions.describe())

    async def _set_permission(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"capability", "answer", "team", "account"})
        team, account = text(body, "team", ""), text(body, "account", "")
        if team and team not in self._world.developer_tokens:
            raise UnknownNameError(f"no team {team!r}")
        if account and account not in self._world.accounts:
            raise UnknownNameError(f"no account {account!r}")
        capability, answer = text(body, "capability", ""), text(body, "answer", "")
        try:
            self._social.permissions.set(capability, answer, team=team, account=account)
        except ValueError as error:
            raise ControlError(str(error)) from error
        return web.json_response(self._social.permissions.describe(), status=201)

    async def _reset_permissions(self, _request: web.Request) -> web.Response:
        self._social.permissions.reset()
        return web.json_response([])

    async def _get_opinions(self, request: web.Request) -> web.Response:
        account, opinions = self._account(request), self._social.opinions
        ratings = [
            {"type": kind, "id": key, "value": value}
            for kind, key, value in opinions.ratings(account)
        ]
        favorites = [{"type": kind, "id": key} for kind, key in opinions.favorites(account)]
        return web.json_response({"ratings": ratings, "favorites": favorites})

    async def _get_plays(self, request: web.Request) -> web.Response:
        plays = self._social.history.plays(self._account(request).id)
        return web.json_response({"plays": [_describe(play) for play in plays]})

    async def _add_plays(self, request: web.Request) -> web.Response:
        account = self._account(request)
        plays = (await read_body(request, {"plays"})).get("plays")
        if not isinstance(plays, list):
            raise ControlError("plays must be a list")
        made = [self._play(play) for play in plays]
        for play in made:
            self._social.history.add(account.id, play.track, play.container, play.at)
        return web.json_response({"added": len(made)}, status=201)

    async def _clear_plays(self, request: web.Request) -> web.Response:
        self._social.history.clear(self._account(request).id)
        return web.json_response({"plays": []})

    async def _rotate_station(self, request: web.Request) -> web.Response:
        station = self._social.stations.rotate_personal(self._account(request))
        return web.json_response({"station": station})

    async def _rotate_recommendations(self, request: web.Request) -> web.Response:
        account = self._account(request)
        self._social.advice.rotate(account)
        return web.json_response({"ids": [group.id for group in self._social.advice.to(account)]})

    async def _get_radio(self, request: web.Request) -> web.Response:
        account = self._account(request)
        return web.json_response(
            {
                "station": self._social.stations.personal(account).id,
                "positions": self._social.radio.positions(account),
            }
        )

    def _account(self, request: web.Request) -> Account:
        account_id = request.match_info["id"]
        if account_id not in self._world.accounts:
            raise UnknownNameError(f"no account {account_id!r}")
        return self._world.accounts[account_id]

    def _play(self, value: object) -> Play:
        if not isinstance(value, dict) or set(value) - {"track", "container", "at"}:
            raise ControlError("a play is an object of track, container and at")
        track = self._reference(value, "track", TRACKS)
        container = self._reference(value, "container", CONTAINERS)
        if track is None and container is None:
            raise ControlError("a play needs a track or a container")
        return Play(number(value, "at", self._world.clock()), track, container)

    def _reference(
        self, value: Mapping[str, Any], name: str, types: tuple[str, ...]
    ) -> Reference | None:
        pair = value.get(name)
        if pair is None:
            return None
        if not isinstance(pair, list) or len(pair) != _PAIR or pair[0] not in types:
            raise ControlError(f"{name} must be [type, id] with one of {', '.join(types)}")
        kind, key = pair
        if not self._exists(kind, str(key)):
            raise UnknownNameError(f"no {kind} {key!r}")
        return kind, str(key)

    def _exists(self, kind: str, key: str) -> bool:
        # What nobody knows could not be worded in the history.
        catalogue = self._world.catalogue
        if kind == "stations":
            return self._social.radio.station(key) is not None
        if kind == "playlists":
            return key in catalogue.playlists or self._social.mixes.find(key) is not None
        found: Mapping[str, Mapping[str, object]] = {
            "songs": catalogue.songs,
            "music-videos": catalogue.music_videos,
            "albums": catalogue.albums,
        }
        return key in found[kind]


def _describe(play: Play) -> dict[str, Any]:
    return {
        "at": play.at,
        "track": None if play.track is None else list(play.track),
        "container": None if play.container is None else list(play.container),
    }
