"""The ways in, with a tool that is not ours: the Unix socket, and reflection on and off."""

import asyncio
import os
import shutil
import stat
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
INFO = "applemusic.v1.ServerService/GetServerInfo"
PROTO = Path(__file__).parents[2] / "proto"


@pytest.fixture
def grpcurl() -> str:
    folders = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which("grpcurl", path=folders)
    if found is None:
        pytest.skip("there is no grpcurl: `make setup` builds it where Go is")
    return found


async def ask(grpcurl: str, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(grpcurl, "-plaintext", "-max-time", "10", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_reflection_is_switched_off(stage_of: SetUp, grpcurl: str) -> None:
    async with stage_of(signed_in=False, grpc={"reflection": False}) as stage:
        code, said = await ask(grpcurl, stage.music.target, "list")
        assert code != 0
        assert "does not support the reflection API" in said
        # Who has the contract calls all the same.
        contract = ("-import-path", str(PROTO), "-proto", "applemusic/v1/server_service.proto")
        code, said = await ask(grpcurl, *contract, stage.music.target, INFO)
        assert (code, '"serverVersion"' in said) == (0, True)


@pytest.mark.parametrize("demand", [False, True], ids=["open", "with-token"])
async def test_the_socket_is_for_the_servers_user(
    stage_of: SetUp, grpcurl: str, tmp_path: Path, *, demand: bool
) -> None:
    socket = tmp_path / "grpc.sock"
    doors = {"socket": socket, "require_access_token": demand}
    async with stage_of(signed_in=False, grpc=doors):
        assert stat.S_IMODE((await asyncio.to_thread(socket.stat)).st_mode) == 0o600
        code, said = await ask(grpcurl, "-unix", str(socket), "list")
        if demand:
            assert "wants an access token" in said
        else:
            assert (code, "applemusic.v1.AudioService" in said) == (0, True)
    assert not await asyncio.to_thread(socket.exists)
