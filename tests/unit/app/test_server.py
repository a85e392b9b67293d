"""The whole server: start, what it says of itself, stop; in this process and as a process."""

import asyncio
import codecs
import io
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import grpc
import pytest
from click.testing import CliRunner

from applemusic.v1 import auth_service_pb2, catalog_service_pb2, server_service_pb2
from applemusic.v1.auth_service_pb2_grpc import AuthServiceStub
from applemusic.v1.catalog_service_pb2_grpc import CatalogServiceStub
from applemusic.v1.server_service_pb2_grpc import ServerServiceStub
from applemusic_server.__main__ import main
from applemusic_server.app import Server
from applemusic_server.config import Settings
from applemusic_server.config_sources import load
from applemusic_server.domain.errors import Reason, UnavailableError
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import make_jwt
from tests.support.wire_server import failure_of

# What a developer's own shell may set.
NO_SETTINGS = {"APPLEMUSIC_CONFIG": None}


def settings(data_dir: Path, **more: object) -> Settings:
    flags = {
        "grpc.port": 0,
        "web.port": 0,
        "grpc.grace_seconds": 3,
        "storage.data_dir": str(data_dir),
        **{key.replace("__", "."): value for key, value in more.items()},
    }
    return load({}, flags)


def server(with_settings: Settings, log: io.StringIO | None = None) -> Server:
    output = io.StringIO() if log is None else log
    return Server(
        with_settings, open_log(output, form="json", level="info", redactor=Redactor()), {}
    )


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[Server]:
    started = server(settings(tmp_path / "data"))
    await started.start()
    yield started
    await started.stop()


async def test_without_anything_configured_it_runs_and_says_what_it_needs(
    running: Server,
) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
        info = await ServerServiceStub(channel).GetServerInfo(
            server_service_pb2.GetServerInfoRequest()
        )
        failure = await failure_of(
            CatalogServiceStub(channel).GetSong(catalog_service_pb2.GetSongRequest(id="1"))
        )

    assert info.state == server_service_pb2.SERVER_STATE_ACTION_REQUIRED
    assert len(info.action_required) == 3
    assert failure.reason == "DEVELOPER_TOKEN_MISSING"


async def test_a_lost_encryption_key_is_said_at_the_start(tmp_path: Path) -> None:
    said = []
    for lost in (False, False, True):
        if lost:
            (tmp_path / "encryption.key").unlink()
        log = io.StringIO()
        started = server(settings(tmp_path), log)
        await started.start()
        await started.stop()
        said.append("encryption key lost" in log.getvalue())

    assert said == [False, False, True]


async def test_pages_are_served(running: Server) -> None:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{running.web_port}") as session:
        async with session.get("/readyz") as response:
            assert response.status == 200
        async with session.get("/metrics") as response:
            text = await response.text()
    assert "applemusic_developer_token_expiry_timestamp_seconds 0.0" in text
    assert 'grpc_method="AudioStream"' in text


async def test_a_second_server_in_the_same_folder_is_refused(
    running: Server, tmp_path: Path
) -> None:
    assert running.grpc_port

    with pytest.raises(UnavailableError) as caught:
        await server(settings(tmp_path / "data")).start()

    assert caught.value.reason is Reason.STORAGE_UNAVAILABLE


async def test_a_port_in_use_leaves_nothing_behind(running: Server, tmp_path: Path) -> None:
    other = settings(tmp_path / "other", grpc__port=running.grpc_port)

    with pytest.raises(OSError, match="in use"):
        await server(other).start()

    again = server(settings(tmp_path / "other"))
    await again.start()
    await again.stop()


