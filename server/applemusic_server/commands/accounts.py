"""`applemusic-server accounts`: who is signed in."""

import os
from typing import Any

import click

from applemusic_server.commands.options import load_settings, run, say, settings_options


@click.group("accounts")
def command() -> None:
    """See who is signed in, and sign out. Works while the server runs, too."""


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@settings_options
def list_accounts(*, as_json: bool, **options: Any) -> None:
    """Print the accounts; the first column is the number that `doctor` calls them by."""
    settings = load_settings(**options)
    from applemusic_server import account_commands  # noqa: PLC0415 - slow to import

    click.echo(run(account_commands.list_accounts(settings, os.environ, as_json=as_json)))


@command.command("sign-out")
@click.argument("account")
@click.option(
    "--revoke-at-apple",
    is_flag=True,
    help="Also make the token useless at Apple, for every program that holds it.",
)
@settings_options
def sign_out(*, account: str, revoke_at_apple: bool, **options: Any) -> None:
    """Forget ACCOUNT and everything kept of it; a running server notices within ten seconds."""
    settings = load_settings(**options)
    from applemusic_server import account_commands  # noqa: PLC0415 - slow to import

    work = account_commands.sign_out(settings, os.environ, account, revoke=revoke_at_apple)
    if run(work):
        click.echo(f"{account} is signed out.")
    else:
        say(f"no account has the id {account!r}; nothing was done")
