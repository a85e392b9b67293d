"""Speaks to the sign-in pages as their script does, or as no script would."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from applemusic.models.sign_in import SignIn
from tests.support.stage import Stage


@dataclass
class HttpBrowser:
    """Keeps cookies as a browser does, and otherwise does what it is told.

    Attributes:
        csrf: What the page would know by now.
    """

    base: str
    http: aiohttp.ClientSession
    csrf: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    async def post(
        self, what: str, fields: Mapping[str, str] | bytes = b"", **headers: str
    ) -> tuple[int, dict[str, Any]]:
        """Post as the page does; headers replace its own, an empty one is left out."""
        sent = {"Origin": self.base, **self.headers}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        if isinstance(fields, bytes):
            sent.setdefault("Content-Type", "application/x-www-form-urlencoded")
        async with self.http.post(
            f"{self.base}/sign-in/{what}",
            data=fields,
            headers={name: value for name, value in sent.items() if value},
        ) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return response.status, await response.json() if is_json else {"text": text}

    async def start(self) -> dict[str, Any]:
        """Load the page."""
        status, answer = await self.post("start")
        assert status == 200, answer
        self.csrf = answer["csrf"]
        return answer

    async def open(self, sign_in: SignIn) -> dict[str, Any]:
        """Follow the link."""
        await self.start()
        ticket = sign_in.url.partition("#")[2]
        status, answer = await self.post("open", {"csrf": self.csrf, "ticket": ticket})
        assert status == 200, answer
        self.csrf = answer["csrf"]
        return answer

    async def finish(self, token: str, **headers: str) -> tuple[int, dict[str, Any]]:
        """Bring a token."""
        return await self.post("finish", {"csrf": self.csrf, "music_user_token": token}, **headers)


@asynccontextmanager
async def http_browser(stage: Stage) -> AsyncIterator[HttpBrowser]:
    """A browser with nothing remembered."""
    jar = aiohttp.CookieJar(unsafe=True)  # loopback is an address, not a name
    async with aiohttp.ClientSession(cookie_jar=jar) as session:
        yield HttpBrowser(f"http://127.0.0.1:{stage.server.web_port}", session)
