"""Uploads: songs that only their owner has, as plain files at presigned addresses (8.1)."""

import asyncio
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.artwork import draw, encode
from applemusic_simulator.errors import AppleError
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.library.signing import Verdict
from applemusic_simulator.media.damage import KINDS as DAMAGES
from applemusic_simulator.media.damage import served
from applemusic_simulator.media.store import MediaStore
from applemusic_simulator.media.upload import CONTENT_TYPES, upload_format
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.delivery import CDN_KINDS, send_file
from applemusic_simulator.world import World

ENDPOINT = "upload"
"""Knows the faults of `cdn` that are about ranges: `ignore-range`, `short-body`, `reset-after`."""

_TWICE = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>InvalidArgument</Code><Message>{}</Message></Error>"""
_COVER = 600
_REFUSAL = """<?xml version="1.0" encoding="UTF-8"?>
<Error><Code>AccessDenied</Code><Message>{}</Message></Error>"""


class Uploads:
    """The store behind presigned addresses.

    Args:
        world: Libraries and conditions.
        store: Where the files come from.
    """

    def __init__(self, world: World, store: MediaStore) -> None:
        self._world = world
        self._store = store

    def add_routes(self, app: web.Application) -> None:
        """Register under the store's host; no token is asked for, the address is the permission."""
        path = f"/{hosts.UPLOADS}/sim-bucket/{{account}}/{{song}}/audio"
        add_endpoint(app, ENDPOINT, "GET", path, self._audio)
        cover = f"/{hosts.UPLOADS}/covers/{{playlist}}/image"
        add_endpoint(app, ENDPOINT, "GET", cover, self._cover)

    async def _audio(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        account_id = request.match_info["account"]
        if account_id not in self._world.accounts:
            raise _missing()
        song = self._world.libraries.of(account_id).song(request.match_info["song"])
        if song is None or song.origin is not Origin.UPLOAD:
            raise _missing()
        path = await self._store.upload(song.words)
        fault = self._world.conditions.take(ENDPOINT, request.path_qs, kinds=CDN_KINDS - DAMAGES)
        return await send_file(request, served(path), _content_type(song), fault)

    async def _cover(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        key = request.match_info["playlist"]
        body = await asyncio.to_thread(lambda: encode(draw(key, _COVER, _COVER), "jpg"))
        return web.Response(body=body, content_type="image/jpeg")

    def _refusal(self, request: web.Request) -> web.Response | None:
        if "Authorization" in request.headers:
            # A store of this kind takes one permission, and the address is one.
            text = _TWICE.format("Only one auth mechanism allowed")
            return web.Response(status=400, text=text, content_type="application/xml")
        path = request.path.removeprefix(f"/{hosts.UPLOADS}")
        verdict = self._world.libraries.signer.check(path, request.query)
        if verdict is Verdict.GOOD:
            return None
        text = _REFUSAL.format(verdict.value)
        return web.Response(status=403, text=text, content_type="application/xml")


def upload_entry(
    world: World, account_id: str, origin: str, song: LibrarySong
) -> Mapping[str, Any]:
    """What webPlayback says of an upload: no flavour and no keys, but an address."""
    words = song.words
    metadata: dict[str, Any] = {
        "itemName": words.name,
        "artistName": song.artist_name,
        "playlistName": song.album_name,
        "duration": words.duration_ms,
        "kind": "song",
        "trackNumber": words.track_number,
        "discNumber": words.disc_number,
        "genre": words.genre,
    }
    path = world.libraries.signer.sign(
        f"/sim-bucket/{account_id}/{song.id}/audio", _content_type(song)
    )
    said = {name: value for name, value in metadata.items() if value}
    asset = {"URL": f"{origin}/{hosts.UPLOADS}{path}", "metadata": said}
    return {"songId": -1, "needsPlaybackReporting": False, "assets": [asset]}


def _content_type(song: LibrarySong) -> str:
    return CONTENT_TYPES[upload_format(song.words)]


def _missing() -> AppleError:
    return AppleError(web.HTTPNotFound.status_code, empty=True)
