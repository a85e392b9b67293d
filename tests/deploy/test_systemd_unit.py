"""The unit is read by systemd's own tool, and what it sets is known to the server."""

import asyncio
import re
import resource
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from applemusic_server.config_sources import load
from tests.support.docs_pages import ROOT, blocks_of
from tools.stack import Process

UNIT = ROOT / "deploy" / "systemd" / "applemusic-server.service"
PAGE = ROOT / "docs" / "systemd.md"
# Tenths: systemd calls up to 2.0 well protected; nginx's own unit has 9.5.
MOST_EXPOSED = 15
_ENVIRONMENT = re.compile(r"APPLEMUSIC_\w+=\S*")


def analyze(*arguments: str) -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not here: apt-get install systemd")
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603 - systemd's tool, by its path
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def drop_ins() -> list[str]:
    return [block.text for block in blocks_of(PAGE) if block.language == "ini"]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """The unit as it is once the program is where it says."""
    unit = tmp_path / UNIT.name
    unit.write_text(UNIT.read_text().replace("/opt/applemusic/bin", str(Path(sys.prefix) / "bin")))
    return unit


@pytest.mark.parametrize("drop_in", ["", *drop_ins()])
def test_systemd_has_nothing_to_say_about_the_unit(installed: Path, drop_in: str) -> None:
    if drop_in:
        folder = installed.with_name(f"{installed.name}.d")
        folder.mkdir()
        (folder / "override.conf").write_text(drop_in)
    said = analyze("verify", "--man=no", "--recursive-errors=no", str(installed))
    assert installed.name not in said


def test_what_the_server_can_do_to_the_machine_is_little(installed: Path) -> None:
    analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(installed))


@pytest.mark.parametrize("text", [UNIT.read_text(), *drop_ins()])
def test_every_setting_in_it_is_one(text: str, tmp_path: Path) -> None:
    found = dict(each.split("=", 1) for each in _ENVIRONMENT.findall(text))
    assert found
    if found.get("APPLEMUSIC_DEVELOPER_TOKEN__PRIVATE_KEY_FILE"):
        found["APPLEMUSIC_DEVELOPER_TOKEN__KEY_ID"] = "ABCDE12345"
        found["APPLEMUSIC_DEVELOPER_TOKEN__TEAM_ID"] = "TEAM123456"
    load({name: value.replace("%d", str(tmp_path)) for name, value in found.items()}, {})


def test_stopping_may_take_as_long_as_streams_get() -> None:
    stop = re.search(r"^TimeoutStopSec=(\d+)$", UNIT.read_text(), re.MULTILINE)
    assert stop
    assert int(stop[1]) > load({}, {}).grpc.grace_seconds + 5


@pytest.mark.parametrize("abstract", [False, True])
async def test_the_service_manager_is_told(tmp_path: Path, *, abstract: bool) -> None:
    """A real process, and a socket as systemd's."""
    address = f"@applemusic-test-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address.replace("@", "\0"))
        manager.settimeout(0)
        server = await start(tmp_path, address)
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(20):
            ready = (await loop.sock_recv(manager, 4096)).decode().splitlines()
        assert ready[0] == "READY=1"
        assert re.fullmatch(r"STATUS=Serving grpc=127\.0\.0\.1:\d+ web=127\.0\.0\.1:\d+", ready[1])
        assert await server.stop() == 0
        stopping = (await loop.sock_recv(manager, 4096)).decode().splitlines()
        # 20 s for streams, as long as nothing else is configured, and 10 s for the rest.
        assert stopping == [
            "STOPPING=1",
            "STATUS=Letting open calls finish",
            "EXTEND_TIMEOUT_USEC=30000000",
        ]


async def test_it_opens_as_many_files_as_it_may(tmp_path: Path) -> None:
    """systemd and containerd begin with 1,024, which 2,000 streams do not fit into."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        server = await start(tmp_path, "")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    limits = Path(f"/proc/{server.child.pid}/limits").read_text("ascii")  # noqa: ASYNC240 - no disk
    assert await server.stop() == 0
    found = re.search(r"^Max open files +(\d+)", limits, re.MULTILINE)
    assert found
    assert int(found[1]) == hard


async def test_a_service_manager_that_is_not_there_is_a_line_in_the_log(tmp_path: Path) -> None:
    server = await start(tmp_path, str(tmp_path / "nobody"))
    assert await server.stop() == 0
    assert sum("service manager cannot be told" in line for line in server.output) == 2


async def start(folder: Path, address: str) -> Process:
    server = await Process.start(
        *("applemusic_server", "serve", "--grpc-port", "0", "--web-port", "0"),
        environment={
            "NOTIFY_SOCKET": address,
            "STATE_DIRECTORY": str(folder / "state"),
            # Nobody there: Apple is not asked in a test.
            "APPLEMUSIC_APPLE__ROOT_URL": "http://127.0.0.1:9",
        },
    )
    await server.ready(r"^ready grpc=")
    return server
