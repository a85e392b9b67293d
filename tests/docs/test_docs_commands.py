"""Every command and program of the documentation runs as it stands there."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import pytest

from applemusic_server.config_sources import load
from tests.docs.conftest import Served, environment, read_until_ready
from tests.support.databases import Databases
from tests.support.docs_pages import (
    ROOT,
    Block,
    blocks,
    blocks_of,
    file_of,
    pages,
    statements,
)

# Processes are started one after another, and music is made where there is none yet.
pytestmark = pytest.mark.timeout(240)

# They stay up, so they are started, must say that they are ready, and end on SIGTERM.
_SERVERS = re.compile(r"applemusic-server serve\b|applemusic-simulator\b(?!.*--help)")
_TARGET = re.compile(r"^([a-z][a-z-]*):.*##", re.MULTILINE)
# They sign out, change the library, want a server, an engine or a cluster: test_docs_grpcurl.py,
# test_docs_operator.py, test_docs_terminal.py and tests/deploy/test_deploy_docs.py run them, as far
# as they can be run.
_RUN_ELSEWHERE = {
    *("docs/grpcurl.md", "docs/commands.md", "docs/doctor.md", "docs/terminal.md"),
    *("docs/container.md", "docs/kubernetes.md", "docs/languages.md", "examples/README.md"),
}
_PAGES_WITH_SHELL = sorted(
    {block.page for block in blocks("sh", "bash", "shell", "console")} - _RUN_ELSEWHERE
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder to run commands in that looks like a clone with its environment."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    return tmp_path


def run(script: str, folder: Path, served: Served, variables: dict[str, str]) -> str:
    """Run a shell script; return what it prints."""
    script = served.in_place_of_the_usual(script)
    if "PGPORT" in variables:
        script = script.replace("127.0.0.1:5432", f"127.0.0.1:{variables['PGPORT']}")
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        # Commands that name no server go to the usual address, which is another one here.
        env={**environment(), "APPLEMUSIC_SERVER": served.grpc, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}{done.stderr}"
    return done.stdout


def start_and_stop(command: str, folder: Path) -> None:
    """Start a server, on free ports, and stop it once it is ready."""
    free = {
        "APPLEMUSIC_GRPC__PORT": "0",
        "APPLEMUSIC_WEB__PORT": "0",
        "APPLEMUSIC_STORAGE__DATA_DIR": str(folder / "data"),
        "APPLEMUSIC_SIMULATOR_CACHE_DIR": str(ROOT / "build" / "simulator-cache"),
    }
    with subprocess.Popen(
        ["bash", "-c", "exec " + re.sub(r"--port \d+", "--port 0", command)],
        cwd=folder,
        env={**environment(), **free},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            read_until_ready(process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()
    assert process.returncode == 0, command


@pytest.mark.parametrize("page", _PAGES_WITH_SHELL)
def test_shell(page: str, home: Path, served: Served, request: pytest.FixtureRequest) -> None:
    """A page's commands in their order, in one folder."""
    variables: dict[str, str] = {}
    shell = [block for block in blocks("sh", "bash", "shell", "console") if block.page == page]
    if any("grpcurl " in block.text for block in shell):
        need_grpcurl()
    if any("openssl " in block.text for block in shell) and shutil.which("openssl") is None:
        pytest.skip("there is no openssl")
    if any("psql " in block.text for block in shell):
        variables = administrator_of(request.getfixturevalue("postgresql"))
    for block in shell:
        script: list[str] = []
        for statement in statements(block):
            if statement.startswith("make "):
                continue  # below
            if _SERVERS.match(statement):
                start_and_stop(statement, home)
            else:
                script.append(statement)
        if script and script != ["source .venv/bin/activate"]:
            assert run("\n".join(script), home, served, variables), f"{block}: prints nothing"


def administrator_of(databases: Databases) -> dict[str, str]:
    """What makes PostgreSQL's commands work as an administrator, as `sudo -u postgres` would."""
    if shutil.which("psql") is None or shutil.which("sqlite3") is None:
        pytest.skip("there is no psql or no sqlite3. Debian: apt-get install postgresql sqlite3")
    server = databases.server
    return {
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.port),
        "PGUSER": server.user,
        "PGPASSWORD": server.password,
    }


