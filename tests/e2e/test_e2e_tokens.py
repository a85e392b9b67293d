"""The life of a user token, seen from outside: rejected, renewed, watched, signed out."""

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import MetaData, create_engine, inspect, select

from applemusic import errors
from applemusic.models.account import AccountEvent, AccountEventKind, AccountState
from applemusic_server.application.token_keeper import TokenKeeper
from applemusic_simulator.accounts import Account as Subscriber
from applemusic_simulator.user_tokens import UserToken
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Kind = AccountEventKind


@dataclass
class LaterClock:
    """The real time and what was added to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def keeper(stage: Stage) -> TokenKeeper:
    return stage.server._tokens.keeper


def tokens(stage: Stage, account: str = "demo") -> list[UserToken]:
    return stage.simulator.world.user_tokens.of(account)


def asked(stage: Stage, endpoint: str = "") -> list[str]:
    return [
        each.endpoint for each in stage.simulator.world.requests if endpoint in ("", each.endpoint)
    ]


class Heard:
    """What was told of accounts."""

    def __init__(self, stage: Stage, accounts: tuple[str, ...]) -> None:
        self._events: asyncio.Queue[AccountEvent] = asyncio.Queue()
        self.task = asyncio.create_task(self._listen(stage, accounts))

    async def _listen(self, stage: Stage, accounts: tuple[str, ...]) -> None:
        async for event in stage.music.auth.watch_accounts(accounts):
            self._events.put_nowait(event)

    async def get(self) -> AccountEvent:
        """The next event; fails when watching did."""
        news = asyncio.ensure_future(self._events.get())
        await asyncio.wait((news, self.task), return_when=asyncio.FIRST_COMPLETED)
        if not news.done():
            news.cancel()
            self.task.result()
        return await news

    def empty(self) -> bool:
        """Whether nothing else was told."""
        return self._events.empty()


@asynccontextmanager
async def watching(stage: Stage, *accounts: str) -> AsyncIterator[Heard]:
    """Watch accounts during a test."""
    heard = Heard(stage, accounts)
    try:
        yield heard
    finally:
        heard.task.cancel()
        await asyncio.wait([heard.task])


async def library_songs(stage: Stage, account: str = "") -> bool:
    return await stage.music.library.songs(account=account).first() is not None


async def test_a_token_that_is_revoked_in_mid_life(stage: Stage) -> None:
    assert await library_songs(stage)
    for token in tokens(stage):
        stage.simulator.world.user_tokens.revoke(token)
    async with watching(stage) as heard:
        assert (await heard.get()).kind is Kind.CURRENT
        with pytest.raises(errors.MusicUserTokenRejectedError) as caught:
            await library_songs(stage)
        assert caught.value.metadata["account"] == "default"
        event = await heard.get()
        assert event.kind is Kind.REJECTED
        assert event.account is not None
        assert event.account.state is AccountState.REJECTED
    stage.simulator.world.requests.clear()
    for _ in range(3):
        with pytest.raises(errors.MusicUserTokenRejectedError):
            await library_songs(stage)
        with pytest.raises(errors.MusicUserTokenRejectedError):
            await stage.play(stage.song.id)
    await keeper(stage).round()
    assert not asked(stage), "a dead token is not sent again"
    assert (await stage.music.catalog.search("interlude")).songs
    assert await stage.metric("applemusic_account_state", account="default", state="rejected") == 1
    assert await stage.metric("applemusic_account_events_total", event="rejected") == 1


async def test_a_token_that_expired_is_renewed_instead_of_given_up(stage: Stage) -> None:
    for token in tokens(stage):
        stage.simulator.world.user_tokens.expire(token)
    assert await library_songs(stage)  # gRPC made the call again, as it was told to
    account = await stage.music.auth.get_account()
    assert account.state is AccountState.ACTIVE
    assert account.token_renewed_time is not None


async def test_apple_s_renew_code_in_playback_is_not_heard(stage: Stage) -> None:
    whole = await stage.play(stage.song.id)
    for token in tokens(stage):
        stage.simulator.world.user_tokens.expire(token)
    stage.simulator.world.requests.clear()
    assert await stage.play(stage.song.id) == whole
    assert len(asked(stage, "renewMusicToken")) == 1
    assert await stage.play(stage.songs[1].id)
    assert len(asked(stage, "renewMusicToken")) == 1
    renewed = "applemusic_music_user_token_renewals_total"
    assert await stage.metric(renewed, outcome="renewed") == 1


async def test_a_renewal_that_apple_refuses_in_playback_is_told_and_not_repeated(
    stage: Stage,
) -> None:
    stage.simulator.world.renewal.answer = "refuse"
    stage.fault("webPlayback", "failure", code="2034", count=None)
    stage.simulator.world.requests.clear()
    for _ in range(3):
        with pytest.raises(errors.MusicUserTokenExpiredError) as caught:
            await stage.play(stage.song.id)
        assert caught.value.metadata["account"] == "default"
    assert len(asked(stage, "renewMusicToken")) == 1
    stage.simulator.world.conditions.reset()
    assert await stage.play(stage.song.id)  # the old token is still there


async def test_an_expired_token_that_apple_does_not_renew_is_given_up(stage: Stage) -> None:
    stage.simulator.world.renewal.answer = "refuse"
    for token in tokens(stage):
        stage.simulator.world.user_tokens.expire(token)
    with pytest.raises(errors.MusicUserTokenExpiredError):
        await stage.play(stage.song.id)
    assert (await stage.music.auth.get_account()).state is AccountState.REJECTED
    stage.simulator.world.requests.clear()
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.play(stage.song.id)
    assert not asked(stage)


async def test_a_token_is_renewed_in_time(stage_of: SetUp) -> None:
    clock = LaterClock()
    async with stage_of(now=clock) as stage, watching(stage) as heard:
        assert (await heard.get()).kind is Kind.CURRENT
        before = await stage.music.auth.get_account()
        stage.simulator.world.renewal.revoke_old = True
        clock.ahead = timedelta(days=136)
        stage.simulator.world.clock.advance(136 * 86400)
        await keeper(stage).round()
        event = await heard.get()
        account = await stage.music.auth.get_account()
        assert event.kind is Kind.RENEWED
        assert event.account == account
        assert account.token_first_seen_time == before.token_first_seen_time
        assert account.token_renewed_time is not None
        assert account.token_assumed_expire_time is not None
        assert account.token_assumed_expire_time - clock() > timedelta(days=179)
        assert [token.revoked for token in tokens(stage)] == [True, False]
        assert await library_songs(stage)
        assert await stage.play(stage.song.id)
        expiry = "applemusic_music_user_token_expiry_timestamp_seconds"
        ends = account.token_assumed_expire_time.timestamp()
        assert await stage.metric(expiry, account="default") == pytest.approx(ends)


@pytest.mark.parametrize("answer", ["refuse", "none", "same", "dead"])
async def test_a_renewal_that_brings_nothing_keeps_the_old_token(stage: Stage, answer: str) -> None:
    before = await stage.music.auth.get_account()
    stage.simulator.world.renewal.answer = answer
    with pytest.raises(errors.RenewalRefusedError) as caught:
        await stage.music.auth.renew_music_user_token()
    assert caught.value.metadata["account"] == "default"
    assert await stage.music.auth.get_account() == before
    assert await stage.play(stage.song.id)
    outcome = "unproven" if answer == "dead" else "refused"
    name = "applemusic_music_user_token_renewals_total"
    assert await stage.metric(name, outcome=outcome) == 1


async def test_a_renewal_by_hand(stage: Stage) -> None:
    account = await stage.music.auth.renew_music_user_token()
    assert account.token_renewed_time is not None
    assert len(tokens(stage)) == 2
    stage.fault("renewMusicToken", "status", status=500, count=None)
    with pytest.raises(errors.UpstreamUnavailableError):
        await stage.music.auth.renew_music_user_token()
    assert await stage.music.auth.get_account() == account


async def test_warnings_as_the_end_comes_near(stage_of: SetUp) -> None:
    clock = LaterClock()
    async with stage_of(now=clock) as stage, watching(stage) as heard:
        await heard.get()
        stage.simulator.world.renewal.answer = "refuse"
        told = []
        for day in (149, 150.1, 151, 166.1, 166.2, 177.1, 178):
            clock.ahead = timedelta(days=day)
            await keeper(stage).round()
            told.append(day)
            if day in (150.1, 166.1, 177.1):
                event = await heard.get()
                assert event.kind is Kind.EXPIRING
                assert event.remaining_duration is not None
                assert event.remaining_duration < timedelta(days=180 - day)
            assert heard.empty()
        account = await stage.music.auth.get_account()
        assert account.state is AccountState.EXPIRING
        name = "applemusic_account_state"
        assert await stage.metric(name, account="default", state="expiring") == 1


async def test_signing_out_removes_everything(stage: Stage, tmp_path: Any) -> None:
    await stage.music.auth.submit_music_user_token(
        stage.simulator.music_user_token(), account="anna", display_name="Canary of Anna"
    )
    for account in ("anna", "default"):
        _ = [change async for change in stage.music.library.sync(account=account)]
    assert traces(tmp_path, "anna")
    left = (stored_token(tmp_path, "anna"), b"Canary of Anna")
    assert all(is_in_a_file(tmp_path / "data", each) for each in left)
    async with watching(stage, "anna") as heard:
        assert (await heard.get()).kind is Kind.CURRENT
        await stage.music.auth.sign_out("anna")
        event = await heard.get()
        assert event.kind is Kind.SIGNED_OUT
        assert event.account is not None
        assert (event.account.id, event.account.storefront) == ("anna", "")
    assert not traces(tmp_path, "anna")
    assert traces(tmp_path, "default")
    # Nor is it in a corner of the files that no table shows: the server runs on.
    assert not any(is_in_a_file(tmp_path / "data", each) for each in left)
    assert is_in_a_file(tmp_path / "data", stored_token(tmp_path, "default"))
    with pytest.raises(errors.AccountNotFoundError):
        await library_songs(stage, "anna")
    assert await library_songs(stage, "default")
    assert not any(token.revoked for token in tokens(stage))
    await stage.music.auth.sign_out("anna")  # is out already
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.auth.sign_out("")


def stored_token(folder: Path, account: str) -> bytes:
    """The beginning of what the database holds for a token."""
    database = sqlite3.connect(folder / "data" / "server.db")
    with contextlib.closing(database):
        found = database.execute(
            "SELECT encrypted_music_user_token FROM accounts WHERE id = ?", (account,)
        )
        return bytes(found.fetchone()[0])[:60]


def is_in_a_file(folder: Path, what: bytes) -> bool:
    return any(what in path.read_bytes() for path in folder.iterdir())


def traces(folder: Any, account: str) -> list[str]:
    """In which tables of the database there is something of an account."""
    engine = create_engine(f"sqlite:///{folder / 'data' / 'server.db'}")
    metadata = MetaData()
    metadata.reflect(engine)
    found = []
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            rows = connection.execute(select(table)).all()
            if any(account in tuple(row) for row in rows):
                found.append(table.name)
        # What hangs on a snapshot is its account's.
        owners = {
            row.id: row.account
            for row in connection.execute(select(metadata.tables["library_snapshots"]))
        }
        for name in inspect(engine).get_table_names():
            table = metadata.tables[name]
            if "snapshot_id" in table.columns:
                kept = {row.snapshot_id for row in connection.execute(select(table))}
                assert kept <= owners.keys()
                found += [name for each in kept if owners[each] == account]
    engine.dispose()
    return found


async def test_streams_of_an_account_that_is_signed_out_end_and_say_why(stage_of: SetUp) -> None:
    slow = {"burst_seconds": 1, "lead_seconds": 1, "fill_rate": 1}
    async with stage_of(playback=slow) as stage:
        await stage.music.auth.submit_music_user_token(
            stage.simulator.music_user_token(), account="anna"
        )
        begun = asyncio.Event()

        async def listen() -> None:
            async with stage.music.audio.stream(stage.song.id, account="anna") as stream:
                async for _ in stream:
                    begun.set()

        listening = asyncio.create_task(listen())
        await begun.wait()
        await stage.music.auth.sign_out("anna")
        with pytest.raises(errors.AccountNotFoundError, match="signed out"):
            await listening
        assert await stage.metric("applemusic_streams_active") == 0


async def test_a_sync_that_is_under_way_leaves_nothing_behind(stage: Stage, tmp_path: Any) -> None:
    await stage.music.auth.submit_music_user_token(
        stage.simulator.music_user_token(), account="anna"
    )

    async def sync() -> None:
        async for _ in stage.music.library.sync(account="anna"):
            begun.set()

    for _ in range(3):
        begun = asyncio.Event()
        syncing = asyncio.create_task(sync())
        await begun.wait()
        await stage.music.auth.sign_out("anna")
        await asyncio.wait([syncing])
        assert syncing.exception() is None or isinstance(
            syncing.exception(), errors.AccountNotFoundError
        )
        assert not traces(tmp_path, "anna")
        await stage.music.auth.submit_music_user_token(
            stage.simulator.music_user_token(), account="anna"
        )


async def test_revoking_at_apple_is_asked_for_and_proven(stage: Stage) -> None:
    await stage.music.auth.sign_out("default", revoke_at_apple=True)
    assert all(token.revoked for token in tokens(stage))
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    stage.simulator.world.renewal.keep_after_logout = True
    with pytest.raises(errors.UpstreamRefusedError):
        await stage.music.auth.sign_out("default", revoke_at_apple=True)
    with pytest.raises(errors.AccountNotFoundError):
        await stage.music.auth.get_account("default")


async def test_accounts_are_apart(stage: Stage) -> None:
    world = stage.simulator.world
    world.accounts.add(Subscriber("berta"))
    await stage.music.auth.submit_music_user_token(
        stage.simulator.music_user_token("berta"), account="berta"
    )
    for token in tokens(stage, "demo"):
        world.user_tokens.revoke(token)
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await library_songs(stage, "default")
    assert await library_songs(stage, "berta")
    assert await stage.play(stage.song.id, account="berta")
    renewed = await stage.music.auth.renew_music_user_token("berta")
    assert renewed.state is AccountState.ACTIVE
    assert len(tokens(stage, "berta")) == 2
    assert len(tokens(stage, "demo")) == 1
    async with watching(stage, "berta") as heard:
        assert (await heard.get()).kind is Kind.CURRENT
        await stage.music.auth.sign_out("default")
        await stage.music.auth.sign_out("berta")
        assert (await heard.get()).kind is Kind.SIGNED_OUT


async def test_draining_does_not_wait_for_those_who_watch(stage_of: SetUp) -> None:
    async with stage_of(grpc={"grace_seconds": 300}) as stage:
        events = stage.music.auth.watch_accounts()
        await anext(events)
        await stage.server.stop()
