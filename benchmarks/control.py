"""The simulator's control API, as far as the measurements need it."""

from typing import Any

import aiohttp


class Control:
    """Sets the simulator's network and asks what it saw."""

    def __init__(self, session: aiohttp.ClientSession, simulator_url: str) -> None:
        self._session = session
        self._url = f"{simulator_url}/control"

    async def reset(self) -> None:
        """Return to a fast network without faults; tokens and accounts stay."""
        await self.network(0.0, None)

    async def network(self, latency: float, bandwidth: float | None) -> None:
        """Set the seconds before each answer, and the bytes per second of each body."""
        body: dict[str, Any] = {
            "latency": {"*": latency} if latency else {},
            "bandwidth": {"*": bandwidth} if bandwidth else {},
            "faults": [],
        }
        async with self._session.put(f"{self._url}/conditions", json=body) as response:
            response.raise_for_status()

    async def late(self, **seconds: float) -> None:
        """Set the seconds before each answer by endpoint; bandwidth and faults stay."""
        body = {"latency": seconds}
        async with self._session.put(f"{self._url}/conditions", json=body) as response:
            response.raise_for_status()

    async def mend(self, endpoint: str) -> None:
        """Let nothing go wrong at an endpoint any more."""
        url, named = f"{self._url}/faults", {"endpoint": endpoint}
        async with self._session.delete(url, params=named) as response:
            response.raise_for_status()

    async def fault(self, fault: dict[str, Any]) -> None:
        """Let something go wrong; see the simulator's `/control/faults`."""
        async with self._session.post(f"{self._url}/faults", json=fault) as response:
            response.raise_for_status()

    async def forget_requests(self) -> None:
        """Clear the log of requests, which would grow for ever."""
        async with self._session.delete(f"{self._url}/requests") as response:
            response.raise_for_status()

    async def request_count(self) -> int:
        """How many requests Apple's side has seen."""
        async with self._session.get(f"{self._url}/requests") as response:
            response.raise_for_status()
            return int((await response.json())["total"])

    async def throttle(self, per_second: float | None) -> None:
        """Let a developer team make so many API requests; None is as many as it wants."""
        url, body = f"{self._url}/rate-limit", {"per_second": per_second}
        async with self._session.put(url, json=body) as response:
            response.raise_for_status()

    async def refused_count(self) -> int:
        """How many requests were refused with 429 since `throttle`."""
        async with self._session.get(f"{self._url}/rate-limit") as response:
            response.raise_for_status()
            return int((await response.json())["refused"])

    async def new_account(self, name: str) -> str:
        """Make an account at Apple; return a music user token of it."""
        body: dict[str, Any] = {"id": name}
        async with self._session.post(f"{self._url}/accounts", json=body) as response:
            response.raise_for_status()
        url = f"{self._url}/music-user-tokens"
        async with self._session.post(url, json={"account": name}) as response:
            response.raise_for_status()
            return str((await response.json())["music_user_token"])

    async def new_developer_token(self, lifetime: int) -> str:
        """Make a developer token of the usual team, good for so many seconds."""
        url = f"{self._url}/developer-tokens"
        async with self._session.post(url, json={"lifetime": lifetime}) as response:
            response.raise_for_status()
            return str((await response.json())["developer_token"])

    async def revoke(self, name: str) -> None:
        """Make all music user tokens of an account useless, as its owner can at Apple."""
        url = f"{self._url}/music-user-tokens/revoke"
        async with self._session.post(url, json={"account": name}) as response:
            response.raise_for_status()

    async def library(self, songs: int | None) -> None:
        """Make the library of the account `demo` so large; None is the small one."""
        url = f"{self._url}/libraries/demo"
        async with self._session.patch(url, json={"songs": songs}) as response:
            response.raise_for_status()

    async def change_library(self, changes: dict[str, Any]) -> None:
        """Add to the library, or take from it, as another device would."""
        url = f"{self._url}/libraries/demo/changes"
        async with self._session.post(url, json=changes) as response:
            response.raise_for_status()

    async def song_ids(self) -> list[str]:
        """Ids of all songs that can be played."""
        async with self._session.get(f"{self._url}/catalogue") as response:
            response.raise_for_status()
            listing = await response.json()
        withdrawn = set(listing["withdrawn"])
        return [str(song) for song in listing["songs"] if song not in withdrawn]

    async def original(self, song_id: str) -> bytes:
        """A song as it was before it was encrypted."""
        async with self._session.get(f"{self._url}/originals/{song_id}") as response:
            response.raise_for_status()
            return await response.read()
