"""`webPlayback`: where a song's playlist, key server and description are (reference 8.1)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.conditions import Fault
from applemusic_simulator.library.items import Origin
from applemusic_simulator.model import Song
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.playback.failures import (
    SERVER_ERROR,
    PlaybackRefusedError,
    playback_failure,
)
from applemusic_simulator.playback.listener import library_song, listener_of, playable_song
from applemusic_simulator.playback.uploads import upload_entry
from applemusic_simulator.world import World

ACTIONS = "WebObjects/MZPlay.woa/wa"
"""Where both playback hosts keep their actions."""

ENDPOINT = "webPlayback"
KINDS = frozenset({"failure", "failure-number", "empty-songlist", "no-ctrp256"})
"""Faults of this endpoint: `failure` with `code` (`failure-number` sends it as a number), an empty
`songList`, and a song without the one flavour that a Widevine client can play."""

_CTRP256 = "28:ctrp256"


class WebPlayback:
    """Answers webPlayback.

    Args:
        world: Catalogue, tokens, conditions and which file and playlist to point at.

    Uploads have no catalogue song: they are answered for by `uploads`, before the catalogue is
    asked.
    """

    def __init__(self, world: World) -> None:
        self._world = world

    def add_routes(self, app: web.Application) -> None:
        """Register under both playback hosts."""
        for host in (hosts.PLAY, hosts.PLAY_MUSIC):
            add_endpoint(app, ENDPOINT, "POST", f"/{host}/{ACTIONS}/webPlayback", self._answer)

    async def _answer(self, request: web.Request) -> web.Response:
        body = await request.text()
        subject = f"{request.path_qs} {body}"
        fault = self._world.conditions.take(ENDPOINT, subject, kinds=KINDS)
        if fault is not None and fault.kind in ("failure", "failure-number"):
            return playback_failure(
                int(fault.code or SERVER_ERROR), as_number=fault.kind == "failure-number"
            )
        try:
            song_list = self._song_list(request, _fields(request, body))
        except PlaybackRefusedError as refusal:
            return playback_failure(refusal.code)
        return web.json_response({"songList": _spoilt(song_list, fault), "status": 0})

    def _song_list(self, request: web.Request, fields: Mapping[str, Any]) -> list[dict[str, Any]]:
        account, origin = listener_of(request, self._world), hosts.origin_of(request)
        song_id = str(fields.get("salableAdamId") or fields.get("subscriptionAdamId") or "")
        if not song_id:
            library_id = str(fields.get("universalLibraryId", ""))
            found = library_song(self._world, account, library_id)
            if found.origin is Origin.UPLOAD:
                return [dict(upload_entry(self._world, account.id, origin, found))]
            song_id = found.catalog_id
        return [self._song(origin, playable_song(self._world, account, song_id))]

    def _song(self, origin: str, song: Song) -> dict[str, Any]:
        actions = f"{origin}/{hosts.PLAY}/{ACTIONS}"
        return {
            "songId": song.id,
            "hls-key-cert-url": f"{actions}/fpsCert",
            "hls-key-server-url": f"{actions}/acquireWebPlaybackLicense",
            "widevine-cert-url": f"{actions}/widevineCert",
            "assets": [
                {"flavor": "28:cbcp32", "URL": self._url(origin, song, "cbcp32")},
                {
                    "flavor": _CTRP256,
                    "URL": self._url(origin, song, "ctrp256"),
                    "metadata": self._metadata(song),
                },
                {"flavor": "32:ctrp64", "URL": self._url(origin, song, "ctrp64")},
            ],
        }

    def _url(self, origin: str, song: Song, flavour: str) -> str:
        settings = self._world.playback
        folder = f"{origin}/{hosts.CDN}/itunes-assets/{settings.variant.name}/{settings.layout}"
        return f"{folder}/{song.id}/{flavour}.m3u8"

    def _metadata(self, song: Song) -> dict[str, Any]:
        catalogue = self._world.catalogue
        album = catalogue.albums[song.album_id]
        artist = catalogue.artists[song.artist_id]
        return {
            "itemId": song.id,
            "itemName": song.name,
            "artistId": artist.id,
            "artistName": artist.name,
            "playlistId": album.id,
            "playlistName": album.name,
            "composerName": song.composer,
            "duration": song.duration_ms,
            "trackNumber": song.track_number,
            "trackCount": len(album.song_ids),
            "discNumber": song.disc_number,
            "genre": song.genre,
            "releaseDate": song.release_date,
            "explicit": int(song.content_rating == "explicit"),
            "kind": "song",
        }


def _spoilt(song_list: list[dict[str, Any]], fault: Fault | None) -> list[dict[str, Any]]:
    if fault is None:
        return song_list
    if fault.kind == "empty-songlist":
        return []
    for song in song_list:
        song["assets"] = [asset for asset in song["assets"] if asset["flavor"] != _CTRP256]
    return song_list


def _fields(request: web.Request, body: str) -> Mapping[str, Any]:
    """Read a JSON or a form body; both are accepted (reference 13.9)."""
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body))
    try:
        fields = json.loads(body)
    except ValueError as error:
        raise PlaybackRefusedError(SERVER_ERROR) from error
    if not isinstance(fields, dict):
        raise PlaybackRefusedError(SERVER_ERROR)
    return fields
