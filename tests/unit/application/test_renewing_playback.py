"""Playback goes on with the present token of an account, whatever became of the one it had."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from applemusic_server.application.renewing_playback import RenewingPlayback
from applemusic_server.domain.errors import (
    PermissionDeniedError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import Listener, PlaybackOffer
from applemusic_server.domain.secret import Secret

OLD = Listener("anna", Secret("old" * 12), "us")
NEW = Listener("anna", Secret("new" * 12), "us")
OFFER = PlaybackOffer("1", "1", "https://x", "https://y")


@dataclass
class Apple:
    """Offers to those whose token it knows; the account service and its renewals beside it."""

    reason: Reason = Reason.MUSIC_USER_TOKEN_REJECTED
    present: Listener | None = NEW
    storage: UnavailableError | None = None
    asked: list[Listener] = field(default_factory=list)
    marked: list[Listener] = field(default_factory=list)

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        assert song_id == "1"
        self.asked.append(listener)
        if listener != NEW:
            kind = (
                UnauthenticatedError
                if self.reason.name.startswith("MUSIC_USER_TOKEN")
                else PermissionDeniedError
            )
            raise kind(self.reason, "no")
        return OFFER

    async def mark_rejected(self, listener: Listener) -> None:
        self.marked.append(listener)
        if self.storage is not None:
            raise self.storage

    async def replacement(self, listener: Listener) -> Listener | None:
        assert self.marked == [listener], "it may be renewed by that"
        return self.present

    async def listener_after_expiry(self, listener: Listener) -> Listener | None:
        assert listener == OLD
        return self.present

    async def ask(self) -> PlaybackOffer:
        parts = cast("Any", self)
        return await RenewingPlayback(parts, parts, parts).offer("1", OLD)


@pytest.mark.parametrize(
    "reason", [Reason.MUSIC_USER_TOKEN_REJECTED, Reason.MUSIC_USER_TOKEN_EXPIRED]
)
async def test_the_present_token_is_tried_once(reason: Reason) -> None:
    apple = Apple(reason)
    assert await apple.ask() == OFFER
    assert apple.asked == [OLD, NEW]


@pytest.mark.parametrize(
    "reason", [Reason.MUSIC_USER_TOKEN_REJECTED, Reason.MUSIC_USER_TOKEN_EXPIRED]
)
async def test_where_there_is_none_the_account_is_marked_and_the_refusal_told(
    reason: Reason,
) -> None:
    apple = Apple(reason, present=None)
    with pytest.raises(UnauthenticatedError) as caught:
        await apple.ask()
    assert caught.value.reason is reason
    assert (apple.asked, apple.marked) == ([OLD], [OLD])


async def test_storage_that_fails_does_not_hide_the_refusal() -> None:
    apple = Apple(storage=UnavailableError(Reason.STORAGE_UNAVAILABLE, "locked"))
    with pytest.raises(UnauthenticatedError) as caught:
        await apple.ask()
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_REJECTED
    assert "STORAGE_UNAVAILABLE" in caught.value.__notes__[0]


async def test_other_refusals_are_none_of_its_business() -> None:
    apple = Apple(Reason.SUBSCRIPTION_REQUIRED)
    with pytest.raises(PermissionDeniedError):
        await apple.ask()
    assert (apple.asked, apple.marked) == ([OLD], [])
