"""One stream of audio: read, checked, and taken up again when it breaks."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from grpc import aio

from applemusic.calls import Calls, raise_if_not_ours
from applemusic.convert import to_model, to_timedelta
from applemusic.errors.base import (
    ClientClosedError,
    IncompleteStreamError,
    ProtocolError,
    UnavailableError,
)
from applemusic.errors.reasons import MediaChangedError
from applemusic.models.audio import (
    AudioChunk,
    AudioEvent,
    AudioEventKind,
    AudioHeader,
    AudioSummary,
)
from applemusic.reconnect import Attempts, most_attempts
from applemusic.v1 import audio_service_pb2 as pb

_Result = TypeVar("_Result")
_LOGGER: Final = logging.getLogger("applemusic")
_EVENTS_KEPT: Final = 256


class AudioStream:
    """The audio of one song, as chunks that join without gap or overlap.

    `async with` starts it and ends it at the end of the block, whatever happens there; a plain
    `async for` ends it with the iteration. A connection that breaks (`UnavailableError`, nothing
    else) is taken up again at the first byte that is missing, with back-off; an error is raised
    only when that does not help. A start that fails because of Apple is tried once more only. The
    iteration ends without an error if and only if the server said that the stream is complete. One
    task may read at a time.

    Raises from every reading method: `AppleMusicError` for what the server refused,
    `IncompleteStreamError` when it ended too early, `ProtocolError` when it broke the contract.
    """

    def __init__(
        self,
        calls: Calls,
        request: pb.AudioStreamRequest,
        on_event: Callable[[AudioEvent], None] | None,
    ) -> None:
        self._calls = calls
        self._request = request
        self._on_event = on_event
        self._attempts = Attempts(calls)
        self._call: Any = None
        self._frames: AsyncIterator[pb.AudioStreamResponse] | None = None
        self._header: AudioHeader | None = None
        self._summary: AudioSummary | None = None
        self._events: deque[AudioEvent] = deque(maxlen=_EVENTS_KEPT)
        self._position = 0  # byte that comes next
        self._call_start = 0  # byte with which the present call began
        self._call_position = 0  # byte that comes next in the present call
        self._resume_count = 0
        self._inside_block = False
        self._closed = False

    @property
    def header(self) -> AudioHeader:
        """What is sent. Known once the stream has started.

        Raises:
            RuntimeError: It has not: enter `async with`, or await `start()`.
        """
        if self._header is None:
            raise RuntimeError("the stream has no header yet: await start(), or use async with")
        return self._header

    @property
    def complete(self) -> bool:
        """True if and only if everything came and the server said so."""
        return self._summary is not None

    @property
    def summary(self) -> AudioSummary:
        """What was sent (by the last call, when it was taken up again).

        Raises:
            RuntimeError: The stream is not `complete`.
        """
        if self._summary is None:
            raise RuntimeError("the stream has no summary yet: it is not complete")
        return self._summary

    @property
    def events(self) -> tuple[AudioEvent, ...]:
        """The last 256 events so far, without those of kind KEEP_ALIVE."""
        return tuple(self._events)

    @property
    def position(self) -> int:
        """Byte of the stream that comes next; with `header.etag` enough to go on later."""
        return self._position

    @property
    def resume_count(self) -> int:
        """How often the stream broke and was taken up again."""
        return self._resume_count

    async def start(self) -> AudioHeader:
        """Ask for the stream, if that has not been done, and return its header."""
        if self._header is None:
            await self._persist(self._open)
        return self.header

    async def read(self) -> AudioChunk | None:
        """Return the next chunk, or None when the stream is complete."""
        await self.start()
        while self._summary is None:
            frame = await self._persist(self._receive)
            if isinstance(frame, AudioChunk):
                return frame
            if isinstance(frame, AudioEvent):
                self._take_event(frame)
        return None

    def close(self) -> None:
        """End the stream: the server stops sending. Does nothing to one that is complete."""
        self._closed = True
        if self._call is not None:
            self._call.cancel()

    async def __aiter__(self) -> AsyncIterator[AudioChunk]:
        try:
            while (chunk := await self.read()) is not None:
                yield chunk
        finally:
            if not self._inside_block:
                self.close()

    async def __aenter__(self) -> Self:
        self._inside_block = True
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    async def _persist(self, step: Callable[[], Awaitable[_Result]]) -> _Result:
        """Do a step, again after a while when the server is away."""
        while True:
            if self._closed:
                raise ClientClosedError("the stream was closed")
            try:
                return await step()
            except UnavailableError as error:
                self._frames = None
                if self._header is not None and not self._header.seekable:
                    raise
                _LOGGER.info("stream broke at byte %d, going on there: %s", self._position, error)
                await self._attempts.wait(error, most=self._most_attempts(error))
                self._resume_count += self._header is not None

    def _most_attempts(self, error: UnavailableError) -> int | None:
        """At the start somebody waits; later there is audio left to be heard meanwhile."""
        return most_attempts(error) if self._header is None else None

    async def _receive(self) -> AudioChunk | AudioEvent | None:
        """Return the next chunk or event; None for the summary and for what has come before."""
        frames = self._frames or await self._open()
        frame = await self._raw_frame(frames)
        if frame is None:
            raise IncompleteStreamError(
                f"the server ended the stream at byte {self._position} without a summary"
            )
        match frame.WhichOneof("frame"):
            case "chunk":
                return self._take_chunk(frame.chunk)
            case "event":
                return to_model(AudioEvent, frame.event)
            case "summary":
                self._summary = await self._take_summary(frame.summary, frames)
            case "header":
                raise ProtocolError("the server sent a second header")
        return None

    async def _open(self) -> AsyncIterator[pb.AudioStreamResponse]:
        """Make a call, from the present position when there is one, and take its header."""
        request = pb.AudioStreamRequest()
        request.CopyFrom(self._request)
        if self._header is not None:
            request.byte_offset = self._resume_offset(self._header)
            request.etag = self._header.etag
        self._call = self._calls.stubs.audio.AudioStream(request)
        frames: AsyncIterator[pb.AudioStreamResponse] = aiter(self._call)
        first = await self._raw_frame(frames)
        if first is None:
            raise IncompleteStreamError("the server ended the stream without a header")
        if first.WhichOneof("frame") != "header":
            raise ProtocolError("the server's stream does not begin with a header")
        self._take_header(to_model(AudioHeader, first.header), request.byte_offset)
        self._frames = frames
        return frames

    def _resume_offset(self, header: AudioHeader) -> int:
        """Return the byte to go on with: the next one, if that is known to be one.

        Past the end there is nothing to ask for, and only the summary is missing: the last byte
        comes again then, and is left out.
        """
        if self._position < header.total_bytes:
            return self._position
        return max(self._position - 1, header.byte_offset)

    async def _raw_frame(
        self, frames: AsyncIterator[pb.AudioStreamResponse]
    ) -> pb.AudioStreamResponse | None:
        try:
            return await anext(frames, None)
        except aio.AioRpcError as error:
            raise self._calls.error(error) from error
        except asyncio.CancelledError:
            raise_if_not_ours(self._call)
            raise

    def _take_header(self, header: AudioHeader, asked: int) -> None:
        if header.byte_offset != asked:
            raise ProtocolError(
                f"asked for byte {asked}, and the stream begins at byte {header.byte_offset}"
            )
        if self._header is None:
            self._header = header
            self._position = header.byte_offset
        elif header.etag != self._header.etag or header.container != self._header.container:
            raise MediaChangedError("the song is another one since the stream broke: start again")
        self._call_start = self._call_position = header.byte_offset

    def _take_chunk(self, message: pb.AudioChunk) -> AudioChunk | None:
        """Return what is new in a chunk; None when nothing is."""
        if message.byte_offset != self._call_position:
            raise ProtocolError(
                f"byte {self._call_position} was due, and byte {message.byte_offset} came"
            )
        self._call_position += len(message.data)
        seen = self._position - message.byte_offset
        if seen >= len(message.data):
            return None
        chunk = AudioChunk(
            message.data[seen:],
            byte_offset=self._position,
            media_offset=to_timedelta(message.media_offset),
        )
        self._position = chunk.end
        self._attempts.progressed()
        return chunk

    def _take_event(self, event: AudioEvent) -> None:
        if event.kind is not AudioEventKind.KEEP_ALIVE:
            self._events.append(event)
        if self._on_event is not None:
            self._on_event(event)

    async def _take_summary(
        self, message: pb.AudioSummary, frames: AsyncIterator[pb.AudioStreamResponse]
    ) -> AudioSummary:
        """Return the summary once everything shows that the stream is complete."""
        summary = to_model(AudioSummary, message)
        came = self._call_position - self._call_start
        if summary.byte_count != came or self._call_position != self._position:
            raise IncompleteStreamError(f"the server sent {summary.byte_count} bytes, {came} came")
        total = self.header.total_bytes
        if total and self._position != total:
            raise IncompleteStreamError(f"the stream ended at byte {self._position} of {total}")
        try:
            after = await self._raw_frame(frames)
        except UnavailableError as error:
            raise IncompleteStreamError(f"the stream broke after its summary: {error}") from error
        if after is not None:
            raise ProtocolError("the server sent more after the summary")
        return summary
