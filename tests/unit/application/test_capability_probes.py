"""When Apple is asked what an account may do, and what is known of the answers."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from applemusic_server.application.accounts import AccountChange, Accounts
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.capability_probes import (
    AFTER_SIGN_IN_SECONDS,
    PATIENCE_SECONDS,
    CapabilityProbes,
)
from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import (
    PROBED,
    Capability,
    CapabilityAnswer,
    KnownAnswer,
)
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    Reason,
    UnavailableError,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import FakeTime, FixedToken
from tests.support.application import Listeners, MemoryStore

ALLOWED, REFUSED = CapabilityAnswer.ALLOWED, CapabilityAnswer.REFUSED
LYRICS, DELETE = Capability.LYRICS, Capability.PLAYLIST_DELETE
ANNA = Account("anna", Secret("a" * 40), "us", FakeTime().now)


@dataclass
class Apple:
    """Refuses what a test says, and answers when it may."""

    refuses: set[Capability] = field(default_factory=set)
    errors: dict[Capability, AppleMusicError] = field(default_factory=dict)
    asked: list[Capability] = field(default_factory=list)
    answers: asyncio.Event = field(default_factory=asyncio.Event)

    async def ask(self, capability: Capability, listener: Listener) -> CapabilityAnswer:
        assert listener.account_id == "anna"
        self.asked.append(capability)
        await self.answers.wait()
        if capability in self.errors:
            raise self.errors[capability]
        return REFUSED if capability in self.refuses else ALLOWED


@dataclass
class Kept:
    """A table; `sign_in_time` is the account's."""

    rows: dict[Capability, KnownAnswer] = field(default_factory=dict)
    sign_in_time: datetime = ANNA.token_first_seen_time

    async def of(self, account_id: str) -> Mapping[Capability, KnownAnswer]:
        assert account_id == "anna"
        return dict(self.rows)

    async def put(
        self,
        account_id: str,
        answers: Mapping[Capability, KnownAnswer],
        sign_in_time: datetime | None = None,
    ) -> bool:
        assert account_id == "anna"
        if sign_in_time not in (None, self.sign_in_time):
            return False
        self.rows.update(answers)
        return True


@dataclass
class Sleeps:
    """Waits that end when a test says so."""

    waits: list[float] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)
        await self.over.wait()


@dataclass
class Scene:
    apple: Apple
    kept: Kept
    time: FakeTime
    sleeps: Sleeps
    accounts: MemoryStore
    memory: CapabilityMemory
    probes: CapabilityProbes

    def restarted(self) -> "Scene":
        """Another process on the same database."""
        memory = CapabilityMemory(self.time.utc)
        accounts = Accounts(self.accounts, Listeners(), FixedToken(), clock=self.time.utc)
        probes = CapabilityProbes(
            accounts, self.apple, self.kept, memory, now=self.time.utc, sleep=self.sleeps
        )
        return replace(self, memory=memory, probes=probes)

    def last(self, capability: Capability) -> CapabilityAnswer | None:
        return self.memory.last("anna", capability)


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    time, apple, accounts, memory = FakeTime(), Apple(), MemoryStore(), None
    apple.answers.set()
    await accounts.put(ANNA)
    memory = CapabilityMemory(time.utc)
    made = Scene(
        apple,
        Kept(),
        time,
        Sleeps(),
        accounts,
        memory,
        CapabilityProbes(
            Accounts(accounts, Listeners(), FixedToken(), clock=time.utc),
            apple,
            Kept(),
            memory,
            now=time.utc,
        ),
    ).restarted()
    yield made
    await made.probes.close()


async def test_what_an_account_may_do_now_and_could_not_before_is_told_once(scene: Scene) -> None:
    told: list[str] = []
    scene.memory.on_change(told.append)
    scene.apple.refuses = {LYRICS}
    await scene.probes.ready(ANNA)
    assert told == ["anna"]  # once for all that was asked
    scene.memory.worked("anna", DELETE)
    scene.memory.add("anna", LYRICS)
    scene.memory.worked("anna", Capability.LIBRARY_ADD)  # counted as there before
    await scene.probes.ready(ANNA)
    assert told == ["anna"]
    scene.memory.worked("anna", LYRICS)
    assert told == ["anna"] * 2
    scene.memory.add("anna", Capability.LIBRARY_ADD)
    assert told == ["anna"] * 3
    again = scene.restarted()
    await settle()
    again.memory.on_change(told.append)
    await again.probes.ready(ANNA)
    await again.probes.ready(ANNA)
    assert told == ["anna"] * 4


