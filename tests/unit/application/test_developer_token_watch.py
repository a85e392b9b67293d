"""Developer tokens are asked about once, and what is wrong with them is said once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from applemusic_server.application.developer_token_watch import DeveloperTokenWatch, Maker
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.gateways import DeveloperToken
from applemusic_server.domain.secret import Secret
from applemusic_server.domain.token_file import TokenFileFault
from tests.support.apple_server import FakeTime
from tests.support.tokens import Observer


@dataclass
class Made:
    """A maker whose token is what a test says."""

    token: DeveloperToken
    fault: TokenFileFault | None = None
    error: FailedPreconditionError | None = None
    waiting: DeveloperToken | None = None
    refused: list[str] = field(default_factory=list)

    def current(self) -> DeveloperToken:
        if self.error is not None:
            raise self.error
        return self.token

    def take(self, token: DeveloperToken) -> None:
        self.token, self.waiting = token, None

    def refuse(self, token: DeveloperToken, detail: str) -> None:
        assert token is self.waiting
        self.refused.append(detail)


@dataclass
class Check:
    """Apple's word."""

    error: AppleMusicError | None = None
    asked: list[str] = field(default_factory=list)
    bad: set[str] = field(default_factory=set)

    async def require_good(self, token: Secret) -> None:
        self.asked.append(token.reveal())
        if token.reveal() in self.bad:
            raise FailedPreconditionError(
                Reason.DEVELOPER_TOKEN_REJECTED, "no", metadata={"detail": "revoked"}
            )
        if self.error is not None:
            raise self.error


class Setting:
    def __init__(self) -> None:
        self.time, self.check, self.observer = FakeTime(), Check(), Observer()
        self.made = Made(self.token("one", days=180))
        self.watch = DeveloperTokenWatch(self, self.check, self.observer, clock=self.time.utc)

    def makers(self) -> Mapping[str, Maker]:
        return {"": self.made}

    def token(self, value: str, days: float) -> DeveloperToken:
        return DeveloperToken(Secret(value), self.time.now + timedelta(days=days), "TEAM000001")

    async def rounds(self, count: int = 3, seconds: float = 10) -> None:
        for _ in range(count):
            await self.watch.look()
            self.time.now += timedelta(seconds=seconds)


@pytest.fixture
def setting() -> Setting:
    return Setting()


async def test_apple_is_asked_once_per_token(setting: Setting) -> None:
    await setting.rounds()
    setting.made.token = setting.token("two", days=180)
    await setting.rounds()
    assert setting.check.asked == ["one", "two"]
    assert setting.observer.accepted == ["", ""]
    assert not setting.observer.problems


async def test_a_refused_token_is_said_once(setting: Setting) -> None:
    setting.check.error = FailedPreconditionError(Reason.DEVELOPER_TOKEN_REJECTED, "no")
    await setting.rounds()
    assert setting.check.asked == ["one"]
    assert setting.observer.problems == [("", Reason.DEVELOPER_TOKEN_REJECTED)]
    setting.check.error = None
    setting.made.token = setting.token("two", days=180)
    await setting.rounds()
    assert setting.observer.accepted == [""]


async def test_an_apple_that_does_not_answer_is_asked_again_after_a_minute(
    setting: Setting,
) -> None:
    setting.check.error = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "away")
    await setting.rounds(13)
    assert len(setting.check.asked) == 3  # at 0, 60 and 120 s
    assert not setting.observer.problems
    setting.check.error = None
    await setting.rounds(6)
    assert setting.observer.accepted == [""]


async def test_a_token_that_nobody_replaces_is_warned_about_in_time(setting: Setting) -> None:
    setting.made.token = setting.token("given", days=31)
    said = []
    for day in range(30):
        before = len(setting.observer.problems)
        await setting.rounds(2, seconds=43_200)
        if len(setting.observer.problems) > before:
            said.append(31 - day)
    assert said == [30, 14, 3]
    assert {reason for _, reason in setting.observer.problems} == {None}


async def test_a_replacement_that_is_no_good_is_said_once(setting: Setting) -> None:
    await setting.rounds()
    setting.made.fault = TokenFileFault("the file is empty", "it is empty")
    await setting.rounds()
    setting.made.fault = TokenFileFault("the file cannot be read", "it cannot be read")
    await setting.rounds()
    assert setting.observer.problems == [("", Reason.DEVELOPER_TOKEN_REJECTED)] * 2
    assert setting.observer.mended == []


async def test_a_file_that_breaks_again_is_said_again(setting: Setting) -> None:
    for count in (1, 2):
        setting.made.fault = TokenFileFault("the file is empty", "it is empty")
        await setting.rounds()
        assert len(setting.observer.problems) == count
        setting.made.fault = None
        await setting.rounds()
        assert setting.observer.mended == [""] * count


async def test_none_at_all_is_said_once(setting: Setting) -> None:
    setting.made.error = FailedPreconditionError(Reason.DEVELOPER_TOKEN_MISSING, "none")
    await setting.rounds()
    assert setting.observer.problems == [("", Reason.DEVELOPER_TOKEN_MISSING)]
    assert not setting.check.asked


async def test_a_successor_serves_once_apple_took_it(setting: Setting) -> None:
    await setting.rounds(1)
    setting.made.waiting = setting.token("two", days=180)
    await setting.rounds(1)
    assert setting.made.token.value.reveal() == "two"
    assert setting.check.asked.count("two") == 2  # to be let in, and as one that is new here


async def test_a_successor_that_apple_refuses_waits_and_is_asked_about_again(
    setting: Setting,
) -> None:
    setting.made.waiting, setting.check.bad = setting.token("two", days=180), {"two"}
    await setting.rounds(4, seconds=10)
    assert setting.made.token.value.reveal() == "one"
    assert setting.made.refused == ["revoked"]  # once a minute
    setting.check.bad = set()
    await setting.rounds(4, seconds=10)
    assert setting.made.token.value.reveal() == "two"


async def test_a_successor_of_one_that_is_refused_too_takes_its_place(setting: Setting) -> None:
    """A key was revoked: the one that the operator put in its place is what is to be told of."""
    setting.made.waiting, setting.check.bad = setting.token("two", days=180), {"one", "two"}
    await setting.rounds(1)
    assert setting.made.token.value.reveal() == "two"
    assert setting.observer.problems


async def test_while_apple_says_nothing_the_old_one_serves(setting: Setting) -> None:
    setting.made.waiting = setting.token("two", days=180)
    setting.check.error = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "not now")
    await setting.rounds(12)
    assert setting.made.token.value.reveal() == "one"
    setting.check.error = None
    await setting.rounds(7)
    assert setting.made.token.value.reveal() == "two"
