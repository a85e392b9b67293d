"""The part of the control API that is about libraries and the rate of requests.

| method and path | what it does |
| --- | --- |
| GET, PUT /control/rate-limit | `{per_second, burst?}` per developer team; null is no limit |
| GET, PUT /control/uploads | `{lifetime}`: seconds that the address of an upload is good for |
| GET /control/libraries/{account} | sizes, settings, how many writes do not show yet |
| PATCH /control/libraries/{account} | change `songs` (makes the library anew; null is the small |
| | one), `consistency_delay` (seconds), `undocumented` (`allow`, `401`, `403`, `405`, for all or |
| | `{operation: ...}`), `create_body`, `append_elsewhere`, `song_dates` |
| GET /control/libraries/{account}/items | ids, names and origin of its songs (`?limit=`, |
| | `?offset=`, `?origin=upload`), its playlists and folders |
| POST /control/libraries/{account}/changes | behind the back of every client, at once: `{add: |
| | {songs, albums, playlists, music-videos}, remove: [library ids], favorite: [catalogue ids], |
| | unfavorite: [catalogue ids], rows: {playlist id: [rows]}, names: {playlist or folder id: |
| | name}}` -> sizes |
"""

from collections.abc import Mapping
from itertools import islice
from typing import Any

from aiohttp import web

from applemusic_simulator.control import local_json, read_body
from applemusic_simulator.control_values import (
    ControlError,
    UnknownNameError,
    flag,
    number,
    text,
    texts,
    whole,
)
from applemusic_simulator.library.api.edits import remove_from
from applemusic_simulator.library.api.writes import add_to
from applemusic_simulator.library.items import Item, LibraryPlaylist
from applemusic_simulator.library.libraries import MOST_SONGS
from applemusic_simulator.library.library import Library
from applemusic_simulator.library.settings import ANSWERS, OPERATIONS, LibrarySettings
from applemusic_simulator.library.signing import LIFETIME
from applemusic_simulator.world import World

_ADDABLE = ("songs", "albums", "playlists", "music-videos")
_ITEMS = 1000


