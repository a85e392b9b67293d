"""Two things at once, and one thing for so long: who is stopped, and which error is told."""

import asyncio

import pytest

from applemusic_server.domain.together import together, within


class Work:
    """Something that runs until it is told how to end; knows what became of it."""

    def __init__(self) -> None:
        self.began = False
        self.cancelled = False
        self._told: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def run(self, on_cancel: Exception | None = None) -> str:
        self.began = True
        try:
            return await self._told
        except asyncio.CancelledError:
            await asyncio.sleep(0)  # what is closed takes its time
            self.cancelled = True
            if on_cancel is not None:
                raise on_cancel from None
            raise

    def end(self, result: str = "done") -> None:
        self._told.set_result(result)

    def fail(self, text: str) -> None:
        self._told.set_exception(LookupError(text))


async def running(*works: Work) -> None:
    await settled()
    assert all(work.began for work in works)


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_both_results_come_back_in_order(order: tuple[int, int]) -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    for number in order:
        works[number].end(str(number))
        await settled()
    assert await both == ("0", "1")


@pytest.mark.parametrize("failing", [0, 1])
async def test_the_other_is_stopped_and_waited_for_when_one_fails(failing: int) -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    works[failing].fail("mine")
    with pytest.raises(LookupError, match="mine"):
        await both
    assert works[1 - failing].cancelled
    assert not works[failing].cancelled


@pytest.mark.parametrize("ended", [0, 1])
async def test_the_failure_of_one_counts_when_the_other_is_done(ended: int) -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    works[ended].end()
    await settled()
    works[1 - ended].fail("late")
    with pytest.raises(LookupError, match="late"):
        await both


async def test_the_first_ones_error_is_raised_when_both_fail_at_once() -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    works[1].fail("second")
    works[0].fail("first")
    with pytest.raises(LookupError, match="first"):
        await both


async def test_the_first_ones_error_is_raised_when_it_fails_on_being_stopped() -> None:
    works = Work(), Work()
    both = asyncio.create_task(
        together(works[0].run(on_cancel=ValueError("closing")), works[1].run())
    )
    await running(*works)
    works[1].fail("second")
    with pytest.raises(ValueError, match="closing"):
        await both


async def test_an_error_of_the_second_is_no_cancelling_of_the_caller() -> None:
    async def caller() -> int:
        works = Work(), Work()
        asyncio.get_running_loop().call_soon(
            lambda: asyncio.get_running_loop().call_soon(works[1].fail, "second")
        )
        with pytest.raises(LookupError):
            await together(works[0].run(), works[1].run())
        await asyncio.sleep(0)  # it goes on as if nothing had happened
        task = asyncio.current_task()
        return -1 if task is None else task.cancelling()

    assert await asyncio.create_task(caller()) == 0


@pytest.mark.parametrize("done", [(), (0,), (1,)])
async def test_both_are_stopped_when_the_caller_is(done: tuple[int, ...]) -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    for number in done:
        works[number].end()
        await settled()
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    assert [work.cancelled for work in works] == [number not in done for number in (0, 1)]


async def test_a_caller_who_leaves_as_the_second_fails_has_left() -> None:
    works = Work(), Work()
    both = asyncio.create_task(together(works[0].run(), works[1].run()))
    await running(*works)
    works[1].fail("second")
    await asyncio.sleep(0)
    both.cancel()
    with pytest.raises(asyncio.CancelledError):
        await both
    assert works[0].cancelled


class Timers:
    """A `sleep` that ends when it is told to."""

    def __init__(self) -> None:
        self.work = Work()

    async def sleep(self, seconds: float) -> None:
        assert seconds == 12
        await self.work.run()


async def test_what_is_in_time_is_returned_and_its_timer_stopped() -> None:
    work, timers = Work(), Timers()
    task = asyncio.create_task(within(12, work.run(), timers.sleep))
    await running(work, timers.work)
    work.end("here")
    assert await task == "here"
    assert timers.work.cancelled


async def test_what_takes_longer_is_stopped_and_none() -> None:
    async def caller() -> tuple[object, int]:
        found = await within(12, work.run(), timers.sleep)
        await asyncio.sleep(0)
        task = asyncio.current_task()
        return found, -1 if task is None else task.cancelling()

    work, timers = Work(), Timers()
    task = asyncio.create_task(caller())
    await running(work, timers.work)
    timers.work.end()
    assert await task == (None, 0)
    assert work.cancelled


async def test_what_fails_in_time_fails() -> None:
    work, timers = Work(), Timers()
    task = asyncio.create_task(within(12, work.run(), timers.sleep))
    await running(work, timers.work)
    work.fail("why")
    with pytest.raises(LookupError, match="why"):
        await task
    assert timers.work.cancelled


@pytest.mark.parametrize("late", [False, True])
async def test_nothing_is_left_when_the_caller_leaves(*, late: bool) -> None:
    work, timers = Work(), Timers()
    task = asyncio.create_task(within(12, work.run(), timers.sleep))
    await running(work, timers.work)
    if late:
        timers.work.end()
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert work.cancelled
    assert timers.work.cancelled is not late


async def test_time_that_runs_out_as_one_of_two_fails_has_run_out() -> None:
    works, timers = (Work(), Work()), Timers()
    task = asyncio.create_task(within(12, together(works[0].run(), works[1].run()), timers.sleep))
    await running(*works, timers.work)
    timers.work.end()
    works[1].fail("second")
    assert await task is None
    assert works[0].cancelled
