"""How the survey asks Apple: each request once, and every answer as it comes.

What the rest of the server reads leniently or tries again is what is looked for here, so that the
usual way to Apple (`upstream.transport`) does not serve. Where requests may go is decided in the
same place.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
from yarl import URL

from applemusic_server.domain.secret import Secret
from applemusic_server.survey.words import code_word, member_words, type_word
from applemusic_server.upstream.addresses import AddressPolicy, Purpose
from applemusic_server.upstream.endpoints import Endpoints

_SECONDS: Final = 15.0
_MOST_BYTES: Final = 2 * 1024 * 1024
_AT_ONCE: Final = 2
_THROTTLED: Final = 429
_TRIES: Final = 4
_FIRST_WAIT: Final = 0.6
_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Reply:
    """What Apple answered.

    Attributes:
        status: Of HTTP; 0 when there was no answer.
        content_type: As it came.
        body: At most 2 MiB of it.
        headers: Names in small letters.
    """

    status: int
    content_type: str = ""
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def ok(self) -> bool:
        """Whether it is a yes."""
        return self.status in _OK

    @property
    def json(self) -> dict[str, Any]:
        """The body's object; empty when it holds none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def code(self) -> str:
        """Apple's code of the first error, as text; empty when there is none."""
        first = at(self.json, "errors", 0)
        value = first.get("code") if isinstance(first, dict) else None
        return "" if value is None else code_word(value)

    @property
    def shape(self) -> str:
        """Status and form of the answer, without a word of its content."""
        if not self.status:
            return "no answer"
        if not self.body.strip():
            return f"{self.status}, empty body"
        kind = type_word(self.content_type)
        if not self.json:
            return f"{self.status}, {kind} that is no JSON object"
        first = at(self.json, "errors", 0)
        if isinstance(first, dict):
            code = f"code {self.code}" if self.code else "no code"
            return f"{self.status}, {kind}, {code}, an error with {member_words(first)}"
        return f"{self.status}, {kind} with {member_words(self.json)}"


def at(value: object, *path: str | int) -> Any:
    """Return what is at a place in JSON; None when there is nothing."""
    for step in path:
        if isinstance(step, str):
            value = value.get(step) if isinstance(value, dict) else None
        else:
            value = value[step] if isinstance(value, list) and len(value) > step else None
    return value


class Asker:
    """Sends requests; two at once at most.

    Args:
        session: The way out.
        endpoints: Where Apple is.
        developer_token: Sent with everything, unless another is given.
        user_token: Sent where wanted.
        sleep: Waits, in seconds.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoints: Endpoints,
        developer_token: Secret,
        user_token: Secret,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.endpoints = endpoints
        self._session = session
        self._addresses = AddressPolicy(endpoints)
        self._developer_token = developer_token
        self._user_token = user_token
        self._sleep = sleep
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self.throttled: list[Reply] = []
        self.asked = 0

    async def api(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        user: bool = True,
        on_web_host: bool = False,
        body: object = None,
        developer_token: Secret | None = None,
        user_token: Secret | None = None,
    ) -> Reply:
        """Ask the API.

        Args:
            path: From the root.
            params: Of the query.
            method: Of HTTP.
            user: Send the music user token.
            on_web_host: Ask the host of Apple's web player.
            body: Sent as JSON.
            developer_token: Instead of the server's.
            user_token: Instead of the account's.

        Raises:
            FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED.
        """
        base = self.endpoints.amp_api if on_web_host else self.endpoints.api
        headers = {"Accept": "application/json"}
        if user or user_token:
            headers["Music-User-Token"] = (user_token or self._user_token).reveal()
        return await self._send(
            method, base + path, params, headers, body=body, developer_token=developer_token
        )

    async def player(self, action: str, body: object, *, user_token: Secret | None = None) -> Reply:
        """Ask the playback side as Apple's web player does."""
        headers = {
            "Accept": "application/json",
            "Origin": "https://music.apple.com",
            "Referer": "https://music.apple.com/",
            "Media-User-Token": (user_token or self._user_token).reveal(),
        }
        url = f"{self.endpoints.play_music}/WebObjects/MZPlay.woa/wa/{action}"
        return await self._send("POST", url, None, headers, body=body)

    async def media(self, url: str, first_bytes: int | None = None) -> Reply:
        """Fetch a playlist, or no more than the first bytes of a file. No token is sent."""
        checked = self._addresses.check(url, Purpose.MEDIA)
        headers = {"Accept-Encoding": "identity"}
        if first_bytes is not None:
            headers["Range"] = f"bytes=0-{first_bytes - 1}"
        return await self._exchange("GET", checked, headers, None, first_bytes or _MOST_BYTES)

    async def _send(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str],
        *,
        body: object,
        developer_token: Secret | None = None,
    ) -> Reply:
        checked = self._addresses.check(url, Purpose.TOKENS)
        target = checked.update_query(params) if params else checked
        token = (developer_token or self._developer_token).reveal()
        sent = {**headers, "Authorization": f"Bearer {token}"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        elif method != "GET":
            sent["Content-Length"] = "0"
        wait = _FIRST_WAIT
        for _ in range(_TRIES):
            reply = await self._exchange(method, target, sent, data, _MOST_BYTES)
            if reply.status != _THROTTLED:
                return reply
            self.throttled.append(reply)
            await self._sleep(wait)
            wait *= 2
        return reply

    async def _exchange(
        self,
        method: str,
        url: URL,
        headers: Mapping[str, str],
        data: bytes | None,
        most: int,
    ) -> Reply:
        async with self._turns:
            self.asked += 1
            try:
                async with (
                    asyncio.timeout(_SECONDS),
                    self._session.request(
                        method,
                        url,
                        headers=headers,
                        data=data,
                        allow_redirects=False,
                    ) as response,
                ):
                    body = bytearray()
                    async for piece in response.content.iter_any():
                        body += piece
                        if len(body) >= most:
                            break
                    return Reply(
                        response.status,
                        response.headers.get("Content-Type", ""),
                        bytes(body[:most]),
                        {name.lower(): value for name, value in response.headers.items()},
                    )
            except (TimeoutError, aiohttp.ClientError):
                return Reply(0)
