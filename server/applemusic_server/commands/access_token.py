"""`applemusic-server access-token`: who may call the server from elsewhere."""

import os
from collections.abc import Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from applemusic_server.commands.options import load_settings, run, settings_options


@click.group("access-token")
def command() -> None:
    """Decide who may call the server from elsewhere. Works while it runs, too."""


@command.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "control", "stream", "admin"]),
    default=["read", "control", "stream"],
    show_default=True,
    help="What the caller may do; may be given several times.",
)
@click.option(
    "--account", "accounts", multiple=True, help="Account to use; may be given several times."
)
@click.option("--all-accounts", is_flag=True, help="Every account, those to come included.")
@click.option("--expires-in", default="", metavar="90d", help="Lifetime: 12h, 90d, 26w. [for ever]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to a new file that only you can read, instead of printing it.",
)
@settings_options
def create(
    *,
    name: str,
    scopes: tuple[str, ...],
    accounts: tuple[str, ...],
    all_accounts: bool,
    expires_in: str,
    output: Path | None,
    **options: Any,
) -> None:
    """Make an access token and print it, this once.

    What a shell writes into a file others can often read: --output keeps it to you.
    """
    if accounts and all_accounts:
        raise click.UsageError("--account and --all-accounts exclude each other: leave one out.")
    if not accounts and not all_accounts:
        raise click.UsageError("Say for whom: --account <id>, or --all-accounts.")
    settings = load_settings(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    ids = None if all_accounts else accounts
    made = access_token_command.create(
        settings, os.environ, name, scopes=scopes, accounts=ids, lifetime=expires_in
    )
    if output is None:
        click.echo(run(made))
        click.echo("Keep it: it is not shown again.", err=True)
    else:
        run(_written(made, output))
        click.echo(f"The access token is in {output}; only you can read it.", err=True)
    if remark := access_token_command.remark(settings):
        click.echo(remark, err=True)


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@settings_options
def list_tokens(*, as_json: bool, **options: Any) -> None:
    """Print which access tokens there are; the tokens themselves are nowhere."""
    settings = load_settings(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    click.echo(run(access_token_command.table(settings, os.environ, as_json=as_json)))


@command.command("revoke")
@click.argument("name")
@settings_options
def revoke(name: str, **options: Any) -> None:
    """Make an access token useless; a running server notices within seconds."""
    settings = load_settings(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    run(access_token_command.revoke(settings, os.environ, name))
    click.echo(f"{name} is revoked.")


async def _written(secret: Coroutine[Any, Any, str], path: Path) -> None:
    from applemusic_server.private_output import private_output  # noqa: PLC0415 - for --help

    with closing(secret):
        try:
            with private_output(path) as file:
                click.echo(await secret, file=file)
        except FileExistsError as error:
            if error.filename != str(path):
                raise
            raise FileExistsError(
                f"{path} is there already and is left as it is; no token was made. Name a file "
                "that is not there, or remove this one first."
            ) from None
