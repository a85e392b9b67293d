"""Help, examples and completion of every command."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from applemusic.cli.application import applemusic
from applemusic.cli.command import Command, Group, LazyGroup
from applemusic.cli.common import CommonOption
from tests.support.terminal import Shell

SHELL = Shell("127.0.0.1:1")


def every_command(
    group: click.Group = applemusic, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Each command with the words that call it."""
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from every_command(command, (*path, name))


COMMANDS = list(every_command())
EXAMPLES = [
    example
    for command in (applemusic, *(command for _, command in COMMANDS))
    if isinstance(command, Command | Group)
    for example in command.examples
]


async def test_help_of_all_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert (await SHELL("--help")).code == 0
    said = capsys.readouterr().out
    for name in applemusic.list_commands(click.Context(applemusic)):
        assert re.search(rf"^  {name} ", said, re.MULTILINE)
    assert "..." not in said.split("Options:")[0].replace("[ARGS]...", "")
    assert all(len(line) <= 80 for line in said.splitlines())
    for variable in ("APPLEMUSIC_SERVER", "APPLEMUSIC_ACCESS_TOKEN_FILE", "APPLEMUSIC_CLIENT_TLS"):
        assert variable in re.sub(r"\s+", "", said)


@pytest.mark.parametrize("path", [path for path, _ in COMMANDS], ids=" ".join)
async def test_help_of_each(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert (await SHELL(*path, "-h")).code == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: applemusic {' '.join(path)} ")
    command = dict(COMMANDS)[path]
    assert command.help
    if isinstance(command, click.Group):
        assert "..." not in said.replace("[ARGS]...", "")  # no summary is cut
    else:
        assert "--json" in said
        assert "--server" in said
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not isinstance(parameter, CommonOption):
                assert parameter.help, parameter.name


def test_the_commands_that_do_something_have_examples() -> None:
    top = [command for path, command in COMMANDS if len(path) == 1]
    assert all(isinstance(command, Command | Group) and command.examples for command in top)
    assert isinstance(applemusic, LazyGroup)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_command_lines(
    example: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each stage of a pipe that is ours parses, with options that there are."""
    monkeypatch.chdir(tmp_path)
    Path("token.txt").touch()
    ours = [part for part in re.split(r"[|]", example) if re.search(r"\bapplemusic ", part)]
    assert ours
    for part in ours:
        words = shlex.split(re.sub(r"(>>?.*|#.*|\)\".*)$", "", part.split("$(")[-1]))
        words = words[words.index("applemusic") + 1 :]
        context = applemusic.make_context("applemusic", list(words))
        group: click.Command = applemusic
        while isinstance(group, click.Group) and (
            rest := [*context._protected_args, *context.args]
        ):
            name, found, rest = group.resolve_command(context, rest)
            assert found is not None
            with context:
                context = found.make_context(name, rest, parent=context)
            group = found


def completed(*words: str) -> list[str]:
    """What Tab offers behind the words, the last of which is not finished."""
    complete = ShellComplete(applemusic, {}, "applemusic", "_APPLEMUSIC_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


def test_tab() -> None:
    assert completed("se") == ["search"]
    assert completed("library", "s") == ["songs", "sync"]
    assert "--account" in completed("search", "--a")
    assert completed("radio", "stations", "--list", "f") == ["featured"]
    assert completed("completion", "") == ["bash", "zsh", "fish"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_as_the_shells_ask_for_it(shell: str) -> None:
    program = [str(Path(sys.executable).parent / "applemusic")]
    script = subprocess.run(  # noqa: S603 - our own program
        [*program, "completion", shell], capture_output=True, text=True, check=True
    ).stdout
    assert f"_APPLEMUSIC_COMPLETE={shell}_complete" in script
    words = "applemusic sta" if shell != "fish" else "applemusic"
    variables = {"COMP_WORDS": words, "_APPLEMUSIC_COMPLETE": f"{shell}_complete"}
    variables["COMP_CWORD"] = "sta" if shell == "fish" else "1"
    offered = subprocess.run(  # noqa: S603 - our own
        program,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **variables},
    ).stdout
    assert "status" in offered


def test_bash_takes_the_script() -> None:
    folder = Path(sys.executable).parent
    script = 'eval "$(applemusic completion bash)"; complete -p applemusic'
    done = subprocess.run(  # noqa: S603 - a script of our own
        ["bash", "-euc", script],  # noqa: S607 - the reader's shell
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"},
    )
    assert "_applemusic_completion" in done.stdout


async def test_slips(capsys: pytest.CaptureFixture[str]) -> None:
    ran = await SHELL("srch", "x")
    assert (ran.code, ran.out) == (2, "")
    assert "Did you mean `applemusic search`?" in ran.err
    ran = await SHELL("library", "song")
    assert "Did you mean `applemusic library songs`?" in ran.err
    ran = await SHELL("search")
    assert ran.code == 2
    ran = await SHELL("--json", "search")
    assert ran.error["exit_code"] == 2
    assert capsys.readouterr().out == ""


def test_without_the_extra() -> None:
    program = (
        "import sys; sys.modules['click'] = None\nfrom applemusic.cli.__main__ import main\nmain()"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stderr == "applemusic: pip install 'applemusic-grpc[cli]'\n"
    assert done.stdout == ""


def test_it_starts_without_grpc() -> None:
    program = (
        "import sys; from applemusic.cli.application import applemusic\n"
        "try: applemusic(['--help'])\n"
        "except SystemExit: pass\n"
        "assert not {'grpc', 'google.protobuf', 'segno'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)  # noqa: S603 - our own program
