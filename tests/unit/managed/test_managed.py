"""Managed mode with servers that are none: what happens when they fail, and how often."""

import asyncio
import itertools
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.plugin.host import COOKIE, COOKIE_VARIABLE
from tests.support.managed import (
    FOLDER,
    ManagedServer,
    ManagedServerError,
    ServerNotInstalledError,
    Timing,
    log_record,
)

SOON = Timing(start=20, grace=10, kill=10)
READY = "import signal, sys; print('1|1|unix|/s|grpc|', flush=True); signal.pause()"
LOG = logging.getLogger("managed")

Make = Callable[..., ManagedServer]


class Naps:
    """Stands in for sleeping: counts, and goes on when the test says so."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.changed = asyncio.Event()
        self.go_on = asyncio.Semaphore(0)

    async def sleep(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.changed.set()
        await self.go_on.acquire()

    async def until(self, count: int) -> None:
        while len(self.seconds) < count:
            self.changed.clear()
            await self.changed.wait()


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    """Makes servers that are stopped at the end."""
    made: list[ManagedServer] = []

    def build(script: str, **more: Any) -> ManagedServer:
        command = (sys.executable, "-c", script)
        values = {"command": command, "timing": SOON, **more}
        made.append(ManagedServer(tmp_path / "data", LOG, **values))
        return made[-1]

    yield build
    for each in made:
        await each.stop()


async def test_the_address_is_a_private_socket_in_the_data_folder(
    make: Make, tmp_path: Path
) -> None:
    server = make(READY)
    assert server.address == ""

    address = await server.start()

    assert address == server.address == f"unix:{tmp_path}/data/run/grpc.sock"
    assert (tmp_path / "data" / "run").stat().st_mode & 0o777 == 0o700
    assert server.running
    with pytest.raises(RuntimeError, match="already"):
        await server.start()
    await server.stop()
    assert (server.address, server.running) == ("", False)


async def test_a_folder_that_is_too_deep_for_sockets(make: Make, tmp_path: Path) -> None:
    del make
    server = ManagedServer(tmp_path / ("deep" * 30), LOG, command=(sys.executable, "-c", READY))
    socket = Path((await server.start()).removeprefix("unix:"))
    await server.stop()

    assert len(os.fsencode(socket)) < 100
    assert not socket.parent.is_dir()


async def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ManagedServerError, match=r"cannot be used: Not a directory"):
        await ManagedServer(tmp_path / "file" / "data", LOG, command=("true",)).start()


async def test_what_the_server_is_told(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    script = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)]), file=sys.stderr, flush=True);"  # noqa: E501 - a program
    inherited = {"PLUGIN_CLIENT_CERT": "theirs", "HOME": "/nowhere"}
    server = make(script + READY, environment=inherited, settings={"web.port": "0"})
    await server.start()
    await server.stop()

    arguments, variables = json.loads(caplog.messages[0])
    assert arguments[:3] == ["serve", "--plugin", "--data-dir"]
    settings = [value for flag, value in itertools.pairwise(arguments) if flag == "--set"]
    assert settings == ["log.level=info", "web.port=0", "log.format=hclog"]
    assert variables[COOKIE_VARIABLE] == COOKIE
    assert variables["PLUGIN_PROTOCOL_VERSIONS"] == "1"
    assert "PLUGIN_CLIENT_CERT" not in variables


@pytest.mark.parametrize(
    ("script", "message"),
    [
        (
            "import sys; print('[1]\\nno port left', file=sys.stderr); sys.exit(3)",
            "could not start \\(exit code 3\\). The last it said:\n\\[1\\]\nno port left$",
        ),
        ("import os; os.kill(os.getpid(), 9)", "could not start \\(signal 9\\); it said nothing$"),
        ("print('hello')", "no applemusic-server that this version can use"),
        ("print('1|2|unix|/s|grpc|')", "no applemusic-server that this version can use"),
        ("print('x' * 1000000)", "no applemusic-server that this version can use"),
        ("print('|' * 99)", "no applemusic-server that this version can use"),
    ],
)
async def test_what_cannot_start_is_an_error(make: Make, script: str, message: str) -> None:
    server = make(script)

    with pytest.raises(ManagedServerError, match=message):
        await server.start()

    assert (server.address, server.running) == ("", False)


async def test_a_server_that_never_gets_ready_is_ended(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    stubborn = (
        "import os, signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(os.getpid(), file=sys.stderr, flush=True);\nwhile True: signal.pause()"
    )
    server = make(stubborn, timing=Timing(start=2, grace=0.1, kill=0.1))

    with pytest.raises(
        ManagedServerError, match=r"not ready within 2 s. The last it said:\n[0-9]+"
    ):
        await server.start()

    with pytest.raises(ProcessLookupError):
        os.kill(int(caplog.messages[0]), 0)


async def test_cancelled_while_it_starts_nothing_is_left(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    said = asyncio.Event()

    def notice(_: logging.LogRecord) -> bool:
        said.set()
        return True

    LOG.addFilter(notice)
    server = make(
        "import os, signal, sys; print(os.getpid(), file=sys.stderr, flush=True); signal.pause()"
    )
    starting = asyncio.create_task(server.start())
    await said.wait()
    LOG.filters.clear()

    starting.cancel()
    await asyncio.wait({starting})

    assert starting.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(int(caplog.messages[0]), 0)


async def test_no_server_on_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provider_without_host.managed.find_spec", lambda _: None)
    server = ManagedServer(tmp_path, LOG, environment={"PATH": str(tmp_path)})

    with pytest.raises(ServerNotInstalledError, match=r"applemusic-grpc-server\[playback\]"):
        await server.start()


async def test_a_command_on_the_path_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provider_without_host.managed.find_spec", lambda _: None)
    command = tmp_path / "applemusic-server"
    command.write_text(f"#!{sys.executable}\n{READY}\n")
    command.chmod(0o700)
    server = ManagedServer(tmp_path / "data", LOG, environment={"PATH": str(tmp_path)})

    await server.start()
    await server.stop()


async def test_an_environment_of_its_own_comes_before_all_others(tmp_path: Path) -> None:
    command = tmp_path / "venv" / "bin" / "applemusic-server"
    command.parent.mkdir(parents=True)
    command.write_text(f"#!{sys.executable}\n{READY}\n")
    command.chmod(0o700)
    server = ManagedServer(tmp_path, LOG, environment={"PATH": ""})

    await server.start()
    (child,) = [each for each in psutil.Process().children() if str(command) in each.cmdline()]
    await server.stop()

    assert not child.is_running()


async def test_it_is_started_again_later_and_later_up_to_a_bound(make: Make) -> None:
    naps = Naps()
    timing = Timing(start=20, grace=10, first_delay=1, longest_delay=5, steady=60)
    server = make(READY, timing=timing, clock=lambda: 0.0, sleep=naps.sleep, jitter=lambda: 1.0)
    await server.start()

    for count in range(1, 6):
        kill(server)
        await naps.until(count)
        assert not server.running
        again = restarted(server)
        naps.go_on.release()
        await again

    assert naps.seconds == [1, 2, 4, 5, 5]


async def test_after_a_steady_run_it_is_started_again_soon(make: Make) -> None:
    naps, now = Naps(), [0.0]
    server = make(READY, clock=lambda: now[0], sleep=naps.sleep, jitter=lambda: 0.0)
    await server.start()
    for count in range(1, 4):
        now[0] += 61 if count == 3 else 1
        kill(server)
        await naps.until(count)
        again = restarted(server)
        naps.go_on.release()
        await again

    assert naps.seconds == [0.5, 1, 0.5]


async def test_an_attempt_that_fails_is_told_and_not_the_last(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    naps = Naps()
    flag = tmp_path / "broken"
    script = f"import os, sys; os.path.exists({str(flag)!r}) and sys.exit('disk is full');" + READY
    server = make(script, sleep=naps.sleep)
    await server.start()
    flag.touch()
    kill(server)
    await naps.until(1)
    naps.go_on.release()
    await naps.until(2)
    flag.unlink()
    again = restarted(server)
    naps.go_on.release()
    await again

    assert "ended unexpectedly (signal 9)" in caplog.text
    assert "could not start (exit code 1). The last it said:\ndisk is full" in caplog.text


async def test_a_callback_that_fails_does_not_end_the_watch(make: Make) -> None:
    failures: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(context))
    naps = Naps()

    def fail(address: str) -> None:
        raise ValueError(address)

    server = make(READY, sleep=naps.sleep, on_restart=fail)
    await server.start()
    for count in (1, 2):
        kill(server)
        await naps.until(count)
        again = restarted(server)
        naps.go_on.release()
        await again

    assert len(failures) == 2
    assert str(failures[0]["exception"]) == server.address


async def test_stopped_while_it_waits_to_start_again(make: Make) -> None:
    naps = Naps()
    server = make(READY, sleep=naps.sleep)
    await server.start()
    kill(server)
    await naps.until(1)

    await server.stop()

    assert not server.running


async def test_what_does_not_end_is_asked_twice_and_killed(make: Make) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    asks = READY.replace("signal.pause()", "\nwhile True: signal.pause()")
    server = make(deaf + asks, timing=Timing(start=20, grace=0.1, kill=0.1))
    await server.start()
    process = child(server)

    await server.stop()

    assert process.returncode == -signal.SIGKILL


async def test_log_lines_come_at_their_level_however_long(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lines = [
        json.dumps({"@level": "warn", "@message": "slow", "seconds": 3, "@timestamp": "x"}),
        "x" * 100_000,
        json.dumps({"@level": "debug", "@message": "after"}),
        "Traceback",
    ]
    script = f"import sys; print({chr(10).join(lines)!r}, file=sys.stderr, flush=True);"
    server = make(script + READY)
    await server.start()
    await server.stop()

    told = [(each.levelno, each.message) for each in caplog.records if each.name == "managed"]
    assert told[0] == (logging.WARNING, "slow seconds=3")
    assert told[1][0] == logging.WARNING
    assert len(told[1][1]) < 10_000
    assert told[-2:] == [(logging.DEBUG, "after"), (logging.WARNING, "Traceback")]


@given(st.text() | st.recursive(st.none() | st.text(), st.lists).map(json.dumps))
def test_any_line_makes_a_record_of_one_line(line: str) -> None:
    level, text = log_record(line)

    assert level in {logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR}
    assert len(text.splitlines()) <= 1


@given(
    st.dictionaries(
        st.sampled_from(["@level", "@message", "seconds", "@x"]), st.integers() | st.text()
    )
)
def test_any_object_makes_a_record_of_one_line(entry: dict[str, Any]) -> None:
    assert len(log_record(json.dumps(entry))[1].splitlines()) <= 1


@pytest.mark.parametrize(
    "secret",
    [
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJURUFN.signature-of-it",
        "0." + "AbCd" * 20 + "==",
        "Bearer am_0123456789",
        "https://aod-ssl.itunes.apple.com/x?accessKey=123_456",
        "Music-User-Token: abcdefgh",
    ],
)
def test_no_secret_is_passed_on(secret: str) -> None:
    hidden = secret.removeprefix("Bearer ").removeprefix("Music-User-Token: ").split("?")[-1]
    hidden = hidden.removeprefix("0.")
    for line in (f"failed with {secret}", json.dumps({"@message": "failed", "with": secret})):
        assert hidden not in log_record(line)[1]


def test_nothing_of_the_server_or_of_a_host_is_imported() -> None:
    imported = [
        line.split()[1]
        for file in ("managed.py", "server_log.py")
        for line in (FOLDER / file).read_text().splitlines()
        if line.startswith(("import ", "from "))
    ]

    imported.remove(".server_log")
    assert all(name.split(".")[0] in sys.stdlib_module_names for name in imported)


def child(server: ManagedServer) -> asyncio.subprocess.Process:
    assert server._child is not None
    return server._child.process


def kill(server: ManagedServer) -> None:
    child(server).kill()


def restarted(server: ManagedServer) -> Awaitable[object]:
    """Waits until the server is ready again; to be made before it is allowed to be."""
    ready, before = asyncio.Event(), server._on_restart

    def told(address: str) -> None:
        ready.set()
        server._on_restart = before
        if before is not None:
            before(address)

    server._on_restart = told
    return asyncio.ensure_future(ready.wait())
