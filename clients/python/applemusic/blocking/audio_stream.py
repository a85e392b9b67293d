"""One stream of audio."""

from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Self

from applemusic.blocking.loop_thread import LoopThread
from applemusic.errors.base import ClientClosedError
from applemusic.models.audio import AudioChunk, AudioEvent, AudioHeader, AudioSummary

if TYPE_CHECKING:
    from applemusic import audio_stream


class AudioStream:
    """The audio of one song, as chunks that join without gap or overlap.

    `with` starts it and ends it at the end of the block, whatever happens there; a plain `for` ends
    it with the iteration. When it breaks, when it is complete and what it raises is as with
    `applemusic.AudioStream`. One thread may read at a time; any may close it.
    """

    def __init__(self, thread: LoopThread, stream: "audio_stream.AudioStream") -> None:
        self._thread = thread
        self._stream = stream
        self._inside_block = False

    @property
    def header(self) -> AudioHeader:
        """What is sent. Known once the stream has started.

        Raises:
            RuntimeError: It has not: enter `with`, or call `start()`.
        """
        return self._stream.header

    @property
    def complete(self) -> bool:
        """True if and only if everything came and the server said so."""
        return self._stream.complete

    @property
    def summary(self) -> AudioSummary:
        """What was sent (by the last call, when it was taken up again).

        Raises:
            RuntimeError: The stream is not `complete`.
        """
        return self._stream.summary

    @property
    def events(self) -> tuple[AudioEvent, ...]:
        """The last 256 events so far, without those of kind KEEP_ALIVE."""
        return self._stream.events

    @property
    def position(self) -> int:
        """Byte of the stream that comes next; with `header.etag` enough to go on later."""
        return self._stream.position

    @property
    def resume_count(self) -> int:
        """How often the stream broke and was taken up again."""
        return self._stream.resume_count

    def start(self) -> AudioHeader:
        """Ask for the stream, if that has not been done, and return its header."""
        return self._thread.run(self._stream.start())

    def read(self) -> AudioChunk | None:
        """Return the next chunk, or None when the stream is complete."""
        return self._thread.run(self._stream.read())

    def close(self) -> None:
        """End the stream: the server stops sending. Does nothing to one that is complete."""
        with suppress(ClientClosedError):
            self._thread.call(self._stream.close)

    def __iter__(self) -> Iterator[AudioChunk]:
        try:
            while (chunk := self.read()) is not None:
                yield chunk
        finally:
            if not self._inside_block:
                self.close()

    def __enter__(self) -> Self:
        self._inside_block = True
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
