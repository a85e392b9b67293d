"""What `GetDiagnostics` finds wrong, one thing at a time, with the real parts."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest

from applemusic import errors
from applemusic.models import ErrorReason
from applemusic.models.server import CheckStatus, DiagnosticCheck, Diagnostics
from applemusic_simulator.social.permissions import LYRICS
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
SERVER = [
    "storage",
    "encryption_key",
    "developer_token",
    "apple",
    "clock",
    "widevine_device",
    "sign_in_address",
    "accounts",
]
ACCOUNT = [
    "account_token",
    "account_developer_token",
    "account_subscription",
    "account_apple",
    "account_capabilities",
]
ASK_APPLE = {"apple", "clock", "account_apple"}


def wrong(found: Diagnostics) -> dict[str, DiagnosticCheck]:
    """The checks that are neither fine nor left out."""
    well = (CheckStatus.OK, CheckStatus.SKIPPED)
    return {each.name: each for each in found.checks if each.status not in well}


async def test_all_is_well_and_nothing_is_told_of_whom(stage: Stage) -> None:
    await stage.music.auth.submit_music_user_token(
        stage.simulator.music_user_token(), account="anna-smith", display_name="Anna Smith"
    )
    for account in ("default", "anna-smith"):
        await stage.music.server.info(account=account)
    found = await stage.music.server.diagnostics()
    assert wrong(found) == {}
    assert [each.name for each in found.checks] == SERVER + ACCOUNT * 2
    assert all(each.message and not each.remedy for each in found.checks)
    assert {each.account_pseudonym for each in found.checks} == {"", "account-1", "account-2"}
    assert [(each.id, each.display_name) for each in found.accounts] == [
        ("account-1", ""),
        ("account-2", ""),
    ]
    assert found.accounts[0].state.name == "ACTIVE"
    said = repr(found)
    for private in ("anna", "Anna", "default", str(stage.server._settings.widevine.device_file)):
        assert private not in said
    one = await stage.music.server.diagnostics(account="anna-smith")
    assert [each.name for each in one.checks] == SERVER + ACCOUNT
    assert [each.id for each in one.accounts] == ["account-1"]
    with pytest.raises(errors.AccountNotFoundError):
        await stage.music.server.diagnostics(account="berta")


async def test_offline_asks_apple_nothing(stage: Stage) -> None:
    await stage.music.server.info()
    stage.simulator.world.requests.clear()
    found = await stage.music.server.diagnostics(offline=True)
    assert not list(stage.simulator.world.requests)
    skipped = {each.name for each in found.checks if each.status is CheckStatus.SKIPPED}
    assert skipped == ASK_APPLE
    assert wrong(found) == {}


async def test_nothing_is_set_up(stage_of: SetUp) -> None:
    async with stage_of(widevine=False, signed_in=False) as stage:
        found = wrong(await stage.music.server.diagnostics())
    assert {name: each.reason for name, each in found.items()} == {
        "widevine_device": ErrorReason.WIDEVINE_DEVICE_MISSING,
        "accounts": ErrorReason.ACCOUNT_REQUIRED,
    }
    assert all(each.remedy for each in found.values())
    assert {each.status for each in found.values()} == {CheckStatus.FAILED}


async def test_a_revoked_developer_token(stage_of: SetUp) -> None:
    async with stage_of(developer_token="x.y.z", signed_in=False) as stage:
        found = await stage.music.server.diagnostics()
    assert wrong(found)["developer_token"].reason == ErrorReason.DEVELOPER_TOKEN_REJECTED
    left_out = {each.name for each in found.checks if each.status is CheckStatus.SKIPPED}
    assert left_out == {"apple", "clock"}


async def test_a_dead_music_user_token_and_what_apple_refuses(stage: Stage) -> None:
    stage.simulator.world.social.permissions.set(LYRICS, "403")
    await stage.music.server.info()
    for token in stage.simulator.world.user_tokens:
        token.revoked = True
    found = wrong(await stage.music.server.diagnostics())
    assert found["account_apple"].reason == ErrorReason.MUSIC_USER_TOKEN_REJECTED
    assert found["account_apple"].account_pseudonym == "account-1"
    assert found["account_capabilities"].status is CheckStatus.WARNING
    assert "lyrics" in found["account_capabilities"].message


@pytest.mark.parametrize(
    ("ahead", "status"),
    [(timedelta(minutes=2), CheckStatus.WARNING), (timedelta(minutes=20), CheckStatus.FAILED)],
)
async def test_a_clock_that_is_wrong(
    stage_of: SetUp, ahead: timedelta, status: CheckStatus
) -> None:
    off = timedelta()
    async with stage_of(now=lambda: datetime.now(UTC) + off) as stage:
        off = ahead
        found = wrong(await stage.music.server.diagnostics())
    assert found["clock"].status is status
    assert "ahead of Apple's" in found["clock"].message
    assert found["clock"].remedy


async def test_tokens_that_end_soon(stage_of: SetUp) -> None:
    off = timedelta()
    async with stage_of(now=lambda: datetime.now(UTC) + off) as stage:
        off = timedelta(days=160)
        found = wrong(await stage.music.server.diagnostics(offline=True))
    assert found["account_token"].status is CheckStatus.WARNING
    assert found["account_token"].message.startswith("it is good")


async def test_an_apple_that_answers_with_errors(stage: Stage) -> None:
    await stage.music.server.info()
    stage.fault("*", "status", status=400, count=None)
    found = wrong(await stage.music.server.diagnostics())
    assert set(found) == ASK_APPLE
    assert all(each.reason.name.startswith("UPSTREAM_") for each in found.values())
