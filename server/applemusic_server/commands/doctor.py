"""`applemusic-server doctor`: says what works, what does not, and what to do."""

import json
import os
import sys
from typing import Any

import click

from applemusic_server.commands.options import (
    BAD_CONFIGURATION,
    read_settings,
    run,
    settings_options,
)


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Do not ask Apple.")
@click.option("--strict", is_flag=True, help="Exit with 3 when there are warnings and no failures.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@settings_options
def command(*, offline: bool, strict: bool, as_json: bool, **options: Any) -> None:
    """Look into everything that has to work for music to play, and say what to do.

    Works whether or not the server runs, changes nothing, and shows nothing that others must not
    see: neither tokens nor names, and accounts by their number in `accounts list`.

    Exit code: 0 nothing failed, 1 something did, 2 the configuration cannot be used, 3 see
    --strict.
    """
    settings, problems = read_settings(**options)
    from applemusic_server.doctor import output  # noqa: PLC0415 - slow to import

    if settings is None:
        checked = output.of_configuration(problems)
    else:
        from applemusic_server.doctor.examination import Examination  # noqa: PLC0415 - slow too

        checked = run(Examination(settings, os.environ, offline=offline).examine())
    if as_json:
        click.echo(json.dumps(output.described(checked), indent=2))
    else:
        click.echo(output.written(checked, colors=output.wants_colors(sys.stdout, os.environ)))
    sys.exit(BAD_CONFIGURATION if settings is None else output.exit_code(checked, strict=strict))
