"""How many tries a guesser gets, alone and among others."""

from datetime import timedelta

import pytest

from applemusic_server.application.attempts import AttemptLimit, Rate
from applemusic_server.domain.errors import ResourceExhaustedError
from tests.support.apple_server import FakeTime


async def test_right_tries_cost_nothing() -> None:
    time = FakeTime()
    limit = AttemptLimit(Rate(2, 10), Rate(3, 1), time.monotonic)
    for _ in range(20):
        limit.take("one")
        limit.give_back("one")
    limit.take("one")
    limit.take("one")
    with pytest.raises(ResourceExhaustedError) as caught:
        limit.take("one")
    assert caught.value.retry_after == timedelta(seconds=10)


async def test_a_try_that_all_others_used_up_is_not_counted() -> None:
    time = FakeTime()
    limit = AttemptLimit(Rate(2, 100), Rate(1, 1), time.monotonic)
    limit.take("one")
    for _ in range(5):
        with pytest.raises(ResourceExhaustedError):
            limit.take("two")
    for _ in range(2):
        time.seconds += 1
        limit.take("two")


async def test_callers_are_forgotten_the_oldest_first() -> None:
    time = FakeTime()
    limit = AttemptLimit(Rate(1, 10), Rate(10**6, 1), time.monotonic, remembered=10)
    for number in range(1000):
        limit.take(str(number))
    assert len(limit._callers) == 10
    with pytest.raises(ResourceExhaustedError):
        limit.take("999")
