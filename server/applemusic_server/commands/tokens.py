"""`applemusic-server tokens`: the developer tokens and the music user tokens."""

import os
import sys
from pathlib import Path
from typing import Any, Final

import click

from applemusic_server.commands.options import load_settings, run, settings_options

_MOST_CHARACTERS: Final = 10_000


@click.group("tokens")
def command() -> None:
    """See how long tokens live, and bring or renew them. Works while the server runs, too."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@settings_options
def show(*, as_json: bool, **options: Any) -> None:
    """Print states and ends of all tokens, as they are known here; Apple is not asked.

    `applemusic-server doctor` asks Apple.
    """
    settings = load_settings(**options)
    from applemusic_server import account_commands  # noqa: PLC0415 - slow to import

    click.echo(run(account_commands.show_tokens(settings, os.environ, as_json=as_json)))


@command.command("submit")
@click.argument("account", default="")
@click.option(
    "--file",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with the token; without it, it is asked for, or read from standard input.",
)
@click.option("--name", "display_name", default="", help="How the account is called for people.")
@settings_options
def submit(*, account: str, file: Path | None, display_name: str, **options: Any) -> None:
    """Bring a music user token for ACCOUNT: Apple is asked about it, then it is stored.

    For accounts that cannot sign in on the page, e.g. those of children. Without ACCOUNT the only
    one there is takes it, or a new one called `default`.
    """
    settings = load_settings(**options)
    from applemusic_server import account_commands  # noqa: PLC0415 - slow to import
    from applemusic_server.domain.secret import Secret  # noqa: PLC0415 - for --help

    if file is not None:
        text = file.read_text(encoding="utf-8", errors="replace")[:_MOST_CHARACTERS]
    elif sys.stdin.isatty():
        text = str(click.prompt("Music user token", hide_input=True))
    else:
        text = sys.stdin.read(_MOST_CHARACTERS)
    token = Secret(text.strip())
    work = account_commands.submit_token(settings, os.environ, account, token, display_name)
    click.echo(run(work))


@command.command("renew")
@click.argument("account", default="")
@settings_options
def renew(*, account: str, **options: Any) -> None:
    """Replace the music user token of ACCOUNT, or of the only one, by a new one of Apple's.

    The server does so by itself in good time. The old token stays where the new one is no good.
    """
    settings = load_settings(**options)
    from applemusic_server import account_commands  # noqa: PLC0415 - slow to import

    click.echo(run(account_commands.renew_token(settings, os.environ, account)))
