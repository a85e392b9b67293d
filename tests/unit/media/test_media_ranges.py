"""Ranges: every fault of a file server, against a scripted one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import (
    AbortedError,
    AppleMusicError,
    DataLossError,
    InternalError,
    NotFoundError,
    OutOfRangeError,
    Reason,
    UnavailableError,
)
from applemusic_server.media.ranges import RangeReader
from applemusic_server.media.tuning import Tuning

FILE = bytes(i * 7 % 251 for i in range(10_000))
URL = "https://files.example/song.mp4?sig=canary"
TUNING = Tuning(first_range_bytes=1000, range_bytes=3000, resume_credit_bytes=3000)


def unavailable(retry_after: timedelta | None = None) -> UnavailableError:
    return UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "gone", retry_after=retry_after)


@dataclass
class Answer:
    """What a server does with one request; the defaults are a good server."""

    data: bytes = field(default=FILE, repr=False)
    validator: str | None = '"v1"'
    ignores_range: bool = False
    tells_total: bool = True
    tells_end: bool = True
    body_limit: int | None = None
    cut_after: int | None = None
    breaks: bool = False
    shift: int = 0
    refuses: AppleMusicError | None = None
    extra: bytes = b""


class Response:
    def __init__(self, answer: Answer, start: int, end: int | None, piece: int) -> None:
        self._answer = answer
        self.start = 0 if answer.ignores_range else start + answer.shift
        stop = len(answer.data) if answer.ignores_range or end is None else end
        stop = min(stop, len(answer.data))
        if answer.body_limit is not None:
            stop = min(stop, self.start + answer.body_limit)
        self.end = stop if answer.tells_end else None
        self.total = len(answer.data) if answer.tells_total else None
        self.validator = answer.validator
        body = answer.data[self.start : stop]
        if answer.tells_end or answer.body_limit is None:
            body += answer.extra  # elsewhere it would be a wrong byte that nothing can tell
        self._body = body if answer.cut_after is None else body[: answer.cut_after]
        self._piece = piece
        self.closed = 0
        self.at_end = False

    async def read(self) -> bytes:
        data, self._body = self._body[: self._piece], self._body[self._piece :]
        if not data and self._answer.breaks:
            raise unavailable()
        self.at_end = not data
        return data

    async def aclose(self) -> None:
        self.closed += 1


@dataclass
class Server:
    """Answers by script, then well."""

    script: list[Answer] = field(default_factory=list)
    default: Answer = field(default_factory=Answer)
    piece: int = 700
    asked: list[tuple[int, int | None, str | None]] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)

    async def open_range(
        self, url: str, start: int, end: int | None, *, validator: str | None = None
    ) -> Response:
        assert url == URL
        self.asked.append((start, end, validator))
        answer = self.script.pop(0) if self.script else self.default
        if answer.refuses:
            raise answer.refuses
        self.responses.append(Response(answer, start, end, self.piece))
        return self.responses[-1]


class Naps:
    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


def reader(
    server: Server,
    naps: Naps | None = None,
    *,
    start: int = 0,
    end: int | None = len(FILE),
    jitter: Callable[[], float] = lambda: 1.0,
) -> RangeReader:
    return RangeReader(
        server, URL, start=start, end=end, tuning=TUNING, sleep=naps or Naps(), jitter=jitter
    )


async def read_all(ranges: RangeReader) -> bytes:
    async with ranges:
        return b"".join([data async for data in ranges])


async def failure(ranges: RangeReader) -> AppleMusicError:
    with pytest.raises(AppleMusicError) as caught:
        await read_all(ranges)
    assert "canary" not in str(caught.value)
    return caught.value


async def test_bounded_ranges_read_to_their_end() -> None:
    server = Server()
    ranges = reader(server)
    assert await read_all(ranges) == FILE
    assert server.asked == [
        (0, 1000, None),
        (1000, 4000, '"v1"'),
        (4000, 7000, '"v1"'),
        (7000, 10000, '"v1"'),
    ]
    assert all(response.at_end and response.closed for response in server.responses)
    assert (ranges.position, ranges.total, ranges.validator) == (10_000, 10_000, '"v1"')
    assert (ranges.requests, ranges.resumes) == (4, 0)


@pytest.mark.parametrize(("start", "end"), [(500, 9000), (0, 1), (9999, 10_000), (3, None)])
async def test_a_part(start: int, end: int | None) -> None:
    assert await read_all(reader(Server(), start=start, end=end)) == FILE[start:end]


async def test_nothing_is_left_to_read() -> None:
    server = Server()
    assert await read_all(reader(server, start=10_000)) == b""
    assert server.asked == []


async def test_a_start_behind_the_end() -> None:
    error = await failure(reader(Server(), start=10_001))
    assert isinstance(error, OutOfRangeError)
    error = await failure(reader(Server(), start=10_001, end=None))
    assert error.reason is Reason.OFFSET_OUT_OF_RANGE


async def test_opened_early_the_first_range_is_asked_for_once() -> None:
    server = Server()
    ranges = reader(server)
    await ranges.open()
    await ranges.open()
    assert server.asked == [(0, 1000, None)]
    assert await read_all(ranges) == FILE
    assert len(server.asked) == 4


async def test_nothing_is_read_ahead() -> None:
    server = Server()
    async with reader(server) as ranges:
        await anext(ranges)
        assert len(server.asked) == 1
        await anext(ranges)
        await anext(ranges)
        assert len(server.asked) == 2
    assert server.responses[-1].closed  # left in mid-range: closed, not drained


@pytest.mark.parametrize("breaks", [True, False], ids=["reset", "short body"])
@pytest.mark.parametrize("cut", [0, 1, 699, 700, 701, 999])
async def test_a_cut_is_taken_up_at_the_next_byte(cut: int, *, breaks: bool) -> None:
    naps = Naps()
    server = Server([Answer(cut_after=cut, breaks=breaks)])
    ranges = reader(server, naps)
    assert await read_all(ranges) == FILE
    assert server.asked[1][0] == cut
    assert (ranges.resumes, naps.seconds) == (1, [0.25])
    assert all(response.closed for response in server.responses)


async def test_a_break_after_the_last_byte_is_none() -> None:
    server = Server(default=Answer(breaks=True))
    ranges = reader(server, end=1000)
    assert await read_all(ranges) == FILE[:1000]
    assert ranges.resumes == 0


async def test_refusals_that_pass() -> None:
    naps = Naps()
    server = Server([Answer(refuses=unavailable()), Answer(refuses=unavailable())])
    assert await read_all(reader(server, naps)) == FILE
    assert naps.seconds == [0.25, 0.5]


async def test_jitter_and_what_upstream_asks_for() -> None:
    naps = Naps()
    wait = Answer(refuses=unavailable(timedelta(seconds=2)))
    long_wait = Answer(refuses=unavailable(timedelta(hours=2)))
    server = Server([Answer(refuses=unavailable()), wait, long_wait])
    await read_all(reader(server, naps, jitter=lambda: 0.0))
    assert naps.seconds == [0.125, 2.0, 4.0]


async def test_seven_breaks_in_a_row_are_too_many() -> None:
    naps = Naps()
    server = Server([Answer(), *[Answer(cut_after=10) for _ in range(7)]])
    ranges = reader(server, naps)
    error = await failure(ranges)
    assert isinstance(error, UnavailableError)
    assert error.metadata == {"endpoint": "media.range", "byteOffset": "1070"}
    assert ranges.position == 1070
    assert len(server.asked) == 8
    assert sum(naps.seconds) == 11.75, "less than the listener has left to play"
    assert all(response.closed for response in server.responses)


async def test_a_start_is_given_up_sooner() -> None:
    naps = Naps()
    away = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "away")
    server = Server([Answer(refuses=away) for _ in range(4)])
    ranges = reader(server, naps)
    assert isinstance(await failure(ranges), UnavailableError)
    assert (len(server.asked), sum(naps.seconds)) == (4, 1.75)


async def test_progress_gives_the_resumes_back() -> None:
    # A player that pauses often costs a connection each time, and the song still ends.
    big = Tuning(first_range_bytes=1000, range_bytes=3000, resume_credit_bytes=900)
    server = Server([Answer(cut_after=900) for _ in range(10)])
    ranges = RangeReader(server, URL, end=len(FILE), tuning=big, sleep=Naps())
    assert await read_all(ranges) == FILE
    assert ranges.resumes > big.max_resumes


async def test_another_error_is_not_tried_again() -> None:
    gone = NotFoundError(Reason.RESOURCE_NOT_FOUND, "gone")
    server = Server([Answer(), Answer(refuses=gone)])
    assert await failure(reader(server)) is gone
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "changed",
    [
        Answer(validator='"v2"'),
        Answer(data=FILE + b"more"),
        Answer(validator='"v2"', ignores_range=True),
    ],
    ids=["etag", "size", "if-range"],
)
async def test_a_file_that_changes(changed: Answer) -> None:
    server = Server([Answer(), changed])
    ranges = reader(server)
    error = await failure(ranges)
    assert isinstance(error, AbortedError)
    assert error.reason is Reason.MEDIA_CHANGED
    assert ranges.position == 1000
    assert server.responses[-1].closed


async def test_a_file_shorter_than_its_playlist() -> None:
    ranges = reader(Server(default=Answer(data=FILE[:9000])))
    error = await failure(ranges)
    assert isinstance(error, DataLossError)
    assert error.reason is Reason.MEDIA_TRUNCATED
    assert ranges.position == 0


async def test_a_server_that_ignores_ranges() -> None:
    server = Server(default=Answer(ignores_range=True))
    assert await read_all(reader(server)) == FILE
    assert len(server.asked) == 1
    server = Server([Answer(cut_after=400)], default=Answer(ignores_range=True))
    assert await read_all(reader(server, end=9000)) == FILE[:9000]
    assert len(server.asked) == 2


async def test_a_server_that_ignores_ranges_and_says_no_size() -> None:
    server = Server(default=Answer(ignores_range=True, tells_end=False, tells_total=False))
    assert await read_all(reader(server, start=5000)) == FILE[5000:]
    assert len(server.asked) == 1


async def test_the_skip_is_bounded() -> None:
    tuning = Tuning(max_skip_bytes=100)
    server = Server(default=Answer(ignores_range=True))
    ranges = RangeReader(server, URL, start=101, end=len(FILE), tuning=tuning)
    assert isinstance(await failure(ranges), InternalError)


@pytest.mark.parametrize(
    "bad",
    [Answer(shift=5), Answer(body_limit=0), Answer(tells_total=False)],
    ids=["other range", "no bytes", "no size"],
)
async def test_answers_that_make_no_sense(bad: Answer) -> None:
    server = Server(default=bad)
    error = await failure(reader(server, start=10, end=None))
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert server.responses[-1].closed


async def test_shorter_ranges_than_asked_for() -> None:
    server = Server(default=Answer(body_limit=800))
    assert await read_all(reader(server)) == FILE
    assert len(server.asked) == 13


async def test_a_body_longer_than_promised() -> None:
    server = Server(default=Answer(extra=b"garbage"))
    assert await read_all(reader(server)) == FILE


async def test_a_server_without_etag_or_size() -> None:
    server = Server(default=Answer(validator=None, tells_total=False, tells_end=False))
    assert await read_all(reader(server)) == FILE


ANSWERS = st.builds(
    Answer,
    validator=st.sampled_from(['"v1"', '"v1"', None, '"v2"']),
    ignores_range=st.booleans(),
    tells_total=st.booleans(),
    tells_end=st.booleans(),
    body_limit=st.none() | st.integers(0, 4000),
    cut_after=st.none() | st.integers(0, 4000),
    breaks=st.booleans(),
    extra=st.sampled_from([b"", b"x"]),
)


@settings(max_examples=300, deadline=None)
@given(
    script=st.lists(ANSWERS, max_size=8),
    start=st.integers(0, 10_100),
    end=st.none() | st.integers(0, 10_000),
    piece=st.sampled_from([1, 250, 5000]),
)
async def test_never_a_wrong_byte(
    script: list[Answer], start: int, end: int | None, piece: int
) -> None:
    server = Server(script, piece=piece)
    ranges = reader(server, start=start, end=end)
    got = bytearray()
    complete = True
    try:
        async with ranges:
            async for data in ranges:
                got += data
    except AppleMusicError:
        complete = False
    wanted = FILE[start:end]
    assert wanted.startswith(bytes(got))
    assert ranges.position == start + len(got)
    if complete:
        assert bytes(got) == wanted
    assert all(response.closed for response in server.responses)
