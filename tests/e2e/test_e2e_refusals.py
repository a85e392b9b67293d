"""What Apple refuses, and what a caller is told; everything else goes on working."""

import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest

from applemusic import ReadOptions, errors
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]

CODES: dict[str, type[errors.AppleMusicError]] = {
    "-1003": errors.LicenseRefusedError,
    "-1004": errors.DeviceLimitReachedError,
    "-1017": errors.ContentGeoBlockedError,
    "-1021": errors.WidevineDeviceRejectedError,
    "1010": errors.ResourceNotFoundError,
    "2002": errors.MusicUserTokenRejectedError,
    "2034": errors.MusicUserTokenExpiredError,
    "3063": errors.SubscriptionRequiredError,
    "3076": errors.ContentUnavailableError,
    "3082": errors.ContentRestrictedError,
    "3084": errors.AnotherDevicePlayingError,
    "5002": errors.UpstreamUnavailableError,
    "180202": errors.RenditionNotFoundError,
    "190121": errors.WidevineDeviceRejectedError,
}


@pytest.mark.parametrize("kind", ["failure", "failure-number"])
@pytest.mark.parametrize("code", CODES)
async def test_each_code_of_web_playback(stage: Stage, code: str, kind: str) -> None:
    stage.fault("webPlayback", kind, code=code, count=None)
    with pytest.raises(CODES[code]) as caught:
        await stage.play(stage.song.id)
    assert caught.value.metadata["appleCode"] == code
    await still_alive(stage)


@pytest.mark.parametrize("code", CODES)
async def test_each_code_of_a_licence_refused_inside_http_200(stage: Stage, code: str) -> None:
    stage.fault("license", "refuse", code=code, count=None)
    with pytest.raises(CODES[code]) as caught:
        await stage.play(stage.song.id)
    assert caught.value.metadata["appleCode"] == code
    await still_alive(stage)


async def test_a_code_that_nobody_knows(stage: Stage) -> None:
    stage.fault("webPlayback", "failure", code="4711", count=None)
    with pytest.raises(errors.UpstreamRefusedError) as caught:
        await stage.play(stage.song.id)
    assert caught.value.metadata["appleCode"] == "4711"
    stage.simulator.world.conditions.reset()
    stage.fault("license", "refuse", code="4711", count=None)
    with pytest.raises(errors.LicenseRefusedError):
        await stage.play(stage.song.id)


async def still_alive(stage: Stage) -> None:
    """Once the refusal is over, the next song plays, and nothing is left open."""
    stage.simulator.world.conditions.reset()
    account = await stage.music.auth.get_account()
    if account.state.name == "REJECTED":
        await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await stage.play(stage.songs[1].id)
    assert await stage.metric("applemusic_streams_active") == 0


async def test_what_passes_by_itself_says_when_to_try_again(stage: Stage) -> None:
    for code in ("-1004", "3084"):
        stage.fault("webPlayback", "failure", code=code)
        with pytest.raises(errors.ResourceExhaustedError) as caught:
            await stage.play(stage.song.id)
        assert caught.value.retry_after is not None


async def test_a_song_that_does_not_exist(stage: Stage) -> None:
    with pytest.raises(errors.ResourceNotFoundError) as caught:
        await stage.play("1")
    assert caught.value.metadata["id"] == "1"
    with pytest.raises(errors.ResourceNotFoundError):
        await stage.music.catalog.get_song("1")


async def test_a_withdrawn_song_is_listed_and_does_not_play(stage: Stage) -> None:
    songs = stage.simulator.world.catalogue.songs.values()
    withdrawn = next(song for song in songs if not song.playable)
    listed = await stage.music.catalog.get_song(withdrawn.id)
    assert listed.availability.name == "WITHDRAWN"
    with pytest.raises(errors.ContentWithdrawnError) as caught:
        await stage.play(withdrawn.id)
    assert caught.value.metadata["id"] == withdrawn.id


@pytest.mark.parametrize("song_id", ["", " ", "x" * 5000, "9" * 400, "a/../b", "1\n2", "1\x00"])
async def test_ids_that_name_nothing(stage: Stage, song_id: str) -> None:
    with pytest.raises(errors.InvalidFieldError) as caught:
        await stage.play(song_id)
    assert caught.value.violations[0].field == "song_id"
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.catalog.get_song(song_id)


