"""`applemusic-server keys`: the key that stored tokens are encrypted with."""

import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from applemusic_server.commands.options import (
    FAILED,
    fail,
    load_settings,
    run,
    say,
    settings_options,
)


@click.group("keys")
def command() -> None:
    """Make and change the key that stored tokens are encrypted with."""


@command.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@settings_options
def show(*, as_json: bool, **options: Any) -> None:
    """Say how many keys there are and whether they open what is stored; never a key.

    Changes nothing, and the server may run meanwhile.
    """
    settings = load_settings(**options)
    from applemusic_server import key_commands  # noqa: PLC0415 - slow to import

    found = run(key_commands.look(settings, os.environ))
    if as_json:
        click.echo(json.dumps(found.describe(), indent=2))
    else:
        for line in found.lines():
            click.echo(line)
    if found.unreadable:
        sys.exit(FAILED)


@command.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def new(file: Path) -> None:
    """Write a new key to FILE, which must not be there yet; only its owner can read it."""
    from applemusic_server.key_commands import make_key  # noqa: PLC0415 - slow to import

    problem = make_key(file)
    if problem:
        fail(problem)
    click.echo(f"A new key is in {file}. Keep a copy apart from the copies of the database.")


@command.command("rotate")
@click.option("--keep-old-keys", is_flag=True, help="Leave the old keys in the file, at its end.")
@click.option(
    "--no-new-key",
    is_flag=True,
    help="Take the first key that is in the file already, and leave the file alone.",
)
@settings_options
def rotate(*, keep_old_keys: bool, no_new_key: bool, **options: Any) -> None:
    """Encrypt what is stored with a new key, and forget the old ones.

    The server may run meanwhile. Interrupted, it is simply begun again.
    """
    import asyncio  # noqa: PLC0415 - for --help

    from applemusic_server import key_commands  # noqa: PLC0415 - slow to import

    settings = load_settings(**options)
    done, problem = asyncio.run(
        key_commands.rotate(settings, os.environ, make_new=not no_new_key, keep_old=keep_old_keys)
    )
    for line in done:
        click.echo(line)
    if problem:
        say(problem)
        sys.exit(FAILED)
