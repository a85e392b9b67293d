"""`applemusic-server serve --plugin` as a process, with a host that does what go-plugin does."""

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from applemusic import Client
from tests.support.plugin_host import arguments, environment, plugin
from tests.support.processes import ends, watched

EMPTY = b""


async def test_the_handshake_is_one_line_and_all_that_is_printed(tmp_path: Path) -> None:
    async with plugin(tmp_path / "data") as started:
        folder = started.socket.parent
        async with Client(started.address) as music:
            info = await music.server.info()
        modes = [stat.S_IMODE(path.stat().st_mode) for path in (folder, started.socket)]
        started.process.terminate()
        printed, log = await started.rest()

    assert started.parts[:3] == ["1", "1", "unix"]
    assert started.parts[4:] == ["grpc", ""]
    assert info.server_version
    assert modes == [0o700, 0o600]
    assert printed == b""
    assert not folder.exists()
    assert started.process.returncode == 0
    lines = [json.loads(line) for line in log.splitlines()]
    assert {"@level", "@message", "@timestamp"} <= lines[0].keys()
    assert {line["@level"] for line in lines} <= {"info", "warn"}
    for line in lines:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["@timestamp"])


async def test_a_host_asks_for_health_and_says_when_it_is_done(tmp_path: Path) -> None:
    async with (
        plugin(tmp_path / "data") as started,
        grpc.aio.insecure_channel(started.address) as channel,
    ):
        health: Any = health_pb2_grpc.HealthStub(channel)
        plain: Any = channel
        status = await health.Check(health_pb2.HealthCheckRequest(service="plugin"))
        mirrored = plain.unary_stream("/plugin.GRPCStdio/StreamStdio")(EMPTY)
        assert [each async for each in mirrored] == []
        broker = plain.stream_stream("/plugin.GRPCBroker/StartStream")()
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await broker.read()
        # One that watches, as hosts do, must not keep it from ending.
        watch = health.Watch(health_pb2.HealthCheckRequest())
        await watch.read()
        answer = await plain.unary_unary("/plugin.GRPCController/Shutdown")(EMPTY)
        began = asyncio.get_running_loop().time()
        printed, _ = await started.rest()
        took = asyncio.get_running_loop().time() - began

    assert status.status == health_pb2.HealthCheckResponse.SERVING
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
    assert answer == EMPTY
    assert printed == b""
    assert started.process.returncode == 0
    assert took < 2, "go-plugin kills what is there after two seconds"


async def test_two_at_once_in_different_folders(tmp_path: Path) -> None:
    async with plugin(tmp_path / "a") as one, plugin(tmp_path / "b") as other:
        assert one.socket != other.socket
        for each in (one, other):
            async with Client(each.address) as music:
                assert (await music.server.info()).server_version


async def test_the_host_says_where_the_socket_is_and_who_may_use_it(tmp_path: Path) -> None:
    variables = {
        "PLUGIN_UNIX_SOCKET_DIR": str(tmp_path),
        "PLUGIN_UNIX_SOCKET_GROUP": str(os.getgid()),
        "PLUGIN_MULTIPLEX_GRPC": "true",
        "PLUGIN_PROTOCOL_VERSIONS": "7,none",
    }
    async with plugin(tmp_path / "data", variables=variables) as started:
        mode = stat.S_IMODE(started.socket.stat().st_mode)
        started.process.terminate()
        _, log = await started.rest()

    assert started.socket.parent == tmp_path
    assert mode == 0o660
    assert started.parts[1] == "1", "the host is to say that it knows another version"
    assert started.parts[5:] == ["", "false"]
    assert not started.socket.exists()
    assert b"'none' is no version" in log
    assert b"the host knows version 7 of the contract, this server has 1" in log


async def test_ctrl_c_is_left_to_the_host(tmp_path: Path) -> None:
    async with plugin(tmp_path / "data") as started:
        started.process.send_signal(signal.SIGINT)
        async with Client(started.address) as music:
            assert (await music.server.info()).server_version


async def test_a_host_that_stops_reading_is_gone(tmp_path: Path) -> None:
    async with plugin(tmp_path / "data") as started:
        transport = started.process._transport  # type: ignore[attr-defined]  # the pipe's own end
        transport.get_pipe_transport(1).close()
        assert await started.process.wait() == 0
    assert not started.socket.exists()


# The pipe stays open in the test, so that only the parent's end can be what is noticed.
PARENT = """
import subprocess, sys
print(subprocess.Popen(sys.argv[1:], stdout=3).pid, flush=True)
input()
"""


def test_kill_9_of_the_parent_ends_it(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    script = f"import os\nos.dup2({writes}, 3){PARENT}"
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-c", script, *arguments(tmp_path / "data")],
        env=environment(),
        pass_fds=[writes],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as parent:
        os.close(writes)
        assert parent.stdout is not None
        with watched(int(parent.stdout.readline())) as child, os.fdopen(reads) as handshake:
            socket = Path(handshake.readline().split("|")[3])
            assert socket.exists()
            parent.kill()
            assert ends(child)
    assert not socket.parent.exists()


async def refused(*command: str, **variables: str | None) -> tuple[int | None, str]:
    """How a plugin ends that does not get ready, and what it says."""
    set_ = {**environment(), **{name: value for name, value in variables.items() if value}}
    unset = [name for name, value in variables.items() if value is None]
    process = await asyncio.create_subprocess_exec(
        *command,
        env={name: value for name, value in set_.items() if name not in unset},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    printed, said = await process.communicate()
    assert printed == b""
    return process.returncode, said.decode()


@pytest.mark.parametrize("cookie", [None, "another"])
async def test_started_by_hand_it_says_what_to_do_instead(
    tmp_path: Path, cookie: str | None
) -> None:
    code, said = await refused(*arguments(tmp_path / "data"), APPLEMUSIC_PLUGIN_COOKIE=cookie)

    assert code == 1
    assert "leave --plugin out: applemusic-server serve" in said
    assert not (tmp_path / "data").is_dir()


async def test_why_it_cannot_start_is_said_as_hosts_read_it(tmp_path: Path) -> None:
    wrong = await refused(*arguments(tmp_path / "data"), "--set", "web.port=many")
    async with plugin(tmp_path / "data"):
        second = await refused(*arguments(tmp_path / "data"))

    assert (wrong[0], second[0]) == (2, 1)
    for text, expected in ((wrong[1], "web.port"), (second[1], "Another server")):
        line = json.loads(text.splitlines()[-1])
        assert line["@level"] == "error"
        assert expected in line["@message"]


async def test_a_port_for_grpc_is_refused(tmp_path: Path) -> None:
    code, said = await refused(*arguments(tmp_path), "--grpc-port", "50051")

    assert code == 2
    assert "--plugin opens no port for gRPC" in said


async def test_a_certificate_that_is_none_is_refused(tmp_path: Path) -> None:
    code, said = await refused(*arguments(tmp_path), PLUGIN_CLIENT_CERT="none")

    assert code == 1
    assert "PLUGIN_CLIENT_CERT holds no certificate in PEM" in said
