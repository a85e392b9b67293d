"""A player for Music Assistant that makes no sound, and notes when what came.

It plays as most players do: it asks for the stream of an item, takes it as fast as its speed and a
second of buffer allow, and at the end of the stream asks for the next item, of which the host has
told it in the meantime. `HEADLESS_PLAYER_LOG` names the file for its notes, a line of JSON each;
times are those of the monotonic clock. The first seconds of each item go to whoever listens on the
port `HEADLESS_PLAYER_EAR`, and nowhere else.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from music_assistant.models.player import Player
from music_assistant.models.player_provider import PlayerProvider
from music_assistant_models.enums import PlaybackState, PlayerFeature

PLAYER_ID: Final = "headless"
_SPEED: Final = float(os.environ.get("HEADLESS_PLAYER_SPEED", "2.5"))
_BYTES_PER_SECOND: Final = 44100 * 2 * 2
_BUFFER_SECONDS: Final = 1.0
_WAV_HEADER: Final = 44
_HEARD_SECONDS: Final = 4


async def setup(mass: Any, manifest: Any, config: Any) -> "Provider":
    """Return the provider."""
    return Provider(mass, manifest, config, set())


async def get_config_entries(*_: Any, **__: Any) -> tuple[()]:
    """Return no settings."""
    return ()


class Provider(PlayerProvider):
    """The provider of one player."""

    async def loaded_in_mass(self) -> None:
        """Make the player known."""
        await self.mass.players.register(HeadlessPlayer(self, PLAYER_ID))

    async def unload(self, is_removed: bool = False) -> None:
        """Let the host forget the player."""
        await self.mass.players.unregister(PLAYER_ID)


class HeadlessPlayer(Player):
    """The player."""

    def __init__(self, provider: Provider, player_id: str) -> None:
        super().__init__(provider, player_id)
        self._attr_name = "Headless"
        self._attr_available = True
        wanted = {"PLAY_MEDIA", "ENQUEUE", "GAPLESS_PLAYBACK"}
        # Not every version of the host knows all of them.
        self._attr_supported_features = {each for each in PlayerFeature if each.name in wanted}
        self._log = Path(os.environ["HEADLESS_PLAYER_LOG"])
        self._count = 0
        self._playing: asyncio.Task[None] | None = None
        self._next: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def play_media(self, media: Any) -> None:
        """Play this now."""
        await self._halt()
        self._next = asyncio.get_running_loop().create_future()
        self._playing = asyncio.create_task(self._play(media))

    async def enqueue_next_media(self, media: Any) -> None:
        """Play this after what plays."""
        self._note("enqueued", item=media.queue_item_id)
        if self._next.done():
            self._next = asyncio.get_running_loop().create_future()
        self._next.set_result(media)

    async def stop(self) -> None:
        """Play nothing any more."""
        await self._halt()
        self._show(None, PlaybackState.IDLE)

    async def on_unload(self) -> None:
        """End with the host."""
        await self._halt()

    async def _halt(self) -> None:
        playing, self._playing = self._playing, None
        if playing is not None:
            playing.cancel()
            await asyncio.wait((playing,))

    async def _play(self, media: Any) -> None:
        while media is not None:
            await self._play_one(media)
            media = self._next.result() if self._next.done() else None
            self._next = asyncio.get_running_loop().create_future()
        self._show(None, PlaybackState.IDLE)
        self._note("idle")

    async def _play_one(self, media: Any) -> None:
        url = media.uri
        if not url.startswith("http"):  # since 2.8 the player asks for it
            url = await self.mass.streams.resolve_stream_url(self.player_id, media)
        # In this form so many bytes are so many seconds.
        url = re.sub(r"\.\w+$", ".wav", url)
        self._show(media, PlaybackState.PLAYING)
        self._count += 1
        self._note("asked", item=media.queue_item_id, title=media.title, number=self._count)
        got, ear = 0, await self._ear()
        async for data in self._paced(url):
            if got <= _WAV_HEADER < got + len(data):
                self._note("first", item=media.queue_item_id)
            got += len(data)
            if got < _HEARD_SECONDS * _BYTES_PER_SECOND:
                ear.write(data)
            else:
                ear.close()
            self._attr_elapsed_time = got / _BYTES_PER_SECOND
            self._attr_elapsed_time_last_updated = time.time()
        ear.close()
        self._note("last", item=media.queue_item_id, bytes=got)

    async def _ear(self) -> asyncio.StreamWriter:
        _, ear = await asyncio.open_connection("127.0.0.1", int(os.environ["HEADLESS_PLAYER_EAR"]))
        ear.write(f"{self._count}\n".encode())
        return ear

    async def _paced(self, url: str) -> AsyncIterator[bytes]:
        """Yield a stream as fast as a player takes it."""
        got, begun = 0, 0.0
        async with self.mass.http_session.get(url) as response:
            self._note("answered", status=response.status)
            async for data in response.content.iter_any():
                begun = begun or time.monotonic()
                got += len(data)
                yield data
                ahead = got / _BYTES_PER_SECOND / _SPEED - (time.monotonic() - begun)
                if ahead > _BUFFER_SECONDS:
                    self.update_state()
                    await asyncio.sleep(ahead - _BUFFER_SECONDS)

    def _show(self, media: Any, state: PlaybackState) -> None:
        self._attr_current_media = media
        self._attr_playback_state = state
        self._attr_elapsed_time = 0.0
        self._attr_elapsed_time_last_updated = time.time()
        self.update_state()

    def _note(self, what: str, **values: Any) -> None:
        line = json.dumps({"what": what, "time": time.monotonic(), **values})
        with self._log.open("a", encoding="utf-8") as log:
            log.write(line + "\n")
