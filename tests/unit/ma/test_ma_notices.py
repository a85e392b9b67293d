"""What happens to an account becomes what people are told."""

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest

from applemusic.models import Account, AccountEvent, AccountEventKind, AccountState

Part = Callable[[str], ModuleType]
Kind = AccountEventKind
NOW = datetime(2026, 11, 23, tzinfo=UTC)
LOG = logging.getLogger("test.notices")


class Told:
    """Notices, and what they did."""

    def __init__(self, part: Part) -> None:
        self.quiet = asyncio.Event()
        self.given_up: list[Any] = []
        self.changes = 0
        self.notices = part("notices").Notices(
            LOG,
            part("texts").Texts(),
            idle=self._idle,
            give_up=self.given_up.append,
            changed=self._changed,
        )

    async def _idle(self) -> None:
        await self.quiet.wait()

    def _changed(self) -> None:
        self.changes += 1

    def take(self, kind: Kind, state: AccountState, **values: Any) -> None:
        account = Account(id="anna", display_name="Anna", state=state)
        self.notices.take(AccountEvent(kind=kind, account=account, event_time=NOW, **values))


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_all_is_well(part: Part, caplog: pytest.LogCaptureFixture) -> None:
    told = Told(part)
    told.take(Kind.CURRENT, AccountState.ACTIVE)
    assert (told.notices.warning, caplog.text, told.changes) == ("", "", 1)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"remaining_duration": timedelta(days=3, hours=1)}, "in 3 days"),
        ({"remaining_duration": timedelta(hours=-5)}, "in 0 days"),
        ({}, "soon"),
    ],
)
async def test_an_end_in_sight_is_told_once(
    part: Part, caplog: pytest.LogCaptureFixture, values: dict[str, Any], words: str
) -> None:
    told = Told(part)
    for _ in range(2):
        told.take(Kind.EXPIRING, AccountState.EXPIRING, **values)
    assert words in told.notices.warning
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert told.given_up == []
    with caplog.at_level(logging.INFO):
        told.take(Kind.RENEWED, AccountState.ACTIVE)
    assert told.notices.warning == ""
    assert "well again" in caplog.text


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (Kind.REJECTED, AccountState.REJECTED),
        (Kind.CURRENT, AccountState.UNREADABLE),
        (Kind.SIGNED_OUT, AccountState.UNKNOWN),
    ],
)
async def test_a_dead_sign_in_waits_for_quiet(part: Part, kind: Kind, state: AccountState) -> None:
    told = Told(part)
    told.take(kind, state)
    told.take(kind, state)
    await settled()
    assert told.given_up == []
    assert "sign in again" in told.notices.warning
    told.quiet.set()
    await settled()
    (error,) = told.given_up
    assert type(error).__name__ == "LoginFailed"
    assert "Anna" in str(error)


async def test_signed_in_again_in_time_nothing_is_given_up(part: Part) -> None:
    told = Told(part)
    told.take(Kind.REJECTED, AccountState.REJECTED)
    told.take(Kind.SIGNED_IN, AccountState.ACTIVE)
    told.quiet.set()
    await settled()
    assert told.given_up == []
    assert told.notices.warning == ""
    told.notices.close()


async def test_an_event_without_an_account_says_nothing(part: Part) -> None:
    told = Told(part)
    told.notices.take(AccountEvent(kind=Kind.UPDATED))
    assert told.changes == 0