async def test_nothing_is_offered(stage: Stage) -> None:
    stage.fault("webPlayback", "empty-songlist")
    with pytest.raises(errors.RenditionNotFoundError):
        await stage.play(stage.song.id)


async def test_a_song_without_the_usual_rendition_plays_in_another(stage: Stage) -> None:
    async with stage.music.audio.stream(stage.song.id) as usual:
        assert [chunk async for chunk in usual]
    stage.fault("webPlayback", "no-ctrp256")
    async with stage.music.audio.stream(stage.song.id) as other:
        assert [chunk async for chunk in other]
    assert 0 < other.header.bit_rate < usual.header.bit_rate


async def test_without_a_widevine_device_everything_else_works(stage_of: SetUp) -> None:
    async with stage_of(widevine=False) as stage:
        stage.simulator.world.requests.clear()
        with pytest.raises(errors.WidevineDeviceMissingError):
            await stage.play(stage.song.id)
        assert not list(stage.simulator.world.requests), "Apple need not be asked for that"
        found = await stage.music.catalog.search("interlude")
        assert found.songs
        info = await stage.music.server.info()
        assert info.capabilities is not None
        assert not info.capabilities.playback
        assert info.capabilities.catalog


async def test_no_account(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False) as stage:
        with pytest.raises(errors.AccountRequiredError):
            await stage.play(stage.song.id)
        assert (await stage.music.catalog.get_song(stage.song.id)).name == stage.song.name


async def test_several_accounts_and_none_named(stage: Stage) -> None:
    await stage.music.auth.submit_music_user_token(
        stage.simulator.music_user_token(), account="anna"
    )
    with pytest.raises(errors.AccountRequiredError) as caught:
        await stage.play(stage.song.id)
    assert caught.value.metadata["accounts"] == "2"
    assert await stage.play(stage.song.id, account="anna")
    with pytest.raises(errors.AccountNotFoundError):
        await stage.play(stage.song.id, account="nobody")


async def test_a_token_that_apple_rejects_is_not_stored(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False) as stage:
        with pytest.raises(errors.MusicUserTokenRejectedError):
            await stage.music.auth.submit_music_user_token("A" * 60 + "==")
        assert await stage.music.auth.accounts().to_list() == []


async def test_a_token_that_dies_marks_the_account_and_leaves_the_catalog_alive(
    stage: Stage,
) -> None:
    for token in stage.simulator.world.user_tokens.of("demo"):
        stage.simulator.world.user_tokens.revoke(token)
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.play(stage.song.id)
    account = await stage.music.auth.get_account()
    assert account.state.name == "REJECTED"
    stage.simulator.world.requests.clear()
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.play(stage.song.id)
    assert not list(stage.simulator.world.requests), "a dead token is not sent again"
    assert (await stage.music.catalog.search("interlude")).songs
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert await stage.play(stage.song.id)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda _: "no token at all", errors.DeveloperTokenRejectedError),
        (lambda good: good[:-12] + "AAAAAAAAAAAA", errors.DeveloperTokenRejectedError),
    ],
)
async def test_a_wrong_developer_token(
    stage_of: SetUp,
    stage: Stage,
    make: Callable[[str], str],
    expected: type[errors.AppleMusicError],
) -> None:
    bad = make(stage.simulator.developer_token())
    await stage.server.stop()
    async with stage_of(developer_token=bad, signed_in=False) as other:
        with pytest.raises(expected):
            await other.music.catalog.search("interlude")
        with pytest.raises(expected):
            await other.music.auth.submit_music_user_token(other.simulator.music_user_token())


async def test_an_expired_developer_token(stage_of: SetUp, stage: Stage) -> None:
    world = stage.simulator.world
    world.clock.advance(-40 * 86400)
    old = stage.simulator.developer_token(lifetime=86400)
    assert time.time() > 0
    await stage.server.stop()
    async with stage_of(developer_token=old, signed_in=False) as other:
        with pytest.raises(errors.DeveloperTokenExpiredError) as caught:
            await other.music.catalog.search("interlude")
        assert "expireTime" in caught.value.metadata


async def test_a_malformed_language_names_its_field(stage: Stage) -> None:
    with pytest.raises(errors.InvalidFieldError) as caught:
        await stage.music.catalog.get_song(
            stage.song.id, options=ReadOptions(language="not a language")
        )
    assert caught.value.violations[0].field == "options.language"
