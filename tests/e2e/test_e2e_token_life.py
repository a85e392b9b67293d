"""A year of both tokens, by the clock: renewed and replaced in time, and clocks that differ."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from applemusic import errors
from applemusic.models.account import AccountState
from applemusic_server.upstream.secret_file import LOOK_EVERY
from applemusic_simulator.developer_tokens import Team, make_team
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
HOUR = timedelta(hours=1)
SEED = "1"  # of the simulator on the stage


@dataclass
class LaterClock:
    """The real time and what was added to it."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


def put_key(file: Path, team: Team) -> Path:
    file.touch(mode=0o600)
    file.write_text(team.p8())
    return file


def minting(folder: Path, team: Team) -> dict[str, Any]:
    """Settings of a server that makes its developer tokens."""
    return {
        "token_file": None,
        "private_key_file": put_key(folder / "AuthKey.p8", team),
        "key_id": team.key_id,
        "team_id": team.id,
    }


def asked(stage: Stage, endpoint: str) -> int:
    return [each.endpoint for each in stage.simulator.world.requests].count(endpoint)


async def renewals(stage: Stage, outcome: str) -> float:
    return await stage.metric("applemusic_music_user_token_renewals_total", outcome=outcome)


@pytest.mark.parametrize("skew", [-4, 0, 4], ids=["behind", "together", "ahead"])
async def test_a_year_with_tokens_that_look_after_themselves(
    stage_of: SetUp, tmp_path: Path, skew: int
) -> None:
    """Our clock is some minutes off Apple's; nobody does anything, and the music plays on."""
    clock = LaterClock(timedelta(minutes=skew))
    settings = minting(tmp_path, make_team(SEED))
    async with stage_of(now=clock, developer_token_settings=settings) as stage:
        world, keeper = stage.simulator.world, stage.server._tokens.keeper
        world.renewal.revoke_old = True

        async def wait(time: timedelta) -> None:
            clock.ahead += time
            world.clock.advance(time.total_seconds())
            await keeper.round()

        developer_tokens = {stage.server._apple.developer_tokens.current().value.reveal()}
        for cycle in range(3):
            world.requests.clear()
            await wait(timedelta(days=135) - HOUR)
            assert asked(stage, "renewMusicToken") == 0, "an hour before its time"
            assert len(developer_tokens) == cycle + 1
            await wait(2 * HOUR)
            assert asked(stage, "renewMusicToken") == 1
            assert await renewals(stage, "renewed") == cycle + 1
            developer_tokens.add(stage.server._apple.developer_tokens.current().value.reveal())
            assert len(developer_tokens) == cycle + 2
            assert await stage.music.library.songs().first()
            assert await stage.play(stage.song.id)
            account = await stage.music.auth.get_account()
            assert account.state is AccountState.ACTIVE
            assert account.token_assumed_expire_time is not None
            assert account.token_assumed_expire_time - clock() > timedelta(days=179)
            info = await stage.music.server.info()
            assert info.developer_token_expire_time is not None
            assert info.developer_token_expire_time - clock() > timedelta(days=179)
        stage.secrets |= developer_tokens
        assert len(world.user_tokens.of("demo")) == 4
        assert await stage.metric("applemusic_developer_token_rejected") == 0


async def test_a_clock_that_is_a_day_wrong_still_works(stage_of: SetUp, tmp_path: Path) -> None:
    team = make_team(SEED)
    for off in (timedelta(days=-30), timedelta(days=1)):
        folder = tmp_path / str(off.days)
        folder.mkdir()
        clock = LaterClock(off)
        async with stage_of(now=clock, developer_token_settings=minting(folder, team)) as stage:
            assert (await stage.music.catalog.search("interlude")).songs
            await stage.music.auth.sign_out("default")


