"""That looking for what is wrong ends in time, and says so when it cannot look."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from applemusic_server.application.account_checks import AccountChecks
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.diagnostic_check import Checked, CheckStatus, failed
from applemusic_server.application.diagnostics import Diagnostics
from applemusic_server.application.server_checks import ServerChecks, ServerFindings
from applemusic_server.domain.account import Account
from applemusic_server.domain.capability import Capability, KnownAnswer
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.domain.gateways import DeveloperTokenLook
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import FakeTime, FixedToken
from tests.support.application import Listeners, MemoryStore

TIME = FakeTime()
ANNA = Account("anna", Secret("a" * 40), "us", TIME.now)


@dataclass
class Inspector:
    """Hangs when told to."""

    hangs: bool = False
    accepted: bool = True
    apple_time: datetime | None = TIME.now

    async def inspect(self, token: Secret) -> DeveloperTokenLook:
        del token
        if self.hangs:
            await asyncio.Event().wait()
        return DeveloperTokenLook(self.accepted, self.apple_time)


class Nothing:
    """A table without rows."""

    async def of(self, account_id: str) -> Mapping[Capability, KnownAnswer]:
        del account_id
        return {}

    async def put(
        self,
        account_id: str,
        answers: Mapping[Capability, KnownAnswer],
        sign_in_time: datetime | None = None,
    ) -> bool:
        raise NotImplementedError


class BrokenStore(MemoryStore):
    """Cannot be read."""

    async def list(self) -> tuple[Account, ...]:
        raise UnavailableError(Reason.STORAGE_UNAVAILABLE, "gone")


def diagnostics(
    accounts: MemoryStore,
    inspector: Inspector | None = None,
    known: ServerFindings | None = None,
) -> Diagnostics:
    async def shortly(seconds: float) -> None:
        """Ten seconds that are over once everything else had its turn."""
        assert seconds == 10.0
        for _ in range(50):
            await asyncio.sleep(0)

    tokens, now = FixedToken(), TIME.utc
    known = known or ServerFindings(None, links_lead_here_only=False)
    return Diagnostics(
        accounts,
        ServerChecks(
            known,
            tokens,
            inspector or Inspector(),
            now,
        ),
        AccountChecks(tokens, Listeners(), CapabilityMemory(now), Nothing(), now),
        now=now,
        clock=TIME.monotonic,
        sleep=shortly,
    )


async def look(made: Diagnostics, *, offline: bool = False) -> dict[str, Checked]:
    return {each.name: each for each in (await made.look("", offline=offline)).checks}


async def test_apple_that_hangs_is_told_and_does_not_hold_up_the_rest() -> None:
    found = await look(diagnostics(MemoryStore({"anna": ANNA}), Inspector(hangs=True)))
    for name in ("apple", "clock"):
        assert found[name].finding.reason is Reason.UPSTREAM_TIMEOUT
    assert found["account_apple"].finding.status is CheckStatus.OK
    assert found["account_capabilities"].finding.status is CheckStatus.WARNING  # never asked


async def test_without_storage_the_rest_is_looked_into() -> None:
    found = await look(diagnostics(BrokenStore()))
    assert found["storage"].finding.reason is Reason.STORAGE_UNAVAILABLE
    assert found["encryption_key"].finding.status is CheckStatus.SKIPPED
    assert found["accounts"].finding.status is CheckStatus.SKIPPED
    assert found["developer_token"].finding.status is CheckStatus.OK


async def test_what_the_server_knows_since_its_start() -> None:
    known = ServerFindings(Reason.WIDEVINE_DEVICE_REJECTED, links_lead_here_only=True)
    refusing = Inspector(accepted=False, apple_time=None)
    found = await look(diagnostics(MemoryStore({"anna": ANNA}), refusing, known))
    assert found["widevine_device"].finding.reason is Reason.WIDEVINE_DEVICE_REJECTED
    assert found["sign_in_address"].finding.status is CheckStatus.WARNING
    assert found["apple"].finding.reason is Reason.DEVELOPER_TOKEN_REJECTED
    assert found["clock"].finding.status is CheckStatus.SKIPPED


@pytest.mark.parametrize(
    ("account", "check", "reason"),
    [
        (ANNA.with_rejected(), "account_token", Reason.MUSIC_USER_TOKEN_REJECTED),
        (
            replace(ANNA, team_id="OTHERTEAM0"),
            "account_developer_token",
            Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH,
        ),
        (replace(ANNA, music_user_token=None), "encryption_key", Reason.STORAGE_KEY_MISMATCH),
        (replace(ANNA, music_user_token=None), "account_token", Reason.STORAGE_KEY_MISMATCH),
    ],
)
async def test_what_can_be_wrong_with_an_account(
    account: Account, check: str, reason: Reason
) -> None:
    found = await look(diagnostics(MemoryStore({"anna": account})), offline=True)
    assert found[check].finding.status is CheckStatus.FAILED
    assert found[check].finding.reason is reason
    assert found[check].finding.remedy
    assert found["account_apple"].finding.status is CheckStatus.SKIPPED


async def test_a_clock_behind_apples() -> None:
    inspector = Inspector(apple_time=TIME.now + timedelta(minutes=3))
    finding = (await look(diagnostics(MemoryStore(), inspector)))["clock"].finding
    assert finding.status is CheckStatus.WARNING
    assert finding.message == "the clock is 180 s behind Apple's"


def test_every_reason_has_words() -> None:
    for reason in Reason:
        finding = failed(reason)
        assert finding.message
        assert finding.remedy
