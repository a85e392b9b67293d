"""All of playback behind one object, ready to be mounted."""

import asyncio
import hashlib
from pathlib import Path

from aiohttp import web

from applemusic_simulator.control import local_json, read_body
from applemusic_simulator.control_values import (
    ControlError,
    UnknownNameError,
    flag,
    number,
    text,
    whole,
)
from applemusic_simulator.media.store import MediaStore
from applemusic_simulator.playback.broadcast import Broadcast
from applemusic_simulator.playback.delivery import Delivery
from applemusic_simulator.playback.licensing import Licensing
from applemusic_simulator.playback.renewal import Renewal
from applemusic_simulator.playback.uploads import Uploads
from applemusic_simulator.playback.web_playback import WebPlayback
from applemusic_simulator.widevine import LicenseServer
from applemusic_simulator.widevine_device import TestDevice, make_test_device
from applemusic_simulator.world import World

_DEVICE_FILE = "test-device.wvd"


class PlaybackRoutes:
    """webPlayback, licences, playlists, files and previews.

    Beside Apple's paths it serves some of the simulator's own, to the same machine only:
    `GET` and `PUT /control/renewal` (see `RenewalSettings`),
    `GET` and `PUT /control/broadcast` (see `BroadcastSettings`),
    `GET` and `PUT /control/playback` (`{variant?, layout?, renew_after?}`; the names of `Variant`
    and `LAYOUTS`, and seconds),
    `GET /control/widevine-device` (the test device as a `.wvd` file) and
    `GET /control/originals/{id}` (a song as it was before it was encrypted, to compare with).

    Args:
        world: Catalogue, tokens, conditions and playback settings.
        store: Where files come from; closed together with the application.
        device_path: Where the test device is kept; it is made at first use.
    """

    def __init__(self, world: World, store: MediaStore, device_path: Path) -> None:
        self._world = world
        self._store = store
        self._device_path = device_path
        self._device: TestDevice | None = None
        server = LicenseServer(lambda: (self.test_device().public_key,), world.clock)
        self.broadcast = Broadcast(world, store)
        self._parts = (
            WebPlayback(world),
            Licensing(world, store.keys, server),
            Renewal(world),
            Delivery(world, store),
            self.broadcast,
            Uploads(world, store),
        )

    @property
    def store(self) -> MediaStore:
        """The files, for a test that compares what it received with the original."""
        return self._store

    def test_device(self) -> TestDevice:
        """Return the one device that gets licences here; `path` is its `.wvd` file.

        Raises:
            ValueError: The file was there before and is no device.
        """
        if self._device is None:
            self._device = make_test_device(self._device_path)
        return self._device

    def add_routes(self, app: web.Application) -> None:
        """Register everything; the application comes from `create_app`."""
        for part in self._parts:
            part.add_routes(app)
        for method, path, handler in (
            ("GET", "/control/playback", self._get_settings),
            ("PUT", "/control/playback", self._put_settings),
            ("GET", "/control/broadcast", self._get_broadcast),
            ("PUT", "/control/broadcast", self._put_broadcast),
            ("GET", "/control/renewal", self._get_renewal),
            ("PUT", "/control/renewal", self._put_renewal),
            ("GET", "/control/widevine-device", self._get_device),
            ("GET", "/control/originals/{id}", self._get_original),
        ):
            app.router.add_route(method, path, local_json(handler))
        app.on_cleanup.append(self._close)

    async def _close(self, _app: web.Application) -> None:
        await self._store.close()

    async def _get_settings(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.playback.describe())

    async def _put_settings(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"variant", "layout", "renew_after"})
        settings = self._world.playback
        renew_after = whole("renew_after", body.get("renew_after", settings.renew_after), 0)
        try:
            settings.change(text(body, "variant", "") or None, text(body, "layout", "") or None)
        except ValueError as error:
            raise ControlError(str(error)) from error
        settings.renew_after = renew_after
        return web.json_response(settings.describe())

    async def _get_broadcast(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.broadcast.describe())

    async def _put_broadcast(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"form", "segment_seconds", "listed"})
        settings = self._world.broadcast
        try:
            settings.change(
                text(body, "form", settings.form),
                number(body, "segment_seconds", settings.segment_seconds),
                number(body, "listed", settings.listed),
            )
        except ValueError as error:
            raise ControlError(str(error)) from error
        return web.json_response(settings.describe())

    async def _get_renewal(self, _request: web.Request) -> web.Response:
        return web.json_response(self._world.renewal.describe())

    async def _put_renewal(self, request: web.Request) -> web.Response:
        body = await read_body(request, {"answer", "lifetime", "revoke_old", "keep_after_logout"})
        now = self._world.renewal
        try:
            now.change(
                text(body, "answer", now.answer),
                number(body, "lifetime", now.lifetime),
                revoke_old=flag(body, "revoke_old", default=now.revoke_old),
                keep=flag(body, "keep_after_logout", default=now.keep_after_logout),
            )
        except ValueError as error:
            raise ControlError(str(error)) from error
        return web.json_response(now.describe())

    async def _get_device(self, _request: web.Request) -> web.Response:
        data = self.test_device().path.read_bytes()
        return web.Response(body=data, content_type="application/octet-stream")

    async def _get_original(self, request: web.Request) -> web.Response:
        song = self._world.catalogue.songs.get(request.match_info["id"])
        if song is None:
            raise UnknownNameError(f"no song {request.match_info['id']!r}")
        asset = await self._store.asset(song, self._world.playback.variant)
        data = await asyncio.to_thread(asset.clear_path.read_bytes)
        return web.Response(body=data, content_type="audio/mp4")


def make_playback(world: World, cache_dir: Path) -> PlaybackRoutes:
    """Return the usual playback of a world: files and device in `cache_dir`, keys by its seed."""
    secret = hashlib.sha256(f"content keys {world.seed}".encode()).digest()
    return PlaybackRoutes(world, MediaStore(cache_dir, secret), cache_dir / _DEVICE_FILE)