async def test_another_key_in_the_file_does_not_count_before_apple_took_it(
    stage_of: SetUp, tmp_path: Path
) -> None:
    """Another key of the same id and team is what an operator has who made a slip."""
    settings = minting(tmp_path, make_team(SEED))
    async with stage_of(developer_token_settings=settings) as stage:
        tokens = stage.server._apple.developer_tokens
        first = tokens.current()
        proven: Any = tokens.makers()[""]
        put_key(settings["private_key_file"], make_team("another"))
        proven._maker._private_key._looked -= LOOK_EVERY
        await stage.server._tokens.keeper.round()
        assert tokens.current().value == first.value
        assert proven.fault is not None
        assert (await stage.music.catalog.search("interlude")).songs
        put_key(settings["private_key_file"], make_team(SEED))
        proven._maker._private_key._looked -= LOOK_EVERY
        await stage.server._tokens.keeper.round()
        assert proven.fault is None
        assert (await stage.music.catalog.search("interlude")).songs


@pytest.mark.parametrize("answer", ["dead", "same", "none", "refuse"])
async def test_apple_s_renew_code_brings_nothing_and_the_old_token_goes_on(
    stage_of: SetUp, answer: str
) -> None:
    """In playback: a new token is proven first, and what is not proven replaces nothing."""
    clock = LaterClock()
    async with stage_of(now=clock) as stage:
        world = stage.simulator.world
        before = await stage.music.auth.get_account()
        world.renewal.answer = answer
        stage.fault("webPlayback", "failure", code="2034", count=None)
        world.requests.clear()
        for _ in range(2):
            with pytest.raises(errors.MusicUserTokenExpiredError):
                await stage.play(stage.song.id)
        assert asked(stage, "renewMusicToken") == 1
        outcome = "unproven" if answer == "dead" else "refused"
        assert await renewals(stage, outcome) == 1
        # Five minutes later a listener is reason enough to ask once more; for the keeper it is a
        # day.
        clock.ahead += timedelta(minutes=6)
        with pytest.raises(errors.MusicUserTokenExpiredError):
            await stage.play(stage.song.id)
        assert asked(stage, "renewMusicToken") == 2
        world.conditions.reset()
        assert await stage.play(stage.song.id)
        after = await stage.music.auth.get_account()
        assert (after.state, after.token_renewed_time) == (AccountState.ACTIVE, None)
        assert after.token_first_seen_time == before.token_first_seen_time


@pytest.mark.parametrize("endpoint", ["webPlayback", "license"])
async def test_the_renew_code_is_heard_wherever_it_comes(stage: Stage, endpoint: str) -> None:
    """The caller hears a song; behind it one renewal, proven, and the question asked again."""
    kind = "failure" if endpoint == "webPlayback" else "refuse"
    stage.simulator.world.requests.clear()
    stage.fault(endpoint, kind, code="2034")
    heard = await stage.play(stage.song.id)
    assert asked(stage, "renewMusicToken") == 1
    assert await renewals(stage, "renewed") == 1
    order = [each.endpoint for each in stage.simulator.world.requests]
    renewed = order.index("renewMusicToken")
    assert order.index(endpoint) < renewed
    assert endpoint in order[renewed:]
    proof = order[renewed + 1 :]
    assert proof.index("api") < proof.index(endpoint), "proven before it is used"
    assert await stage.play(stage.song.id) == heard


@pytest.mark.usefixtures("without_rests")
async def test_a_stream_under_way_does_not_notice_a_renewal(stage_of: SetUp) -> None:
    slow = {"burst_seconds": 1, "lead_seconds": 60, "fill_rate": 20}
    async with stage_of(playback=slow) as stage:
        stage.simulator.world.renewal.revoke_old = True
        heard, renewed = bytearray(), False
        async with stage.music.audio.stream(stage.song.id) as stream:
            async for chunk in stream:
                heard += bytes(chunk)
                if not renewed:
                    await stage.music.auth.renew_music_user_token()
                    renewed = True
        whole = await stage.play(stage.song.id)
        assert bytes(heard) == whole
        assert renewed
