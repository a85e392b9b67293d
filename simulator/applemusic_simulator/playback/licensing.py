"""`acquireWebPlaybackLicense`, and the certificate for it (reference 8.5)."""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.media.keys import KeyChain
from applemusic_simulator.media.playlist import key_uri
from applemusic_simulator.media.variant import DEFAULT
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.failures import PlaybackRefusedError, licence_failure
from applemusic_simulator.playback.listener import listener_of, playable_song
from applemusic_simulator.playback.web_playback import ACTIONS
from applemusic_simulator.widevine import MEDIA_LICENSE, LicenseRefusedError, LicenseServer
from applemusic_simulator.world import World

ENDPOINT = "license"
KINDS = frozenset({"refuse", "wrong-key", "garbage"})
"""Faults of this endpoint: `refuse` with `code`, a licence whose key does not open the song, and
bytes that are no licence."""

_KEY_SYSTEM = "com.widevine.alpha"
_INVERT = bytes(byte ^ 0xFF for byte in range(256))


class Licensing:
    """Answers licence requests and the service certificate.

    Args:
        world: Catalogue, tokens and conditions.
        keys: The songs' keys.
        server: Speaks Widevine.
    """

    def __init__(self, world: World, keys: KeyChain, server: LicenseServer) -> None:
        self._world = world
        self._keys = keys
        self._server = server

    def add_routes(self, app: web.Application) -> None:
        """Register under both playback hosts."""
        for host in (hosts.PLAY, hosts.PLAY_MUSIC):
            actions = f"/{host}/{ACTIONS}"
            add_endpoint(
                app, ENDPOINT, "POST", f"{actions}/acquireWebPlaybackLicense", self._license
            )
            add_endpoint(app, "widevineCert", "GET", f"{actions}/widevineCert", self._certificate)

    async def _license(self, request: web.Request) -> web.Response:
        body = await request.text()
        fault = self._world.conditions.take(ENDPOINT, f"{request.path_qs} {body}", kinds=KINDS)
        if fault is not None and fault.kind == "refuse":
            return licence_failure(int(fault.code or MEDIA_LICENSE))
        try:
            license_ = self._grant(request, body, wrong=fault is not None)
        except (PlaybackRefusedError, LicenseRefusedError) as refusal:
            return licence_failure(refusal.code)
        if fault is not None and fault.kind == "garbage":
            license_ = license_.translate(_INVERT)
        return web.json_response(
            {
                "license": base64.b64encode(license_).decode(),
                "errorCode": 0,
                "status": 0,
                "renew-after": self._world.playback.renew_after,
            }
        )

    def _grant(self, request: web.Request, body: str, *, wrong: bool) -> bytes:
        account = listener_of(request, self._world)
        fields = _fields(body)
        song = playable_song(self._world, account, str(fields.get("adamId", "")))
        kid = self._keys.kid_for(song.id)
        if fields.get("key-system") != _KEY_SYSTEM or fields.get("uri") != key_uri(kid):
            raise PlaybackRefusedError(MEDIA_LICENSE)
        challenge = self._server.read(_challenge(fields))
        if challenge.key_ids != (kid,):
            raise PlaybackRefusedError(MEDIA_LICENSE)
        key = self._keys.key_for(song.id, DEFAULT).key
        return self._server.answer(challenge, {kid: key.translate(_INVERT) if wrong else key})

    async def _certificate(self, _request: web.Request) -> web.Response:
        return web.Response(body=self._server.service_certificate())


def _fields(body: str) -> Mapping[str, Any]:
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise PlaybackRefusedError(MEDIA_LICENSE) from error
    if not isinstance(fields, dict):
        raise PlaybackRefusedError(MEDIA_LICENSE)
    return fields


def _challenge(fields: Mapping[str, Any]) -> bytes:
    try:
        return base64.b64decode(fields.get("challenge", ""), validate=True)
    except (TypeError, binascii.Error) as error:
        raise PlaybackRefusedError(MEDIA_LICENSE) from error
