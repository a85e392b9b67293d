"""Playback goes on with the present token of an account, whatever became of the one it had."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from applemusic_server.application.present_tokens import PresentTokens
from applemusic_server.application.renewing_playback import RenewingPlayback, RenewingStations
from applemusic_server.domain.errors import (
    PermissionDeniedError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.gateways import Listener, PlaybackOffer
from applemusic_server.domain.live import StationStream
from applemusic_server.domain.secret import Secret

OLD = Listener("anna", Secret("old" * 12), "us")
NEW = Listener("anna", Secret("new" * 12), "us")
STREAM = StationStream("https://z", protected=False)
OFFER = PlaybackOffer("1", "1", "https://x", "https://y")


@dataclass
class Apple:
    """Offers to those whose token it knows; the account service and its renewals beside it."""

    reason: Reason = Reason.MUSIC_USER_TOKEN_REJECTED
    present: Listener | None = NEW
    good: Listener = NEW
    storage: UnavailableError | None = None
    asked: list[Listener] = field(default_factory=list)
    marked: list[Listener] = field(default_factory=list)

    async def offer(self, song_id: str, listener: Listener) -> PlaybackOffer:
        assert song_id == "1"
        self.look_at(listener)
        return OFFER

    async def stream(self, station_id: str, listener: Listener) -> StationStream:
        assert station_id == "ra.1"
        self.look_at(listener)
        return STREAM

    def look_at(self, listener: Listener) -> None:
        self.asked.append(listener)
        if listener != self.good:
            kind = (
                UnauthenticatedError
                if self.reason.name.startswith("MUSIC_USER_TOKEN")
                else PermissionDeniedError
            )
            raise kind(self.reason, "no")

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
        return await RenewingPlayback(parts, PresentTokens(parts, parts)).offer("1", OLD)

    async def tune_in(self) -> StationStream | None:
        parts = cast("Any", self)
        return await RenewingStations(parts, PresentTokens(parts, parts)).stream("ra.1", OLD)


@pytest.mark.parametrize(
    "reason", [Reason.MUSIC_USER_TOKEN_REJECTED, Reason.MUSIC_USER_TOKEN_EXPIRED]
)
async def test_the_present_token_is_tried_once(reason: Reason) -> None:
    apple = Apple(reason)
    assert await apple.ask() == OFFER
    assert apple.asked == [OLD, NEW]
    assert await Apple(reason).tune_in() == STREAM


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


@pytest.mark.parametrize(
    "reason", [Reason.MUSIC_USER_TOKEN_REJECTED, Reason.MUSIC_USER_TOKEN_EXPIRED]
)
async def test_a_present_token_that_is_refused_as_well_is_looked_at_too(reason: Reason) -> None:
    apple = Apple(reason, good=Listener("anna", Secret("newer" * 8), "us"))
    with pytest.raises(UnauthenticatedError):
        await apple.ask()
    assert (apple.asked, apple.marked[-1]) == ([OLD, NEW], NEW)


@pytest.mark.parametrize(
    "reason", [Reason.MUSIC_USER_TOKEN_REJECTED, Reason.MUSIC_USER_TOKEN_EXPIRED]
)
async def test_storage_that_fails_does_not_hide_the_refusal(reason: Reason) -> None:
    storage = UnavailableError(Reason.STORAGE_UNAVAILABLE, "locked")
    apple = Apple(reason, present=None, storage=storage)
    with pytest.raises(UnauthenticatedError) as caught:
        await apple.ask()
    assert caught.value.reason is reason
    assert "STORAGE_UNAVAILABLE" in caught.value.__notes__[0]


async def test_other_refusals_are_none_of_its_business() -> None:
    apple = Apple(Reason.SUBSCRIPTION_REQUIRED)
    with pytest.raises(PermissionDeniedError):
        await apple.ask()
    assert (apple.asked, apple.marked) == ([OLD], [])
