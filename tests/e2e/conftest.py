"""The real server against the simulator, seen through the real client; nothing is faked."""

import logging
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import structlog
from grpc.aio import AioRpcError
from playwright.async_api import Browser, async_playwright

from applemusic import AppleMusicError, Backoff, Client, ClientConfig
from applemusic.errors.from_rpc import error_from_rpc
from applemusic_server.app import Server
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.telemetry.tracing import Tracing
from applemusic_server.upstream.retry import RetryPolicy
from applemusic_simulator.simulator import Simulator
from tests.support.browser import Visitor, visiting
from tests.support.promises import promised_metadata
from tests.support.secret_scan import find_secrets
from tests.support.settings import settings_for
from tests.support.stage import Stage

# Music that was made once serves later runs; its folder's name changes with the recipe.
MUSIC = Path(__file__).resolve().parents[2] / "build" / "simulator-cache"


@pytest.fixture(autouse=True)
def promises(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every error that any of these tests meets has the metadata that the contract promises."""

    def checked(error: AioRpcError, target: str) -> AppleMusicError:
        found = error_from_rpc(error, target)
        if found.reason:
            assert promised_metadata()[found.reason] <= found.metadata.keys(), found
        return found

    monkeypatch.setattr("applemusic.calls.error_from_rpc", checked)


@pytest.fixture
def library_log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """What libraries logged."""
    return caplog


SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def without_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Paced songs leave piece by piece, and so in less time; the unit tests of pace have rests."""
    tuning = partial(PlaybackTuning, rest_seconds=0)
    monkeypatch.setattr("applemusic_server.playback_parts.PlaybackTuning", tuning)


@pytest.fixture
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many tries as ever, one soon after the other; how long is waited has unit tests."""
    policy = partial(RetryPolicy, first_wait=0.05, last_wait=0.1)
    monkeypatch.setattr("applemusic_server.upstream.transport.RetryPolicy", policy)


@pytest.fixture
def stage_of(tmp_path: Path, library_log: pytest.LogCaptureFixture) -> SetUp:
    """Builds a stage with the settings of the test."""

    @asynccontextmanager
    async def build(
        *,
        developer_token: str | None = None,
        developer_token_settings: dict[str, Any] | None = None,
        widevine: bool = True,
        signed_in: bool = True,
        attempts: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        apple_host: str = "127.0.0.1",
        tracing: Tracing | None = None,
        **sections: dict[str, Any],
    ) -> AsyncIterator[Stage]:
        async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
            token = developer_token or simulator.developer_token()
            address = simulator.url.replace("127.0.0.1", apple_host)
            sections = {**sections, "apple": {"root_url": address, **sections.get("apple", {})}}
            settings = settings_for(
                simulator,
                tmp_path,
                token,
                widevine=widevine,
                token_settings=developer_token_settings or {},
                **sections,
            )
            log = structlog.testing.LogCapture()
            logger = structlog.wrap_logger(
                structlog.PrintLogger(), processors=[log], wrapper_class=structlog.BoundLogger
            )
            logging.getLogger("aiohttp").setLevel(logging.ERROR)
            server = Server(settings, logger, {}, now=now, clock=clock, tracing=tracing)
            await server.start()
            extra: set[str] = set()
            config = ClientConfig(backoff=Backoff(initial=0.01, maximum=0.01, attempts=attempts))
            try:
                async with Client(f"127.0.0.1:{server.grpc_port}", config=config) as music:
                    stage = Stage(simulator, server, music, log.entries, extra)
                    if signed_in:
                        await music.auth.submit_music_user_token(simulator.music_user_token())
                    yield stage
            finally:
                await server.stop()
            used = {token, *(each.value for each in simulator.world.user_tokens)}
            find_secrets(
                used | extra,
                server_log=log.entries,
                library_log=[record.getMessage() for record in library_log.records],
                requests=simulator.world.requests.describe(),
            )

    return build


@pytest.fixture
async def stage(stage_of: SetUp) -> AsyncIterator[Stage]:
    """A signed-in account, a device, everything well."""
    async with stage_of() as stage:
        yield stage


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser; Debian's is the one that is tried."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set CHROMIUM")
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The browser, started."""
    async with async_playwright() as playwright:
        # No sandbox of its own: tests run as root in containers, where it cannot have one.
        started = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        await started.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Visits:
    """Opens a browser for somebody; pictures go where APPLEMUSIC_SCREENSHOTS says."""
    folder = Path(os.environ.get("APPLEMUSIC_SCREENSHOTS", tmp_path / "screenshots"))
    return partial(visiting, browser, folder)
