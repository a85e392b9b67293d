"""The command line as a whole: what there is, and what is loaded for it."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from applemusic_server.__main__ import main

HEAVY = {"grpc", "aiohttp", "sqlalchemy", "cryptography", "google.protobuf", "prometheus_client"}


def loaded_by(*arguments: str) -> set[str]:
    """The modules that a process has loaded which runs a command."""
    program = (
        "import sys, json, click\n"
        "from applemusic_server.__main__ import main\n"
        f"try: main({list(arguments)!r}, standalone_mode=False)\n"
        "except SystemExit: pass\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_a_probe_loads_next_to_nothing() -> None:
    loaded = loaded_by("health", "--address", "127.0.0.1:1")
    assert not loaded & (HEAVY | {"asyncio", "ssl"})


@pytest.mark.parametrize("command", [["--version"], ["serve", "--help"], ["config", "schema"]])
def test_what_needs_no_server_loads_none(command: list[str]) -> None:
    assert not loaded_by(*command) & HEAVY


def test_only_the_command_that_is_called_is_loaded() -> None:
    ours = {each for each in loaded_by("keys", "--help") if ".commands." in each}
    assert ours == {
        f"applemusic_server.commands.{name}" for name in ("keys", "lazy_group", "options")
    }


def test_help_names_every_command_with_what_it_does() -> None:
    shown = CliRunner().invoke(main, ["--help"]).output
    listed = [line.split() for line in shown.partition("Commands:")[2].splitlines() if line.strip()]
    names = ["serve", "config", "doctor", "accounts", "tokens", "keys", "access-token", "health"]
    assert [words[0] for words in listed] == names
    assert all(len(words) > 3 for words in listed)


def test_the_first_name_of_keys_still_works() -> None:
    assert CliRunner().invoke(main, ["key", "--help"]).exit_code == 0


def test_a_misspelt_command_is_told() -> None:
    result = CliRunner().invoke(main, ["doktor"])
    assert result.exit_code == 2
    assert "doktor" in result.output


@pytest.mark.parametrize("seconds", ["0", "-3"])
def test_a_probe_without_time_is_a_wrong_command_line(seconds: str) -> None:
    result = CliRunner().invoke(main, ["health", "--timeout", seconds])
    assert result.exit_code == 2
    assert "--timeout" in result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["doctor", "--account", "anna"], "go with --report"),
        (["doctor", "--allow-writes"], "go with --report"),
        (["doctor", "--report", "--offline"], "no --offline"),
        (["doctor", "--report", "--strict"], "no --offline"),
    ],
)
def test_options_that_do_not_go_together(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 2
    assert said in result.output
