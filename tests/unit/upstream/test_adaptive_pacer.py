"""How fast Apple is asked: what a 429 does, what calm does, and who goes first."""

import asyncio
import heapq
import itertools
import random
from collections.abc import Awaitable

import pytest
from aiohttp import web

from applemusic_server.upstream.adaptive_pacer import AdaptivePacer, PacerLimits
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.priority_gate import GateLimits, Priority, PriorityGate
from applemusic_server.upstream.retry import RetryPolicy, Trouble
from applemusic_server.upstream.transport import Call, Transport
from tests.support.apple_server import AppleServer, Upstream

PLAYBACK, PREPARE, INTERACTIVE, BACKGROUND = Priority


class Clock:
    """Time that goes on when everybody waits for it."""

    def __init__(self) -> None:
        self.now = 100.0
        self._sleepers: list[tuple[float, int, asyncio.Event]] = []
        self._numbers = itertools.count()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        event = asyncio.Event()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._numbers), event))
        await event.wait()

    async def run(self, work: Awaitable[object]) -> None:
        """Let time go on until `work` is done."""
        task = asyncio.ensure_future(work)
        while not task.done():
            for _ in range(20):
                await asyncio.sleep(0)
            if self._sleepers and not task.done():
                due, _, event = heapq.heappop(self._sleepers)
                self.now = max(self.now, due)
                event.set()
        await task


SLOW = PacerLimits(start=4, least=1, most=100, burst_seconds=0.25)


async def test_turns_come_at_the_rate() -> None:
    clock = Clock()
    pacer = AdaptivePacer(SLOW, clock=clock, sleep=clock.sleep)
    begun, times = clock.now, []

    async def ask() -> None:
        await pacer.pace(BACKGROUND)
        times.append(round(clock.now - begun, 3))

    await clock.run(asyncio.gather(*(ask() for _ in range(9))))
    assert times == [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]


async def test_playback_never_waits_and_counts() -> None:
    clock = Clock()
    pacer = AdaptivePacer(SLOW, clock=clock, sleep=clock.sleep)
    for _ in range(100):
        await asyncio.wait_for(pacer.pace(PLAYBACK), 1)
    begun = clock.now
    await clock.run(pacer.pace(INTERACTIVE))
    # It waits for what playback took, but not for all of a hundred.
    assert 0.25 <= clock.now - begun <= 1


async def test_the_most_urgent_goes_first_however_late_it_came() -> None:
    clock = Clock()
    pacer = AdaptivePacer(SLOW, clock=clock, sleep=clock.sleep)
    order: list[str] = []

    async def ask(priority: Priority, name: str) -> None:
        await pacer.pace(priority)
        order.append(name)

    async def everybody() -> None:
        sync = [asyncio.ensure_future(ask(BACKGROUND, f"sync {n}")) for n in range(5)]
        await clock.sleep(0.3)
        person = [asyncio.ensure_future(ask(INTERACTIVE, f"person {n}")) for n in range(2)]
        await asyncio.sleep(0)
        song = asyncio.ensure_future(ask(PLAYBACK, "song"))
        await asyncio.gather(*sync, *person, song)

    await clock.run(everybody())
    assert order[:2] == ["sync 0", "sync 1"]
    assert order[2:5] == ["song", "person 0", "person 1"]
    assert order[5:] == ["sync 2", "sync 3", "sync 4"]