async def test_everything_is_asked_once_a_day_and_kept_over_a_restart(scene: Scene) -> None:
    scene.apple.refuses = {LYRICS}
    await asyncio.gather(*(scene.probes.ready(ANNA) for _ in range(5)))  # one probe for all
    assert sorted(scene.apple.asked) == sorted(PROBED)
    assert scene.last(LYRICS) is REFUSED
    assert scene.memory.holds("anna", LYRICS)
    assert scene.last(DELETE) is ALLOWED
    scene.apple.asked.clear()
    again = scene.restarted()
    await again.probes.ready(ANNA)
    assert scene.apple.asked == []
    assert again.last(LYRICS) is REFUSED
    scene.time.now += timedelta(hours=23)
    await again.probes.ready(ANNA)
    assert scene.apple.asked == []
    scene.time.now += timedelta(hours=2)
    scene.apple.refuses.clear()
    await again.probes.ready(ANNA)
    assert sorted(scene.apple.asked) == sorted(PROBED)
    assert again.last(LYRICS) is ALLOWED


async def test_nobody_waits_longer_than_two_seconds_and_the_probe_goes_on(scene: Scene) -> None:
    scene.apple.answers.clear()
    waiting = asyncio.create_task(scene.probes.ready(ANNA))
    await settle()
    assert not waiting.done()
    assert scene.sleeps.waits == [PATIENCE_SECONDS]
    scene.sleeps.over.set()
    await waiting
    assert scene.last(LYRICS) is None
    scene.apple.answers.set()
    await settle()
    assert scene.last(LYRICS) is ALLOWED


async def test_an_old_answer_stands_while_a_new_one_is_awaited(scene: Scene) -> None:
    scene.apple.refuses = {LYRICS}
    await scene.probes.ready(ANNA)
    scene.time.now += timedelta(hours=25)
    scene.apple.answers.clear()
    scene.sleeps.over.set()
    await scene.probes.ready(ANNA)
    assert scene.last(LYRICS) is REFUSED
    assert not scene.memory.holds("anna", LYRICS)  # but a call may try
    assert scene.last(DELETE) is ALLOWED


async def test_what_fails_is_asked_again_after_a_minute_and_the_rest_is_kept(
    scene: Scene,
) -> None:
    scene.apple.errors[PROBED[-1]] = UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "down")
    await scene.probes.ready(ANNA)
    assert scene.last(PROBED[-1]) is None
    assert scene.last(LYRICS) is ALLOWED
    assert PROBED[-1] not in scene.kept.rows
    scene.apple.asked.clear()
    await scene.probes.ready(ANNA)
    assert scene.apple.asked == []
    scene.time.now += timedelta(seconds=61)
    scene.apple.errors.clear()
    await scene.probes.ready(ANNA)
    assert scene.apple.asked == [PROBED[-1]]
    assert scene.last(PROBED[-1]) is ALLOWED


async def test_a_question_that_apple_finds_fault_with_tells_nothing(scene: Scene) -> None:
    refused = FailedPreconditionError(Reason.UPSTREAM_REFUSED, "400")
    scene.apple.errors[LYRICS] = refused
    await scene.probes.ready(ANNA)
    assert scene.last(LYRICS) is CapabilityAnswer.UNTOLD
    assert not scene.memory.holds("anna", LYRICS)
    assert scene.last(DELETE) is ALLOWED


async def test_a_probe_follows_a_sign_in_after_a_while_and_forgets_the_one_before(
    scene: Scene,
) -> None:
    scene.memory.add("anna", LYRICS)
    scene.probes.account_changed(AccountChange.SIGNED_IN, ANNA)
    assert scene.last(LYRICS) is None
    await settle()
    assert scene.kept.rows == {}  # nor is the refusal of another sign-in kept
    assert scene.apple.asked == []
    assert scene.sleeps.waits == [AFTER_SIGN_IN_SECONDS]
    scene.sleeps.over.set()
    await settle()
    assert sorted(scene.apple.asked) == sorted(PROBED)
    assert scene.last(LYRICS) is ALLOWED


async def test_answers_about_another_sign_in_are_thrown_away(scene: Scene) -> None:
    scene.kept.sign_in_time += timedelta(seconds=1)
    await scene.probes.ready(ANNA)
    assert scene.apple.asked
    assert scene.last(LYRICS) is None
    assert scene.kept.rows == {}


async def test_signing_out_ends_a_probe(scene: Scene) -> None:
    scene.apple.answers.clear()
    waiting = asyncio.create_task(scene.probes.ready(ANNA))
    await settle()
    scene.probes.account_changed(AccountChange.SIGNED_OUT, ANNA)
    await waiting
    scene.apple.answers.set()
    await settle()
    assert scene.last(LYRICS) is None


async def test_what_a_call_meets_corrects_the_probe_everywhere(scene: Scene) -> None:
    await scene.probes.ready(ANNA)
    scene.time.now += timedelta(hours=1)
    scene.memory.add("anna", DELETE)
    await settle()
    assert scene.kept.rows[DELETE].answer is REFUSED
    again = scene.restarted()
    await again.probes.ready(ANNA)
    assert again.memory.holds("anna", DELETE)
    scene.time.now += timedelta(hours=1)
    again.memory.worked("anna", DELETE)
    await settle()
    await scene.probes.ready(ANNA)  # the first process hears of it
    assert scene.last(DELETE) is ALLOWED


async def test_an_account_that_cannot_be_used_is_not_probed(scene: Scene) -> None:
    await scene.probes.ready(ANNA.with_rejected())
    assert scene.apple.asked == []
