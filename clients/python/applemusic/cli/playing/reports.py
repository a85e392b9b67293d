"""Says what plays: to people beside the music, to programs line by line."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from applemusic import AppleMusicError, AudioStream
from applemusic.cli.next_steps import next_step
from applemusic.cli.playing.playhead import Playhead
from applemusic.cli.playing.queue import Entry
from applemusic.cli.showing.fields import clock, position
from applemusic.cli.showing.output import Output
from applemusic.models.audio import AudioEvent, AudioEventKind, AudioHeader, AudioSource

_TICK: Final = 0.5
_TOLD: Final = {
    AudioEventKind.STALLED: "Waiting for Apple ...",
    AudioEventKind.FLOWING: "It goes on.",
    AudioEventKind.GAP: "Some of the broadcast is missing here.",
}


class PeopleReport:
    """Writes notes beside the music.

    Args:
        out: Where to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out

    def playing(self, entry: Entry, header: AudioHeader) -> None:
        """Name the song."""
        long = clock(header.duration or entry.duration)
        preview = ", a preview" if header.source is AudioSource.PREVIEW else ""
        start = f" from {position(header.start_offset)}" if header.start_offset else ""
        self._out.note(f"Playing {entry}" + (f" ({long}{preview})" if long else preview) + start)

    def ended(self, entry: Entry, stream: AudioStream) -> None:
        """Nothing: the next song says it."""

    def skipped(self, entry: Entry, error: AppleMusicError) -> None:
        """Say why it does not play."""
        self._out.note(f"Skipped {entry}: {error.message} ({error.reason or error.code.name})")
        self._out.note(f"  {next_step(error)}")

    def happened(self, entry: Entry, event: AudioEvent) -> None:  # noqa: ARG002 - it plays, and is named
        """Say what a listener hears of it."""
        if event.kind is AudioEventKind.NOW_PLAYING:
            by = f" - {event.artist_name}" if event.artist_name else ""
            self._out.note(f"On air: {event.title}{by}" if event.title else "On air")
        elif event.kind in _TOLD:
            self._out.note(_TOLD[event.kind])


class JsonReport:
    """Writes a JSON line for everything that happens.

    Args:
        out: Where to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out

    def playing(self, entry: Entry, header: AudioHeader) -> None:
        """Write the song and its header."""
        self._out.record({"event": "playing", "song": entry, "header": header})

    def ended(self, entry: Entry, stream: AudioStream) -> None:
        """Write the summary."""
        self._out.record({"event": "ended", "id": entry.id, "summary": stream.summary})

    def skipped(self, entry: Entry, error: AppleMusicError) -> None:
        """Write why."""
        said = {"reason": error.reason, "message": error.message}
        self._out.record({"event": "skipped", "id": entry.id} | said)

    def happened(self, entry: Entry, event: AudioEvent) -> None:
        """Write what the server said."""
        if event.kind is not AudioEventKind.KEEP_ALIVE:
            self._out.record({"event": "stream", "id": entry.id, "detail": event})


async def show_position(
    out: Output, playhead: Playhead[Entry], sleep: Callable[[float], Awaitable[None]]
) -> None:
    """Keep a line with the song and where it is, until it is cancelled."""
    try:
        while True:
            now = playhead.now()
            if now is not None:
                entry, at = now
                long = clock(entry.duration)
                out.progress(f"{entry}  {position(at)}" + (f" / {long}" if long else ""))
            await sleep(_TICK)
    except asyncio.CancelledError:
        out.done()
        raise
