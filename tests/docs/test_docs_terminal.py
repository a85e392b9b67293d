"""docs/terminal.md: every command of `applemusic` is there, and every line works as it stands."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from applemusic.cli.application import applemusic
from applemusic.cli.common import common_options
from tests.docs.conftest import ROOT, Served, environment, serving
from tests.support.docs_pages import blocks_of, statements
from tests.support.terminal import Shell, fake_player, played

pytestmark = pytest.mark.timeout(240)

PAGE = ROOT / "docs" / "terminal.md"


def commands(group: click.Group = applemusic, path: str = "applemusic") -> Iterator[str]:
    """Every command that does something, as it is called."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
            if command.invoke_without_command:
                yield f"{path} {name}"
        else:
            yield f"{path} {name}"


@pytest.fixture(scope="module")
def own() -> Iterator[Served]:
    """A server of its own: the page changes the library and signs out."""
    # So that a song leaves as fast as it can: that it is paced is tested elsewhere.
    with serving({"APPLEMUSIC_PLAYBACK__BURST_SECONDS": "60"}) as served:
        yield served


def test_every_command_is_there() -> None:
    text = "\n".join(block.text for block in blocks_of(PAGE) if block.language == "sh")
    text = re.sub(r"--json (?=library)", "", text)
    # `browse` has these from elsewhere, where the page shows them.
    elsewhere = ("applemusic browse recommendations ", "applemusic playlists show")
    missing = [
        line
        for line in commands()
        if not re.search(rf"{re.escape(line)}(?![-\w])", text) and not line.startswith(elsewhere)
    ]
    assert missing == []


def test_every_common_option_and_variable_is_there() -> None:
    text = PAGE.read_text("utf-8")
    for option in common_options():
        assert f"`{option.opts[0]}`" in text
        if isinstance(option, click.Option) and option.envvar:
            assert f"`{option.envvar}`" in text


async def test_every_line_works(
    own: Served,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In their order: what needs a shell in one, the rest without a process each."""
    monkeypatch.chdir(tmp_path)  # some write files
    players = tmp_path / "players"
    for name in ("mpv", "ffplay"):
        fake_player(players, name)
    path = f"{players}{os.pathsep}{environment()['PATH']}"
    shell = Shell(own.grpc, {"PATH": path})
    blocks = [block for block in blocks_of(PAGE) if block.language == "sh" and not block.not_run]
    for block in blocks:
        lines = statements(block)
        if "$" in block.text:
            run_in_shell(lines, own, tmp_path, path)
            continue
        for line in lines:
            if set(line) & set("|>"):
                run_in_shell([line], own, tmp_path, path)
                continue
            ran = await shell(*shlex.split(line)[1:])
            assert ran.code == 0, f"{line}\n{ran.err}"
            assert ran.out or capsys.readouterr().out or plays(line), f"{line} says nothing"
            assert "Skipped" not in ran.err
    every = [line for block in blocks for line in statements(block)]
    assert len(played(players)) == sum(map(plays, every))


def plays(line: str) -> bool:
    return re.match(r"applemusic play (?!--help)", line) is not None


def run_in_shell(lines: list[str], own: Served, folder: Path, path: str) -> None:
    """Each line has to say something, but for those that play, note or write a file."""
    script = "\n".join(f'{line}\necho "-- done: $?"' for line in lines)
    done = subprocess.run(
        ["bash", "-eu", "-o", "pipefail", "-c", script],
        cwd=folder,
        env={**environment(), "APPLEMUSIC_SERVER": own.grpc, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout.split("-- done: 0\n")
    assert done.returncode == 0, f"{lines[len(said) - 1]}\n{done.stderr}"
    assert len(said) == len(lines) + 1
    for line, what in zip(lines, said, strict=False):
        assert what or plays(line) or re.search(r"^\w+=|> changes", line), f"{line} says nothing"
    assert "Traceback" not in done.stderr
