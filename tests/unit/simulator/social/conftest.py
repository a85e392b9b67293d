"""Ways to ask the simulator by any method and host."""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]


@pytest.fixture
def ask(simulator: Simulator, session: aiohttp.ClientSession) -> Ask:
    """Method, path below `/v1`, JSON body -> status and JSON (None if empty)."""
    tokens = {
        "Authorization": f"Bearer {simulator.developer_token()}",
        "Music-User-Token": simulator.music_user_token(),
    }

    async def send(
        method: str,
        path: str,
        body: object = None,
        *,
        host: str = "api",
        without: str = "",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any]:
        url = f"{simulator.base_urls()[host]}/v1{path}"
        sent = {key: value for key, value in tokens.items() if key != without} | (headers or {})
        async with session.request(method, url, json=body, headers=sent) as response:
            answer = await response.read()
            return response.status, json.loads(answer) if answer else None

    return send