class LibraryControl:
    """Lets a person or a test change libraries while they are used.

    Args:
        world: What is changed.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register under `/control`."""
        account = "/control/libraries/{account}"
        routes = (
            ("GET", "/control/rate-limit", self._get_rate),
            ("PUT", "/control/rate-limit", self._put_rate),
            ("GET", "/control/uploads", self._get_uploads),
            ("PUT", "/control/uploads", self._put_uploads),
            ("GET", account, self._get),
            ("PATCH", account, self._change_settings),
            ("GET", f"{account}/items", self._get_items),
            ("POST", f"{account}/changes", self._change),
        )
        for method, path, handler in routes:
            app.router.add_route(method, path, local_json(handler))

    async def _get_rate(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.rate_limit.describe())

    async def _put_rate(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"per_second", "burst"})
        rate = None if body.get("per_second") is None else number(body, "per_second", 0.0)
        burst = None if body.get("burst") is None else number(body, "burst", 0.0)
        if (rate is not None and rate <= 0) or (burst is not None and burst < 1):
            raise ControlError("per_second must be above 0 and burst at least 1")
        self._world.rate_limit.set(rate, burst)
        return web.json_response(self._world.rate_limit.describe())

    async def _get_uploads(self, _request: web.Request) -> web.Response:
        return web.json_response({"lifetime": self._world.libraries.signer.lifetime})

    async def _put_uploads(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"lifetime"})
        lifetime = whole("lifetime", body.get("lifetime"), 0)
        if lifetime > LIFETIME:
            raise ControlError(f"lifetime must be at most {LIFETIME}")
        self._world.libraries.signer.lifetime = lifetime
        return await self._get_uploads(request)

    async def _get(self, request: web.Request) -> web.Response:
        return web.json_response(self._describe(self._account(request)))

    async def _change_settings(self, request: web.Request) -> web.Response:
        account, libraries = self._account(request), self._world.libraries
        body = await read_body(request, set(LibrarySettings.__slots__))
        settings = libraries.settings(account)
        delay = number(body, "consistency_delay", settings.consistency_delay)
        if delay < 0:
            raise ControlError("consistency_delay must not be negative")
        undocumented = _undocumented(body.get("undocumented", {}), settings)
        flags = {
            name: flag(body, name, default=getattr(settings, name))
            for name in ("create_body", "append_elsewhere", "song_dates")
        }
        if body.get("songs") is not None and whole("songs", body["songs"], 0) > MOST_SONGS:
            raise ControlError(f"songs must be at most {MOST_SONGS}")
        settings.consistency_delay, settings.undocumented = delay, undocumented
        for name, value in flags.items():
            setattr(settings, name, value)
        if "songs" in body:
            libraries.resize(account, body["songs"])
        return web.json_response(self._describe(account))

    async def _get_items(self, request: web.Request) -> web.Response:
        library = self._world.libraries.of(self._account(request))
        limit, offset = (request.query.get(n, d) for n, d in (("limit", "100"), ("offset", "0")))
        if not (limit.isdecimal() and offset.isdecimal() and int(limit) <= _ITEMS):
            raise ControlError(f"limit and offset must be numbers, limit at most {_ITEMS}")
        origin = request.query.get("origin", "")
        fits = (song for song in library.songs() if origin in ("", song.origin.value))
        return web.json_response(
            {
                "songs": [
                    {
                        "id": song.id,
                        "name": song.words.name,
                        "origin": song.origin.value,
                        "catalog_id": song.catalog_id,
                    }
                    for song in islice(fits, int(offset), int(offset) + int(limit))
                ],
                "playlists": {
                    found.id: {"name": found.name, "parent": found.parent, "rows": found.rows}
                    for found in library.shelf.listed()
                },
                "folders": {
                    found.id: {"name": found.name, "parent": found.parent}
                    for found in library.shelf.folders.values()
                },
            }
        )

    async def _change(self, request: web.Request) -> web.Response:
        account = self._account(request)
        library = self._world.libraries.of(account)
        known = {"add", "remove", "favorite", "unfavorite", "rows", "names"}
        body = await read_body(request, known)
        added = _object(body, "add")
        if set(added) - set(_ADDABLE):
            raise ControlError(f"add knows {', '.join(_ADDABLE)}")
        removed = [_item(library, item_id) for item_id in texts(body, "remove")]
        wanted = {name: texts(added, name) for name in added}
        self._reshelve(library, _object(body, "rows"), _object(body, "names"))
        now = self._world.clock()
        for name, ids in wanted.items():
            for item_id in ids:
                add_to(library, self._world.catalogue, name, item_id, now)
        for item in removed:
            remove_from(library, item)
        for name in ("favorite", "unfavorite"):
            for catalog_id in texts(body, name):
                library.set_favorite(catalog_id, now, favorite=name == "favorite")
        return web.json_response(self._describe(account))

    def _reshelve(
        self, library: Library, rows: Mapping[str, Any], names: Mapping[str, Any]
    ) -> None:
        for item_id in (*rows, *names):
            if library.shelf.get(item_id) is None:
                raise UnknownNameError(f"no playlist or folder {item_id!r}")
        for item_id in rows:
            found = library.shelf.get(item_id)
            if not isinstance(found, LibraryPlaylist):
                raise ControlError(f"{item_id!r} is a folder")
            found.rows, found.modified_at = texts(rows, item_id), self._world.clock()
        for item_id in names:
            found = library.shelf.get(item_id)
            if found is not None:
                found.name = text(names, item_id, found.name)
            if isinstance(found, LibraryPlaylist):
                found.modified_at = self._world.clock()

    def _describe(self, account: str) -> dict[str, Any]:
        libraries = self._world.libraries
        library = libraries.of(account)
        return {
            "account": account,
            "songs": len(library.song_numbers()),
            "albums": len(library.albums()),
            "artists": len(library.artists()),
            "music_videos": len(library.videos()),
            "playlists": len(library.shelf.playlists),
            "folders": len(library.shelf.folders),
            "waiting_writes": libraries.waiting(account),
            "settings": libraries.settings(account).describe(),
        }

    def _account(self, request: web.Request) -> str:
        account = request.match_info["account"]
        if account not in self._world.accounts:
            raise UnknownNameError(f"no account {account!r}")
        return account


def _item(library: Library, item_id: str) -> Item:
    found = library.item(item_id)
    if found is None:
        raise UnknownNameError(f"no song, album, video, playlist or folder {item_id!r}")
    return found


def _object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = body.get(name, {})
    if not isinstance(value, dict):
        raise ControlError(f"{name} must be an object")
    return value


def _undocumented(value: object, settings: LibrarySettings) -> dict[str, str]:
    asked = dict.fromkeys(OPERATIONS, value) if isinstance(value, str) else value
    if not isinstance(asked, dict) or set(asked) - set(OPERATIONS):
        raise ControlError(f"undocumented is an answer, or answers to {', '.join(OPERATIONS)}")
    if not all(isinstance(value, str) and value in ANSWERS for value in asked.values()):
        raise ControlError(f"an answer is one of {', '.join(ANSWERS)}")
    return {**settings.undocumented, **asked}
