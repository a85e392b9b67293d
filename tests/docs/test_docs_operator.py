"""The commands of docs/commands.md and docs/doctor.md run as they stand there, in their order."""

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from applemusic_server.__main__ import main
from applemusic_server.commands.options import settings_options
from tests.docs.conftest import Served, environment
from tests.support.docs_pages import ROOT, blocks, statements

PAGES = ("docs/commands.md", "docs/doctor.md")
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def place(served: Served, tmp_path: Path) -> Path:
    """A folder with what an operator has: a token of each kind."""

    def control(path: str) -> bytes:
        url = f"http://{served.simulator}/control/{path}"
        method = "GET" if path == "widevine-device" else "POST"
        request = urllib.request.Request(url, method=method)
        with urllib.request.urlopen(request) as response:  # noqa: S310 - see above
            return bytes(response.read())

    for name, content in (
        ("developer-token", json.loads(control("developer-tokens"))["developer_token"].encode()),
        ("music-user-token", json.loads(control("music-user-tokens"))["music_user_token"].encode()),
        ("device.wvd", control("widevine-device")),
    ):
        (tmp_path / name).touch(mode=0o600)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def settings(served: Served, place: Path) -> dict[str, str]:
    """What a container's environment says; gRPC is where `make serve` has it."""
    return {
        **environment(),
        "APPLEMUSIC_APPLE__ROOT_URL": f"http://{served.simulator}",
        "APPLEMUSIC_DEVELOPER_TOKEN__TOKEN_FILE": str(place / "developer-token"),
        "APPLEMUSIC_WIDEVINE__DEVICE_FILE": str(place / "device.wvd"),
        "APPLEMUSIC_STORAGE__DATA_DIR": str(place / "data"),
        "APPLEMUSIC_GRPC__PORT": served.grpc.rpartition(":")[2],
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page(page: str, served: Served, place: Path) -> None:
    variables = settings(served, place)
    sign_in = "applemusic-server tokens submit anna < music-user-token"
    written = [
        statement for block in blocks("sh") if block.page == page for statement in statements(block)
    ]
    assert len(written) > 5
    for statement in [sign_in, *written]:
        done = subprocess.run(
            ["bash", "-ec", statement],
            cwd=place,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{statement}\n{done.stdout}{done.stderr}"
        assert done.stdout or done.stderr, statement


def commands(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[str, click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield " ".join((*path, name)), command


def test_every_command_and_every_option_has_its_place_in_the_reference() -> None:
    page = (ROOT / "docs" / "commands.md").read_text("utf-8")

    @settings_options
    def nothing() -> None:
        """Take the settings alone."""

    usual = {each.name for each in click.command()(nothing).params}
    found = dict(commands(main, ("applemusic-server",)))
    assert len(found) > 15
    for name, command in found.items():
        assert name in page, name
        for option in command.params:
            if isinstance(option, click.Option) and option.name not in usual:
                assert option.opts[0] in page, f"{name} {option.opts[0]}"


def test_every_check_has_its_row(served: Served, place: Path) -> None:
    variables = settings(served, place)
    page = (ROOT / "docs" / "doctor.md").read_text("utf-8")
    command = (
        "applemusic-server tokens submit < music-user-token >&2; applemusic-server doctor --json"
    )
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=place,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )
    names = {check["name"] for check in json.loads(done.stdout)["checks"]}
    rows = {name for name in names if f"`{name}`" in page}
    assert {name for name in names - rows if not name.startswith("host.")} == set()