async def test_who_leaves_the_queue_holds_nobody_up() -> None:
    clock = Clock()
    pacer = AdaptivePacer(SLOW, clock=clock, sleep=clock.sleep)
    await pacer.pace(BACKGROUND)
    waiting = [asyncio.ensure_future(pacer.pace(BACKGROUND)) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    waiting[1].cancel()
    await clock.run(asyncio.wait(waiting))
    assert waiting[2].done()
    assert not waiting[2].cancelled()


def test_a_429_halves_the_rate_once_per_excess() -> None:
    clock = Clock()
    pacer = AdaptivePacer(PacerLimits(start=40, least=1), clock=clock)
    for _ in range(10):
        pacer.throttled()
    assert pacer.rate == 20
    clock.now += 1
    pacer.throttled()
    assert pacer.rate == 10
    for _ in range(20):
        clock.now += 1
        pacer.throttled()
    assert pacer.rate == 1


async def test_until_the_first_429_every_second_of_asking_doubles_the_rate() -> None:
    clock = Clock()
    pacer = AdaptivePacer(PacerLimits(start=4, most=100), clock=clock, sleep=clock.sleep)
    rates, seconds = [], 0

    async def sync() -> None:
        nonlocal seconds
        for _ in range(4):  # What was saved up while nothing was asked.
            await pacer.pace(BACKGROUND)
        begun = clock.now
        while seconds < 6:
            await pacer.pace(BACKGROUND)
            pacer.succeeded()
            if clock.now - begun >= seconds:
                rates.append(pacer.rate)
                seconds += 1

    await clock.run(sync())
    for before, after in itertools.pairwise(rates):
        assert after == pytest.approx(min(100, 2.7 * before), rel=0.3)
    assert pacer.rate == 100


async def test_a_page_sync_of_a_thousand_requests_is_not_held_up_by_the_start() -> None:
    """16 at a time and 80 ms each are 5 s; the search for the rate may add little to that."""
    clock = Clock()
    pacer = AdaptivePacer(clock=clock, sleep=clock.sleep)
    left = 1000

    async def reader() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await pacer.pace(BACKGROUND)
            await clock.sleep(0.08)
            pacer.succeeded()

    begun = clock.now
    await clock.run(asyncio.gather(*(reader() for _ in range(16))))
    assert clock.now - begun < 8


class Bucket:
    """What Apple allows: so many at once after a rest, and so many per second."""

    def __init__(self, clock: Clock, per_second: float, burst: float) -> None:
        self._clock, self._per_second, self._burst = clock, per_second, burst
        self._left, self._then = burst, clock.now

    def take(self) -> bool:
        now = self._clock.now
        self._left = min(self._burst, self._left + (now - self._then) * self._per_second)
        self._then = now
        allowed = self._left >= 1
        self._left -= allowed
        return allowed


@pytest.mark.parametrize("burst", [1.0, 4.0, 100.0, 400.0])
@pytest.mark.parametrize("per_second", [4.0, 20.0])
async def test_a_sync_outlives_what_the_search_runs_into(per_second: float, burst: float) -> None:
    """However far the rate was when Apple's patience ended, no page is given up."""
    clock, retry, chance = Clock(), RetryPolicy(), random.Random(1)
    pacer = AdaptivePacer(clock=clock, sleep=clock.sleep)
    bucket = Bucket(clock, per_second, burst)
    left, refused = 600, 0

    async def page() -> None:
        nonlocal refused
        tries = 0
        while True:
            await pacer.pace(BACKGROUND)
            allowed = bucket.take()
            await clock.sleep(0.08)
            tries += 1
            if allowed:
                pacer.succeeded()
                return
            refused += 1
            pacer.throttled()
            wait = retry.wait(Trouble.THROTTLED, tries, None, chance.random, patient=True)
            assert wait is not None, f"given up after {tries} tries at {clock.now - 100:.1f} s"
            await clock.sleep(wait)

    async def reader() -> None:
        nonlocal left
        while left > 0:
            left -= 1
            await page()

    await clock.run(asyncio.gather(*(reader() for _ in range(16))))
    assert refused < 0.25 * 600
    assert clock.now - 100 < 1.7 * 600 / per_second


def test_after_a_429_the_rate_never_doubles_again() -> None:
    clock = Clock()
    pacer = AdaptivePacer(PacerLimits(start=40), clock=clock)
    pacer.throttled()
    for _ in range(20):
        pacer.succeeded()
    assert pacer.rate == pytest.approx(21, abs=0.1)


def test_calm_raises_the_rate_by_a_step_per_second_of_asking() -> None:
    clock = Clock()
    pacer = AdaptivePacer(PacerLimits(start=10, most=12), clock=clock)
    pacer.throttled()
    assert pacer.rate == 5
    for _ in range(5):
        pacer.succeeded()
    assert pacer.rate == pytest.approx(6, abs=0.1)
    for _ in range(500):
        pacer.succeeded()
    assert pacer.rate == 12


def test_idle_answers_teach_nothing() -> None:
    pacer = AdaptivePacer(PacerLimits(start=10), clock=Clock())
    for _ in range(100):
        pacer.succeeded()
    assert pacer.rate == 10


async def test_the_rate_settles_near_what_apple_allows() -> None:
    clock = Clock()
    pacer = AdaptivePacer(PacerLimits(start=50), clock=clock, sleep=clock.sleep)
    allowed, used, window = 8, 0, 0
    refused = 0

    async def ask() -> None:
        nonlocal used, window, refused
        await pacer.pace(BACKGROUND)
        if int(clock.now) != window:
            window, used = int(clock.now), 0
        used += 1
        if used > allowed:
            refused += 1
            pacer.throttled()
        else:
            pacer.succeeded()

    async def sync() -> None:
        for _ in range(400):
            await ask()

    begun = clock.now
    await clock.run(sync())
    assert 400 / (clock.now - begun) > 5
    # The first burst is refused as a whole: it was on its way before Apple said anything.
    assert refused < 100


class Arrivals:
    """Notes who asks, and lets nobody go before it is told to."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.release = asyncio.Event()
        self._another = asyncio.Event()

    async def respond(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request.query["who"])
        self._another.set()
        await self.release.wait()
        return web.json_response({})

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(10):
            while len(self.seen) < count:
                self._another.clear()
                await self._another.wait()


async def test_apple_hears_playback_first_then_people_then_the_sync(
    apple: AppleServer, upstream: Upstream
) -> None:
    """A sync of 60 requests runs when a person searches and a song begins."""
    arrivals = Arrivals()
    seen, heard = arrivals.seen, arrivals.wait_for
    apple.on("/x", arrivals.respond)
    transport = Transport(
        upstream.session,
        upstream.addresses,
        gate=PriorityGate(GateLimits(total=6, background=4)),
        pacer=AdaptivePacer(PacerLimits(start=1000), clock=asyncio.get_running_loop().time),
    )

    def ask(who: str, priority: Priority) -> asyncio.Task[object]:
        call = Call(Endpoint.TEST, f"{apple.url}/x", params={"who": who}, priority=priority)
        return asyncio.ensure_future(transport.send(call))

    sync = [ask("sync", BACKGROUND) for _ in range(60)]
    await heard(4)
    people = [ask("person", INTERACTIVE) for _ in range(6)]
    await heard(6)
    songs = [ask("song", PLAYBACK) for _ in range(3)]
    # The sync holds its 4 places and people theirs; a song needs none.
    await heard(9)
    assert seen == ["sync"] * 4 + ["person"] * 2 + ["song"] * 3
    arrivals.release.set()
    await asyncio.gather(*sync, *people, *songs)
    # Of the rest, the four people who still waited came before all but a few of the sync.
    assert seen[9:19].count("person") == 4
    assert len(seen) == 69
