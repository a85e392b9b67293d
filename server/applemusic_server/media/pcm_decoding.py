"""Whether this installation can decode, and the thread in which it does."""

import asyncio
import importlib.util
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from applemusic_server.domain.errors import Reason, UnimplementedError
from applemusic_server.media.pcm_stream import PcmFormat

if TYPE_CHECKING:
    from applemusic_server.media.pcm_decoder import PcmDecoder

_T = TypeVar("_T")
NewDecoder = Callable[[PcmFormat, Sequence[int]], "PcmDecoder"]


class Elsewhere(Protocol):
    """Does work that takes long, and lets the event loop go on."""

    def __call__(self, work: Callable[[], _T], /) -> Awaitable[_T]:
        """Return the result."""
        ...


class PcmDecoding:
    """Decodes for all streams, one piece at a time.

    Decoding is 0.5 ms of processor per second of audio, which would make other streams wait if it
    were done in the event loop, and PyAV lets go of the interpreter while it decodes. One thread is
    enough for a thousand streams; two of them get no more done and hold the event loop up (docs:
    playback). A stream has one piece at a time in the queue, so they take turns.

    Args:
        installed: Whether PyAV is there, found out without importing it.
        load: Imports what decodes.
        elsewhere: A thread.
    """

    def __init__(
        self,
        installed: Callable[[], bool] = lambda: importlib.util.find_spec("av") is not None,
        load: "Callable[[], NewDecoder] | None" = None,
        elsewhere: Elsewhere = asyncio.to_thread,
    ) -> None:
        self._elsewhere = elsewhere
        self._installed = installed()
        self._load = load or _load
        self._new_decoder: NewDecoder | None = None
        self._failure = ""
        self._turn = asyncio.Lock()

    @property
    def works(self) -> bool:
        """Whether PCM can be asked for: PyAV is there, and has not refused to be loaded."""
        return self._installed and not self._failure

    def check(self) -> None:
        """Return if PCM can be asked for.

        Raises:
            UnimplementedError: CONTAINER_NOT_SUPPORTED, with what to install.
        """
        if not self._installed:
            raise not_supported(
                "this server cannot write PCM: PyAV is not installed; install the extra with "
                "pip install 'applemusic-grpc-server[pcm]', or ask for FMP4 or ADTS"
            )
        if self._failure:
            raise not_supported(
                f"this server cannot write PCM: PyAV does not load ({self._failure}); install it "
                "anew with pip install 'applemusic-grpc-server[pcm]', or ask for FMP4 or ADTS"
            )

    async def load(self) -> None:
        """Import what decodes, once; 80 ms.

        Raises:
            UnimplementedError: CONTAINER_NOT_SUPPORTED.
        """
        self.check()
        if self._new_decoder is None:
            await self._in_turn(self._import)
            self.check()

    def decoder(self, format_: PcmFormat, restarts: Sequence[int]) -> "PcmDecoder":
        """Make a decoder, after `load`."""
        if self._new_decoder is None:
            raise RuntimeError("decoder() before load()")
        return self._new_decoder(format_, restarts)

    async def decode(
        self, decoder: "PcmDecoder", number: int, frames: Sequence[bytes], skip: int
    ) -> bytes:
        """See `PcmDecoder.decode`; whoever is cancelled here never uses that decoder again."""
        return await self._in_turn(lambda: decoder.decode(number, frames, skip))

    async def _in_turn(self, work: Callable[[], _T]) -> _T:
        async with self._turn:
            return await self._elsewhere(work)

    def _import(self) -> None:
        if self._new_decoder is not None or self._failure:
            return
        try:
            self._new_decoder = self._load()
        except ImportError as error:
            # The name of a library or of a symbol that is missing; nothing secret is in it.
            self._failure = str(error) or type(error).__name__


def not_supported(message: str) -> UnimplementedError:
    """PCM cannot be had, here or of this song."""
    return UnimplementedError(
        Reason.CONTAINER_NOT_SUPPORTED, message, metadata={"container": "PCM_S16LE"}
    )


def _load() -> NewDecoder:
    from applemusic_server.media.pcm_decoder import (  # noqa: PLC0415 - 24 MB that most servers never need
        PcmDecoder,
    )

    return PcmDecoder
