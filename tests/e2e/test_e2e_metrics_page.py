"""The metrics of a running server: each is documented, and Prometheus' own tool likes them."""

import asyncio
import re
import shutil
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest

from applemusic import errors
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
PAGE = Path(__file__).parents[2] / "docs" / "metrics.md"


async def metrics(stage: Stage) -> str:
    url = f"http://127.0.0.1:{stage.server.web_port}/metrics"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return await response.text()


async def test_all_that_a_server_shows_is_documented(stage: Stage) -> None:
    await stage.play(stage.song.id)
    await stage.music.auth.renew_music_user_token()
    shown = re.findall(r"^# TYPE (\S+) (\S+)$", await metrics(stage), re.MULTILINE)
    rows = PAGE.read_text("utf-8")

    assert len(shown) > 20
    assert [each for each in shown if f"| `{each[0]}` | {each[1]} |" not in rows] == []


async def test_the_event_loop_is_watched(stage: Stage) -> None:
    async with asyncio.timeout(5):
        while not await stage.metric("applemusic_event_loop_lag_seconds_count"):
            pass  # each look at the metrics lets the loop run


@pytest.mark.parametrize("there", [True, False])
async def test_whether_there_is_a_widevine_device(stage_of: SetUp, *, there: bool) -> None:
    async with stage_of(widevine=there, signed_in=False) as stage:
        assert await stage.metric("applemusic_widevine_device_usable") == there


async def test_the_database_and_a_refused_stream_are_shown(stage: Stage) -> None:
    assert await stage.metric("applemusic_database_up") == 1
    assert (
        await stage.metric("applemusic_database_transaction_seconds_count", operation="write") > 0
    )
    assert await stage.metric("applemusic_accounts", state="active") == 1
    assert await stage.metric("applemusic_streams_limit") > 0
    stage.fault("webPlayback", "failure", code="3076")
    with pytest.raises(errors.ContentUnavailableError):
        await stage.play(stage.song.id)
    refused = {"outcome": "refused", "reason": "CONTENT_UNAVAILABLE"}
    assert await stage.metric("applemusic_stream_failures_total", **refused) == 1


def series(text: str) -> int:
    """How many samples there are: what each look costs Prometheus."""
    return len(re.findall(r"^[^#\n]", text, re.MULTILINE))


async def test_a_server_begins_with_few_series(stage_of: SetUp) -> None:
    """What docs/metrics.md says: far from 2,000, for use adds to it."""
    async with stage_of(signed_in=False) as stage:
        assert 800 < series(await metrics(stage)) <= 1_300


async def test_an_evening_of_a_host_does_not_make_many_more(stage: Stage) -> None:
    """The library is read, things are found, looked at, set as favorites, prepared and played."""
    music, catalogue, song = stage.music, stage.simulator.world.catalogue, stage.song
    await music.server.info()
    async for _ in music.library.sync():
        pass
    await music.catalog.search(song.name)
    await music.catalog.get_song(song.id)
    album = await music.catalog.get_album(next(iter(catalogue.albums)))
    artist = await music.catalog.get_artist(next(iter(catalogue.artists)))
    playlist = await music.catalog.get_playlist(next(iter(catalogue.playlists)))
    for pager in (
        music.catalog.album_tracks(album.id),
        music.catalog.playlist_tracks(playlist.id),
        music.catalog.artist_albums(artist.id),
        music.catalog.artist_top_songs(artist.id),
        music.library.recently_added(),
        music.recommendations.groups(),
        music.recommendations.recently_played(),
    ):
        async for _ in pager:
            break
    await music.favorites.set([album])
    await music.favorites.clear([album])
    await music.audio.prepare([song.id])
    await stage.play(song.id)
    count = series(await metrics(stage))
    assert count <= 2_000


async def test_a_unary_call_is_counted_from_the_start_and_timed_from_the_first_on(
    stage_of: SetUp,
) -> None:
    """`rate` sees the first failure; the series of a call that nobody makes are few."""
    async with stage_of(signed_in=False) as stage:
        before = await metrics(stage)
        await stage.music.server.info()
        after = await metrics(stage)
    for method, counted, timed in (
        ("GetServerInfo", True, False),
        ("AudioStream", True, True),
        ("SyncLibrary", True, True),
    ):
        assert (f'grpc_server_started_total{{grpc_method="{method}"' in before) is counted
        for name in ("handling_seconds_bucket", "msg_sent_total", "msg_received_total"):
            assert (f'grpc_server_{name}{{grpc_method="{method}"' in before) is timed
            assert f'grpc_server_{name}{{grpc_method="{method}"' in after


def codes_of(text: str, method: str) -> set[str]:
    found = rf'^grpc_server_handled_total{{grpc_code="(\w+)",grpc_method="{method}"'
    return set(re.findall(found, text, re.MULTILINE))


async def test_every_way_that_a_call_can_end_is_there_before_it_does(stage_of: SetUp) -> None:
    """A series that begins with its first failure shows Prometheus no increase.

    What only a caller is the reason of is there for methods that are called.
    """
    service = {
        *("OK", "DeadlineExceeded", "Unavailable", "Internal"),
        *("FailedPrecondition", "Unauthenticated", "ResourceExhausted"),
    }
    callers = {"Canceled", "InvalidArgument", "NotFound", "PermissionDenied", "Unimplemented"}
    media = {"OutOfRange", "Aborted", "DataLoss"}
    async with stage_of(signed_in=False) as stage:
        before = await metrics(stage)
        await stage.music.server.info()
        after = await metrics(stage)
    methods = set(re.findall(r'grpc_server_handled_total{[^}]*grpc_method="(\w+)"', before))
    assert len(methods) > 80
    assert codes_of(before, "AudioStream") == service | callers | media
    assert codes_of(before, "SyncLibrary") == service | callers
    assert [each for each in methods if not service <= codes_of(before, each)] == []
    assert codes_of(before, "GetServerInfo") == service
    assert codes_of(after, "GetServerInfo") == service | callers
    assert codes_of(after, "GetSong") == service


async def test_promtool_finds_no_fault(stage: Stage) -> None:
    text = await metrics(stage)
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not here (Debian: apt-get install prometheus)")
    process = await asyncio.create_subprocess_exec(
        *(promtool, "check", "metrics"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate(text.encode())
    assert (process.returncode, said.decode()) == (0, "")
