"""`applemusic-server config`: the configuration as it counts."""

import json
import sys
from typing import Any

import click

from applemusic_server.commands.options import (
    BAD_CONFIGURATION,
    load_settings,
    say,
    settings_options,
)


@click.group("config")
def command() -> None:
    """Look at the configuration."""


@command.command("show")
@settings_options
def show(**options: Any) -> None:
    """Print the settings that count, as JSON."""
    from applemusic_server.config import as_json  # noqa: PLC0415 - for --help

    click.echo(as_json(load_settings(**options)))


@command.command("check")
@click.option("--ask-apple", is_flag=True, help="Ask Apple whether the developer tokens are good.")
@settings_options
def check(*, ask_apple: bool, **options: Any) -> None:
    """Check the settings and the files they name; exit code 2 says that something is wrong.

    `applemusic-server doctor` looks into everything else as well.
    """
    import asyncio  # noqa: PLC0415 - for --help

    settings = load_settings(**options)
    # Imported here: cryptography and its like are slow to import.
    from applemusic_server import config_check as checks  # noqa: PLC0415 - slow to import

    findings = checks.look_into(settings)
    problems = findings.problems
    for fact in findings.facts:
        click.echo(fact)
    if ask_apple and not problems:
        problems = asyncio.run(checks.ask_apple(settings))
    for problem in problems:
        say(problem)
    if problems:
        sys.exit(BAD_CONFIGURATION)
    click.echo("The configuration is good.")
    for remark in findings.missing:
        click.echo(f"Note: {remark}")


@command.command("schema")
def schema() -> None:
    """Print the JSON schema of the configuration file."""
    from applemusic_server.config import json_schema  # noqa: PLC0415 - for --help

    click.echo(json.dumps(json_schema(), indent=2, sort_keys=True))
