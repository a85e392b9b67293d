"""A client as plain as can be: what it takes to play a song, one step after the other.

It is an example for people who write clients, and the tests' way to ask the simulator.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
from pywidevine.cdm import Cdm
from pywidevine.device import Device
from pywidevine.license_protocol_pb2 import WidevinePsshData
from pywidevine.pssh import PSSH

_ACTIONS = "/WebObjects/MZPlay.woa/wa"
_KEY = re.compile(r'#EXT-X-KEY:(?=[^\n]*METHOD=ISO-23001-7)(?![^\n]*KEYFORMAT)[^\n]*URI="([^"]+)"')
_MAP = re.compile(r'#EXT-X-MAP:[^\n]*URI="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Answer:
    """A response that was read to its end."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Resolved:
    """Where a song's file and key are to be had."""

    song_id: str
    license_url: str
    playlist_url: str
    playlist: str

    @property
    def key_uri(self) -> str:
        """How the playlist names the key."""
        return _first(_KEY, self.playlist)

    @property
    def kid(self) -> bytes:
        """The 16-byte key id."""
        return base64.b64decode(self.key_uri.partition(",")[2])

    @property
    def file_url(self) -> str:
        """The one file that all segments are parts of."""
        return urljoin(self.playlist_url, _first(_MAP, self.playlist))


class ExampleClient:
    """Plays songs.

    Args:
        session: For all requests; closed by its owner.
        base_urls: Addresses of Apple's hosts by short name, as `Simulator.base_urls` gives them.
        developer_token: Sent as a bearer token.
        music_user_token: Sent to the playback hosts.
        device: A `.wvd` file.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_urls: Mapping[str, str],
        developer_token: str,
        music_user_token: str,
        device: Path,
    ) -> None:
        self._session = session
        self._base_urls = base_urls
        self.headers = {
            "Authorization": f"Bearer {developer_token}",
            "Media-User-Token": music_user_token,
            "Origin": "https://music.apple.com",
        }
        self._device = Device.load(device)

    async def request(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, **options: Any
    ) -> Answer:
        """Send a request and read the answer."""
        async with self._session.request(method, url, headers=headers, **options) as response:
            return Answer(response.status, response.headers, await response.read())

    async def action(self, name: str, host: str = "play", **options: Any) -> Answer:
        """Post to one of the playback host's actions."""
        url = f"{self._base_urls[host]}{_ACTIONS}/{name}"
        return await self.request("POST", url, self.headers, **options)

    async def web_playback(self, song_id: str) -> dict[str, Any]:
        """Return the body of webPlayback, success or failure."""
        answer = await self.action("webPlayback", "play_music", json={"salableAdamId": song_id})
        body: dict[str, Any] = answer.json()
        return body

    async def resolve(self, song_id: str, flavour: str = "28:ctrp256") -> Resolved:
        """Ask webPlayback and read the playlist.

        Raises:
            LookupError: Refused, or there is no such flavour.
        """
        songs = (await self.web_playback(song_id)).get("songList") or [{"assets": []}]
        urls = [asset["URL"] for asset in songs[0]["assets"] if asset["flavor"] == flavour]
        if not urls:
            raise LookupError(f"{song_id} has no {flavour}")
        playlist = await self.request("GET", urls[0])
        text = playlist.body.decode()
        return Resolved(song_id, songs[0]["hls-key-server-url"], urls[0], text)

    async def request_license(
        self, resolved: Resolved, challenge: bytes, fields: Mapping[str, Any] | None = None
    ) -> Answer:
        """Post a challenge; `fields` replace those that are right."""
        body = {
            "challenge": base64.b64encode(challenge).decode(),
            "key-system": "com.widevine.alpha",
            "uri": resolved.key_uri,
            "adamId": resolved.song_id,
            "isLibrary": False,
            "user-initiated": True,
        }
        return await self.request(
            "POST", resolved.license_url, self.headers, json=body | dict(fields or {})
        )

    async def content_key(self, resolved: Resolved) -> bytes:
        """Take a licence and return the song's key.

        Raises:
            PermissionError: The licence was refused; the message is Apple's code.
        """
        cdm = Cdm.from_device(self._device)
        session = cdm.open()
        try:
            challenge = cdm.get_license_challenge(session, init_data(resolved.kid))
            body = (await self.request_license(resolved, challenge)).json()
            if body["errorCode"]:
                raise PermissionError(str(body["errorCode"]))
            cdm.parse_license(session, base64.b64decode(body["license"]))
            return bytes(cdm.get_keys(session, "CONTENT")[0].key)
        finally:
            cdm.close(session)


def init_data(*key_ids: bytes) -> PSSH:
    """Return Widevine initialisation data, which a playlist without `pssh` leaves to the client."""
    data = WidevinePsshData(key_ids=key_ids, algorithm="AESCTR")
    return PSSH(data.SerializeToString())


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise LookupError(f"the playlist has no {pattern.pattern[1:10]}")
    return found[1]
