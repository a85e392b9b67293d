"""The lyrics of what plays, in time with it."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from applemusic import AppleMusicError, Client
from applemusic.cli.following import Display, follow
from applemusic.cli.playing.playhead import Playhead
from applemusic.cli.playing.queue import Entry
from applemusic.cli.showing.output import Output
from applemusic.models.lyrics import Lyrics, LyricsTiming

_TICK: Final = 0.25


class Singing:
    """Follows a playhead from song to song.

    Args:
        music: Where lyrics come from.
        out: Where notes go.
        playhead: Says what is heard, and where in it.
        display: Makes what shows the lines of one song.
        sleep: Waits as many seconds.
    """

    def __init__(
        self,
        music: Client,
        out: Output,
        playhead: Playhead[Entry],
        display: Callable[[], Display],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._music = music
        self._out = out
        self._playhead = playhead
        self._display = display
        self._sleep = sleep

    async def run(self) -> None:
        """Show the lyrics of each song, until it is cancelled."""
        shown: Entry | None = None
        while True:
            now = self._playhead.now()
            if now is not None and now[0] is not shown:
                shown = now[0]
                await self._sing(shown)
            await self._sleep(_TICK)

    async def _sing(self, entry: Entry) -> None:
        try:
            lyrics = await self._lyrics(entry)
        except AppleMusicError as error:
            # A song without lyrics is one to listen to.
            self._out.note(f"No lyrics: {error.message}")
            return
        if lyrics is None:
            return
        if lyrics.timing in {LyricsTiming.NONE, LyricsTiming.UNKNOWN}:
            for line in lyrics.plain_text.splitlines():
                self._out.text(line)
            return

        def position() -> timedelta | None:
            now = self._playhead.now()
            return now[1] if now is not None and now[0] is entry else None

        await follow(lyrics, position, self._display(), self._sleep)

    async def _lyrics(self, entry: Entry) -> Lyrics | None:
        if not entry.has_lyrics or not entry.catalog_id:
            return None
        return await self._music.catalog.lyrics(entry.catalog_id)