def need_grpcurl() -> None:
    """Skip where there is no grpcurl; with CI=true that is a failure."""
    if shutil.which("grpcurl", path=environment()["PATH"]) is None:
        pytest.skip("there is no grpcurl: `make setup` builds it where Go is")


# Files of a test suite name themselves: test_docs_pytest.py runs them.
_PROGRAMS = [block for block in blocks("python") if file_of(block) is None]


@pytest.mark.parametrize("block", _PROGRAMS, ids=str)
def test_python(block: Block, home: Path, served: Served) -> None:
    """Whole programs as they are; fragments inside of a function, with a client at hand."""
    program = home / "program.py"
    program.write_text(served.in_place_of_the_usual(whole(block.text, served)), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(program)],
        cwd=home,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr


def whole(text: str, served: Served) -> str:
    """A program that runs the text: itself, or a fragment with what its page has at hand."""
    if "asyncio.run(" in text or "from applemusic.blocking import" in text:
        return text
    with_simulator = "simulator" in text
    return (
        "import asyncio, pathlib\n"
        "async def main():\n"
        "    from applemusic import Client, errors\n"
        + "    from applemusic_simulator.simulator import Simulator\n"
        * with_simulator
        + "    tmp_path = pathlib.Path.cwd()\n"
        "    async with (\n"
        f"        Client({served.grpc!r}) as music,\n"
        + "        Simulator(cache_dir=tmp_path) as simulator,\n"
        * with_simulator
        + "    ):\n"
        f"{textwrap.indent(text, ' ' * 8)}\n"
        "asyncio.run(main())\n"
    )


@pytest.mark.parametrize("block", blocks("json"), ids=str)
def test_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", blocks("toml"), ids=str)
def test_toml_is_a_configuration(block: Block, tmp_path: Path) -> None:
    tomllib.loads(block.text)
    file = tmp_path / "server.toml"
    file.write_text(block.text, encoding="utf-8")
    load({}, {}, file)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_make_targets_are_there(page: Path) -> None:
    """In blocks and in running text."""
    targets = set(_TARGET.findall((ROOT / "Makefile").read_text("utf-8")))
    named = set()
    for command in re.findall(r"`make\s+([^`]+)`", page.read_text("utf-8")):
        named |= targets_in(command)
    for block in blocks_of(page):
        for statement in statements(block):
            if block.language == "sh" and statement.startswith("make "):
                named |= targets_in(statement.removeprefix("make ").partition("#")[0])
    assert named <= targets


def targets_in(command: str) -> set[str]:
    return {word for word in command.split() if "=" not in word and word != "..."}


def test_no_block_is_without_a_language() -> None:
    assert [str(block) for page in pages() for block in blocks_of(page) if not block.language] == []


def test_make_demo(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", f"VENV={sys.prefix}", "demo"],
        cwd=ROOT,
        env={**environment(), "COLUMNS": "80", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("frames decode and equal the original") == 2
    assert "transition between them" in done.stdout
    assert "developer token" in done.stdout
    assert "eyJ" not in done.stdout + done.stderr
    assert list(tmp_path.iterdir()) == []
    for line in (line.strip() for line in done.stdout.splitlines()):
        assert not line.startswith("grpcurl") or line in (ROOT / "README.md").read_text("utf-8")


def test_make_serve_until_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C reaches make, the tool, the server and the simulator all at once."""
    ports = [f"{name}=0" for name in ("GRPC_PORT", "WEB_PORT", "SIM_PORT")]
    with subprocess.Popen(
        ["make", f"VENV={sys.prefix}", *ports, "serve"],
        cwd=ROOT,
        env={**environment(), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said = read_until_ready(process)
        finally:
            os.killpg(process.pid, signal.SIGINT)
            rest = process.communicate()[0]
    assert "\nready\n" in said
    assert "stopping" in rest
    assert "Traceback" not in rest
    assert list(tmp_path.iterdir()) == []
