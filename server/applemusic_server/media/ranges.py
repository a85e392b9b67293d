"""A file of Apple's, front to back, in bounded ranges that survive a broken connection."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Self

from applemusic_server.domain.errors import (
    AbortedError,
    DataLossError,
    OutOfRangeError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.media import RANGE_ENDPOINT
from applemusic_server.domain.ports import ByteSource, RangeResponse
from applemusic_server.media.failures import file_server_invalid
from applemusic_server.media.tuning import Tuning


class RangeReader:
    """Reads the bytes `start <= i < end` of a file, each exactly once and in order.

    Nothing is read ahead: what the consumer does not take stays with the server, but for what the
    connection buffers. Use it in `async with`, or call `aclose`.

    After the last byte of a range, and before the next one is asked for, `room` is awaited: nothing
    is open then, and nothing is held.

    Args:
        source: Fetches ranges.
        url: The file.
        start: First byte wanted.
        end: The byte after the last one wanted; None is the end of the file, whose size must then
            be told by the server.
        tuning: Sizes and patience.
        sleep: Waits between resumes, in seconds.
        jitter: A random number from 0 to 1; the wait is between half and all of the back-off.
    """

    def __init__(
        self,
        source: ByteSource,
        url: str,
        *,
        start: int = 0,
        end: int | None = None,
        tuning: Tuning | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = lambda: 1.0,
    ) -> None:
        self._source = source
        self._url = url
        self._start = self._position = start
        self._end = end
        self._tuning = tuning or Tuning()
        self._sleep = sleep
        self._jitter = jitter
        self._next_length = self._tuning.first_range_bytes
        self._room: Callable[[], Awaitable[int]] | None = None
        self._response: RangeResponse | None = None
        self._range_end = start
        self._skip_left = 0
        self._total: int | None = None
        self._validator: str | None = None
        self._breaks = 0
        self._since_break = 0
        self._resumes = 0
        self._requests = 0

    @property
    def position(self) -> int:
        """Offset of the next byte to be delivered."""
        return self._position

    @property
    def total(self) -> int | None:
        """Size of the whole file in bytes, once a server told it."""
        return self._total

    @property
    def validator(self) -> str | None:
        """The file's ETag, once a server told it."""
        return self._validator

    @property
    def between_ranges(self) -> bool:
        """Whether all bytes of a range were delivered, and none of the next."""
        return self._position == self._range_end

    @property
    def requests(self) -> int:
        """How many ranges were asked for, resumes included."""
        return self._requests

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        return self._resumes

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    def limit(self, room: Callable[[], Awaitable[int]]) -> None:
        """Ask from now on how many bytes each further range may have; at most `range_bytes`."""
        self._room = room

    async def aclose(self) -> None:
        """Close the open range, if any. A second call does nothing."""
        response, self._response = self._response, None
        if response is not None:
            await response.aclose()

    async def open(self) -> None:
        """Send the first request and return when its answer begins.

        Optional: it lets the first bytes travel while the licence is asked for.

        Raises:
            AppleMusicError: As `__anext__`.
        """
        while self._response is None and not self._finished():
            try:
                self._response = await self._request()
            except UnavailableError as error:
                await self._take_up_again(error)
            else:
                self._skip_left = self._check(self._response)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        """The next bytes, in pieces as the connection delivers them.

        Raises:
            UnavailableError: The transfer broke too often in a row, see `Tuning`;
                `position` says how far it came.
            AbortedError: MEDIA_CHANGED, the file is not the one that was begun.
            DataLossError: MEDIA_TRUNCATED, the file is shorter than `end`.
            OutOfRangeError: OFFSET_OUT_OF_RANGE, `start` lies behind the end.
            InternalError: UPSTREAM_RESPONSE_INVALID, an answer to another range than asked for.
            AppleMusicError: Whatever else the source refuses with.
        """
        while self._response is not None or not self._finished():
            try:
                data = await self._next_piece()
            except UnavailableError as error:
                await self._take_up_again(error)
            else:
                if data:
                    return data
        raise StopAsyncIteration

    async def rest_of_range(self, most_bytes: int) -> AsyncGenerator[bytes, None]:
        """Yield what is left of the range that is open, but hardly more than `most_bytes`.

        Afterwards nothing is open: what a server sends beyond that, or a transfer that breaks, is
        asked for again by whoever reads on.

        Raises:
            AppleMusicError: As `__anext__`, but for what passes.
        """
        taken = 0
        while self._response is not None and taken < most_bytes:
            try:
                data = await self._next_piece()
            except UnavailableError:
                break
            taken += len(data)
            if data:
                yield data
        await self.aclose()

    def _finished(self) -> bool:
        if self._end is not None and self._position > self._end:
            raise OutOfRangeError(
                Reason.OFFSET_OUT_OF_RANGE, f"the audio file ends at byte {self._end}"
            )
        return self._position == self._end

    async def _next_piece(self) -> bytes:
        """What the open range gives next; empty after its last byte, when it is closed."""
        if self._response is None:
            if self.between_ranges and self._room is not None:
                self._next_length = min(await self._room(), self._tuning.range_bytes)
            self._response = await self._request()
            self._skip_left = self._check(self._response)
        data = await self._response.read()
        left = self._range_end - self._position
        # The end of the body is waited for even when all bytes are there: only then is the
        # connection free for the next range.
        if not data or left == 0:
            if left:
                raise UnavailableError(
                    Reason.UPSTREAM_UNAVAILABLE,
                    "the audio transfer was cut off",
                    metadata={"endpoint": RANGE_ENDPOINT},
                )
            self._next_length = self._tuning.range_bytes
            await self.aclose()
            return b""
        skipped = min(self._skip_left, len(data))
        self._skip_left -= skipped
        data = data[skipped : skipped + left]
        self._position += len(data)
        self._since_break += len(data)
        return data

    async def _request(self) -> RangeResponse:
        end = self._position + self._next_length
        self._range_end = end if self._end is None else min(end, self._end)
        self._requests += 1
        return await self._source.open_range(
            self._url, self._position, self._range_end, validator=self._validator
        )

    def _check(self, response: RangeResponse) -> int:
        """Compare an answer with the question; returns how many bytes to skip."""
        self._check_file(response)
        asked = self._range_end
        if response.start != self._position:
            if response.start != 0:
                raise file_server_invalid("it answered with another range than the one asked for")
            if self._position > self._tuning.max_skip_bytes:
                raise file_server_invalid(
                    "it ignores ranges, and the place asked for is too far in"
                )
            # All of the file comes, so all of it is taken: a new request would begin at 0 again.
            self._range_end = response.end or self._end or asked
        elif response.end is not None:
            self._range_end = response.end
        if self._end is not None:
            self._range_end = min(self._range_end, self._end)
        if self._range_end <= self._position:
            raise file_server_invalid("it answered with a range of no bytes")
        return self._position - response.start

    def _check_file(self, response: RangeResponse) -> None:
        changed = (self._total is not None and response.total not in (None, self._total)) or (
            self._validator is not None and response.validator not in (None, self._validator)
        )
        if changed:
            raise AbortedError(
                Reason.MEDIA_CHANGED, "the audio file changed at Apple while it was being read"
            )
        self._total = self._total or response.total
        self._validator = self._validator or response.validator
        if self._total is None:
            if self._end is None:
                raise file_server_invalid("it does not say how big the file is")
            return
        if self._position >= self._total:
            raise OutOfRangeError(
                Reason.OFFSET_OUT_OF_RANGE, f"the audio file ends at byte {self._total}"
            )
        self._end = self._total if self._end is None else self._end
        if self._end > self._total:
            raise DataLossError(
                Reason.MEDIA_TRUNCATED,
                f"the audio file has {self._total} bytes, its playlist says {self._end}",
            )

    async def _take_up_again(self, error: UnavailableError) -> None:
        await self.aclose()
        if self._finished():
            return  # it broke after the last byte: nothing is missing
        tuning = self._tuning
        if self._position < self._range_end:
            # The rest of what was asked for: there may be no room for more.
            self._next_length = min(self._range_end - self._position, self._next_length)
        if self._since_break >= tuning.resume_credit_bytes:
            self._breaks = 0
        self._since_break = 0
        has_begun = self._position > self._start
        if self._breaks >= (tuning.max_resumes if has_begun else tuning.max_start_resumes):
            raise UnavailableError(
                error.reason,
                f"{error.message} (gave up at byte {self._position})",
                metadata={**error.metadata, "byteOffset": str(self._position)},
                retry_after=error.retry_after,
            ) from error
        backoff = tuning.first_backoff_seconds * 2.0**self._breaks
        wait = backoff * (0.5 + 0.5 * self._jitter())
        if error.retry_after is not None:
            wait = max(wait, error.retry_after.total_seconds())
        self._breaks += 1
        self._resumes += 1
        await self._sleep(min(wait, tuning.max_backoff_seconds))
