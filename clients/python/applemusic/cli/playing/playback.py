"""Plays a queue: streams one song after the other, the next one prepared, into a sink."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from applemusic import AppleMusicError, AudioStream, Client
from applemusic.cli.exits import Exit
from applemusic.cli.playing.playhead import Playhead
from applemusic.cli.playing.queue import Entry, Queue
from applemusic.cli.playing.sinks import OpenSink, Sink, SinkClosedError
from applemusic.cli.problems import Problem
from applemusic.errors import Advice, ContainerNotSupportedError
from applemusic.models.audio import AudioChunk, AudioContainer, AudioEvent, AudioHeader

_EARLY: Final = timedelta(seconds=3)
_ATTEMPTS: Final = 3
_WAIT: Final = 2.0
_LONGEST_WAIT: Final = 60.0
# Songs of these forms can follow each other in one stream of bytes.
_JOINED: Final = frozenset({AudioContainer.ADTS, AudioContainer.PCM_S16LE})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaySettings:
    """How to play.

    Attributes:
        container: Form to ask for.
        start: Where in the first song to begin.
        preview: Play previews of what does not play.
        one_pipe: Everything has to go through one pipe, so it cannot change its form.
        any_form: What cannot be had in this form may come as the file that it is.
    """

    container: AudioContainer
    start: timedelta = timedelta(0)
    preview: bool = False
    one_pipe: bool = False
    any_form: bool = True


@dataclass(slots=True)
class Played:
    """What came of it."""

    songs: int = 0
    skipped: list[tuple[Entry, AppleMusicError]] = field(default_factory=list)
    stopped: bool = False
    """The player, or the reader of the pipe, has ended it."""

    @property
    def exit(self) -> Exit:
        """The exit code."""
        if self.skipped and not self.stopped:
            return Exit.PARTLY if self.songs else Exit.REFUSED
        return Exit.DONE


class Report(Protocol):
    """Hears what happens."""

    def playing(self, entry: Entry, header: AudioHeader) -> None:
        """Audio of an entry begins to be handed over."""

    def ended(self, entry: Entry, stream: AudioStream) -> None:
        """All of it was handed over."""

    def skipped(self, entry: Entry, error: AppleMusicError) -> None:
        """It does not play, and the next one follows."""

    def happened(self, entry: Entry, event: AudioEvent) -> None:
        """The server said something about its stream."""


class Playback:
    """One run through a queue.

    Args:
        music: The server.
        open_sink: Opens what takes the audio.
        report: Hears what happens.
        settings: How to play.
        playhead: Is told what was handed over.
        sleep: Waits as many seconds.
    """

    def __init__(
        self,
        music: Client,
        open_sink: OpenSink,
        report: Report,
        settings: PlaySettings,
        *,
        playhead: Playhead[Entry],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._music = music
        self._open_sink = open_sink
        self._report = report
        self._settings = settings
        self._playhead = playhead
        self._sleep = sleep
        self._sink: Sink | None = None
        self._form: tuple[object, ...] = ()
        self._start = settings.start
        self._played = Played()

    async def play(self, queue: Queue) -> Played:
        """Play everything.

        Raises:
            AppleMusicError: Something that the next song would meet, too.
            Problem: The player does not play.
        """
        try:
            await self._play_all(queue)
        except SinkClosedError:
            self._played.stopped = True
        except asyncio.CancelledError:
            if self._sink is not None:
                await self._sink.abort()
            raise
        except AppleMusicError:
            await self._close_sink()
            raise
        await self._close_sink()
        return self._played

    async def _play_all(self, queue: Queue) -> None:
        while (entry := await queue.next()) is not None:
            await self._wait_for_turn()
            upcoming = await queue.upcoming()
            try:
                await self._play_one(entry, upcoming)
            except AppleMusicError as error:
                if error.advice not in {Advice.SKIP, Advice.RESTART}:
                    raise
                self._played.skipped.append((entry, error))
                self._report.skipped(entry, error)
            else:
                self._played.songs += 1
            self._start = timedelta(0)

    async def _wait_for_turn(self) -> None:
        """Wait until what was handed over is nearly played: the server sends ahead of time."""
        sink = self._sink
        while sink is not None and (ahead := self._playhead.ahead) > _EARLY:
            await self._unless_gone(sink, self._sleep((ahead - _EARLY).total_seconds()))

    async def _play_one(self, entry: Entry, upcoming: list[Entry]) -> None:
        container, failures = self._settings.container, 0
        while True:
            before = self._playhead.ahead
            stream = self._stream(entry, upcoming, container)
            try:
                await self._hand_over(entry, stream)
            except ContainerNotSupportedError:
                # An upload that cannot be had in this form: it comes as the file that it is.
                if container is AudioContainer.FMP4 or not self._settings.any_form:
                    raise
                container = AudioContainer.FMP4
            except AppleMusicError as error:
                failures += 1
                begun = self._playhead.ahead > before
                if error.advice is not Advice.RETRY or begun or failures >= _ATTEMPTS:
                    raise
                wait = _WAIT if error.retry_after is None else error.retry_after.total_seconds()
                if wait > _LONGEST_WAIT:
                    raise
                await self._sleep(wait)
            else:
                return

    def _stream(
        self, entry: Entry, upcoming: list[Entry], container: AudioContainer
    ) -> AudioStream:
        def happened(event: AudioEvent) -> None:
            self._report.happened(entry, event)

        following = [each.id for each in upcoming if not each.broadcast]
        if entry.broadcast:
            return self._music.audio.stream_station(
                entry.id, container=container, next_song_ids=following, on_event=happened
            )
        return self._music.audio.stream(
            entry.id,
            container=container,
            start_offset=self._start or None,
            next_song_ids=following,
            allow_preview=self._settings.preview,
            on_event=happened,
        )

    async def _hand_over(self, entry: Entry, stream: AudioStream) -> None:
        async with stream:
            header = stream.header
            sink = await self._sink_for(header)
            self._playhead.begins(entry, header.start_offset)
            self._report.playing(entry, header)
            while (chunk := await self._chunk(stream, sink)) is not None:
                await sink.write(chunk.data)
                self._playhead.handed(chunk.media_offset)
            if header.duration is not None:
                self._playhead.handed(header.duration)
            self._report.ended(entry, stream)

    async def _chunk(self, stream: AudioStream, sink: Sink) -> AudioChunk | None:
        reading = asyncio.ensure_future(stream.read())
        await self._unless_gone(sink, reading)
        return reading.result()

    async def _unless_gone(self, sink: Sink, work: Awaitable[object]) -> None:
        """Wait for something, but not longer than there is somebody to play for."""
        doing = asyncio.ensure_future(work)
        gone = asyncio.ensure_future(sink.gone.wait())
        try:
            await asyncio.wait({doing, gone}, return_when=asyncio.FIRST_COMPLETED)
            if not doing.done():
                raise SinkClosedError
        finally:
            gone.cancel()
            if not doing.done():
                doing.cancel()
                await asyncio.wait({doing})

    async def _sink_for(self, header: AudioHeader) -> Sink:
        """Return where this stream goes: on into the same sink, or into a new one."""
        form = (header.container, header.mime_type, header.sample_rate_hertz, header.channel_count)
        if self._sink is not None:
            if form == self._form and header.container in _JOINED:
                return self._sink
            if self._settings.one_pipe:
                raise Problem(
                    f"the next song comes as {header.mime_type}, and one pipe holds one form only.",
                    exit_code=Exit.REFUSED,
                    next_step="Pipe songs one by one, or let --player play them.",
                )
            await self._close_sink()
        self._sink, self._form = await self._open_sink(header), form
        return self._sink

    async def _close_sink(self) -> None:
        sink, self._sink = self._sink, None
        if sink is not None:
            await sink.finish()
            self._playhead.settle()
