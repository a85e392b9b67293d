"""The real server against the simulator, seen through the real client; nothing is faked."""

import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from grpc.aio import AioRpcError

from applemusic import AppleMusicError, Backoff, Client, ClientConfig
from applemusic.errors.from_rpc import error_from_rpc
from applemusic_server.app import Server
from applemusic_server.config import Settings
from applemusic_simulator.simulator import Simulator
from tests.support.promises import promised_metadata
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


SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def stage_of(tmp_path: Path) -> SetUp:
    """Builds a stage with the settings of the test."""

    @asynccontextmanager
    async def build(
        *,
        developer_token: str | None = None,
        widevine: bool = True,
        signed_in: bool = True,
        attempts: int = 0,
        clock: Callable[[], float] = time.monotonic,
        **sections: dict[str, Any],
    ) -> AsyncIterator[Stage]:
        async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
            token = developer_token or simulator.developer_token()
            settings = settings_for(simulator, tmp_path, token, widevine=widevine, **sections)
            log = structlog.testing.LogCapture()
            logger = structlog.wrap_logger(
                structlog.PrintLogger(), processors=[log], wrapper_class=structlog.BoundLogger
            )
            logging.getLogger("aiohttp").setLevel(logging.ERROR)
            server = Server(settings, logger, {}, clock=clock)
            await server.start()
            config = ClientConfig(backoff=Backoff(initial=0.01, maximum=0.01, attempts=attempts))
            try:
                async with Client(f"127.0.0.1:{server.grpc_port}", config=config) as music:
                    stage = Stage(simulator, server, music, log.entries)
                    if signed_in:
                        await music.auth.submit_music_user_token(simulator.music_user_token())
                    yield stage
            finally:
                await server.stop()

    return build


def settings_for(
    simulator: Simulator, folder: Path, developer_token: str, *, widevine: bool, **sections: Any
) -> Settings:
    """Settings as an operator would write them, for one simulator."""
    token_file = folder / "developer-token"
    token_file.touch(mode=0o600)
    token_file.write_text(developer_token)
    values: dict[str, dict[str, Any]] = {
        "grpc": {"port": 0, "grace_seconds": 2},
        "web": {"port": 0},
        "apple": {"root_url": simulator.url},
        "developer_token": {"token_file": token_file},
        "storage": {"data_dir": folder / "data"},
        "playback": {"burst_seconds": 60, "lead_seconds": 120, "max_account_streams": 8},
        "widevine": {"device_file": simulator.widevine_device()} if widevine else {},
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}
    return Settings.model_validate(values)


@pytest.fixture
async def stage(stage_of: SetUp) -> AsyncIterator[Stage]:
    """A signed-in account, a device, everything well."""
    async with stage_of() as stage:
        yield stage