async def test_a_unix_socket_besides(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    started = server(settings(tmp_path / "data", grpc__socket=str(path)))
    await started.start()

    async with grpc.aio.insecure_channel(f"unix:{path}") as channel:
        info = await ServerServiceStub(channel).GetServerInfo(
            server_service_pb2.GetServerInfoRequest()
        )
    await started.stop()

    assert info.server_version


async def test_an_account_survives_a_restart_and_its_token_is_nowhere(tmp_path: Path) -> None:
    async with Simulator(seed=1) as simulator:
        developer_token = tmp_path / "developer-token"
        developer_token.write_text(simulator.developer_token())
        developer_token.chmod(0o600)
        user_token = simulator.music_user_token()
        log = io.StringIO()
        with_simulator = settings(
            tmp_path / "data",
            apple__base_urls=simulator_hosts(simulator),
            developer_token__token_file=str(developer_token),
        )
        for _ in range(2):
            started = server(with_simulator, log)
            await started.start()
            async with grpc.aio.insecure_channel(f"127.0.0.1:{started.grpc_port}") as channel:
                stub = AuthServiceStub(channel)
                accounts = (
                    await stub.ListAccounts(auth_service_pb2.ListAccountsRequest())
                ).accounts
                if not accounts:
                    await stub.SubmitMusicUserToken(
                        auth_service_pb2.SubmitMusicUserTokenRequest(
                            account="anna", music_user_token=user_token
                        )
                    )
            await started.stop()

    assert [account.id for account in accounts] == ["anna"]
    assert accounts[0].storefront == "us"
    secret = user_token.encode()
    assert secret not in log.getvalue().encode()
    for path in (tmp_path / "data").iterdir():
        assert secret not in path.read_bytes()


def simulator_hosts(simulator: Simulator) -> dict[str, str]:
    return {url.rpartition("/")[2]: url for url in simulator.base_urls().values()}


async def start_process(tmp_path: Path, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic_server", "serve"),
        *("--grpc-port", "0", "--web-port", "0", "--data-dir", str(tmp_path / "data")),
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_process_cleanly(tmp_path: Path, number: signal.Signals) -> None:
    process = await start_process(tmp_path)
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()

    process.send_signal(number)
    _, errors = await process.communicate()

    assert line.startswith("ready grpc=127.0.0.1:")
    assert process.returncode == 0
    for each in errors.decode().splitlines():
        assert json.loads(each)["level"] in {"info", "warning"}
    assert (tmp_path / "data" / "server.db").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("section", ["grpc", "web"])
async def test_a_port_in_use_is_one_clear_line(tmp_path: Path, section: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        process = await start_process(tmp_path, "--set", f"{section}.port={port}")
        _, errors = await process.communicate()

    *log, last = errors.decode().splitlines()
    assert process.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in last
    assert f"{section}.port" in last
    for line in log:
        assert json.loads(line)["level"] == "warning"


def test_bad_settings_end_with_2_and_a_hint() -> None:
    result = CliRunner().invoke(main, ["config", "check", "--set", "grpc.prot=1"])

    assert result.exit_code == 2
    assert "did you mean grpc.port?" in result.output


def test_config_check_says_what_is_not_configured() -> None:
    result = CliRunner().invoke(main, ["config", "check"], env=NO_SETTINGS)

    assert result.exit_code == 0
    assert result.output.startswith("The configuration is good.\nNote: developer_token: no ")
    assert "Note: widevine.device_file: no Widevine device" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--developer-token-file"], "developer_token: {}: "),
        (
            ["--key-id", "ABC123DEFG", "--team-id", "DEF123GHIJ", "--private-key-file"],
            "developer_token: {}: ",
        ),
        (["--widevine-device-file"], "widevine.device_file: "),
    ],
)
def test_config_check_opens_the_files_that_are_named(
    tmp_path: Path, arguments: list[str], said: str
) -> None:
    file = tmp_path / "garbage"
    file.touch(mode=0o600)
    file.write_bytes(b"canary")

    result = CliRunner().invoke(main, ["config", "check", *arguments, str(file)], env=NO_SETTINGS)

    assert result.exit_code == 2
    assert result.output.startswith("applemusic-server: " + said.format(file))
    assert "canary" not in result.output


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(seconds=20), " s; replace it"),
        (timedelta(days=3, hours=1), ", in 3 days; replace it"),
        (timedelta(days=90, hours=1), ", in 90 days\n"),
    ],
)
def test_config_check_says_when_a_token_ends(tmp_path: Path, left: timedelta, said: str) -> None:
    end = datetime.now(UTC) + left
    file = tmp_path / "token"
    file.touch(mode=0o600)
    # As an editor on Windows saves it.
    file.write_bytes(codecs.BOM_UTF8 + make_jwt(end - timedelta(days=180)).encode())

    arguments = ["config", "check", "--developer-token-file", str(file)]
    result = CliRunner().invoke(main, arguments, env=NO_SETTINGS)

    assert result.exit_code == 0
    assert f"{file}: the token of team TEAM000001 ends at {end:%Y-%m-%d %H:%M:%S} UTC" in (
        result.output
    )
    assert said in result.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("Bearer {}", "`Bearer` stands before it"),
        ('"{}"', "quotation marks"),
        ("{}.", "not a JSON web token"),
    ],
)
def test_config_check_says_what_is_around_a_token(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "token"
    file.touch(mode=0o600)
    token = make_jwt(datetime.now(UTC))
    file.write_text(content.format(token))
    arguments = ["config", "check", "--developer-token-file", str(file)]
    result = CliRunner().invoke(main, arguments, env=NO_SETTINGS)
    assert result.exit_code == 2
    assert "the developer token cannot be used: " in result.output
    assert said in result.output
    assert "Apple" not in result.output  # nobody asked Apple
    assert token[:20] not in result.output
    file.write_text(content.format(token), encoding="utf-16")
    assert "is UTF-16" in CliRunner().invoke(main, arguments, env=NO_SETTINGS).output


def test_config_check_opens_the_encryption_key(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    file.write_text("canary")

    result = CliRunner().invoke(
        main, ["config", "check", "--set", f"storage.encryption_key_file={file}"], env=NO_SETTINGS
    )

    assert result.exit_code == 2
    assert "storage.encryption_key_file: " in result.output
    assert "canary" not in result.output


def test_config_show_and_schema() -> None:
    shown = CliRunner().invoke(main, ["config", "show", "--grpc-port", "7"])
    schema = CliRunner().invoke(main, ["config", "schema"])

    assert json.loads(shown.output)["grpc"]["port"] == 7
    assert json.loads(schema.output)["type"] == "object"


def test_health_of_nobody_fails() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
    result = CliRunner().invoke(main, ["health", "--address", address])

    assert result.exit_code == 1
    assert "no answer" in result.output


async def test_health_of_a_running_server(running: Server) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic_server", "health"),
        *("--address", f"127.0.0.1:{running.grpc_port}"),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()

    assert output == b"SERVING\n"
    assert process.returncode == 0


def test_help_is_there() -> None:
    for arguments in (["--help"], ["serve", "-h"], ["health", "-h"], ["config", "-h"]):
        result = CliRunner().invoke(main, arguments)
        assert result.exit_code == 0
        assert "Usage" in result.output


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_TRACES_EXPORTER", "zipkin"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json")],
)
def test_tracing_that_cannot_be_is_told_before_anything_starts(variable: str, value: str) -> None:
    arguments = ["config", "check", "--set", "tracing.enabled=true"]
    result = CliRunner().invoke(main, arguments, env={**NO_SETTINGS, variable: value})
    assert result.exit_code == 2
    assert f"{variable} is {value!r}" in result.output
    # Who does not trace may have the variable for other programs.
    result = CliRunner().invoke(main, arguments[:2], env={**NO_SETTINGS, variable: value})
    assert result.exit_code == 0
