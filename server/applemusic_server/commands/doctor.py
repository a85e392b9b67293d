"""`applemusic-server doctor`: says what works, what does not, and what to do."""

import json
import os
import sys
from typing import Any

import click

from applemusic_server.commands.options import (
    BAD_CONFIGURATION,
    load_settings,
    read_settings,
    run,
    say,
    settings_options,
)


@click.command("doctor")
@click.option("--offline", is_flag=True, help="Do not ask Apple.")
@click.option("--strict", is_flag=True, help="Exit with 3 when there are warnings and no failures.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option(
    "--report",
    is_flag=True,
    help="Ask Apple what is true of it, and print a report that can be shown to others.",
)
@click.option("--account", default="", help="With --report: whose account. [the only one]")
@click.option(
    "--song",
    "songs",
    multiple=True,
    help="With --report: catalog id of a song to ask about; several times. [popular ones]",
)
@click.option(
    "--allow-writes",
    is_flag=True,
    help="With --report: make an empty playlist, rename and delete it.",
)
@click.option(
    "--allow-renewal",
    is_flag=True,
    help="With --report: have Apple renew the music user token, and store the new one.",
)
@settings_options
def command(
    *,
    offline: bool,
    strict: bool,
    as_json: bool,
    report: bool,
    account: str,
    songs: tuple[str, ...],
    allow_writes: bool,
    allow_renewal: bool,
    **options: Any,
) -> None:
    """Look into everything that has to work for music to play, and say what to do.

    Works whether or not the server runs, changes nothing, and shows nothing that others must not
    see: neither tokens nor names, and accounts by their number in `accounts list`.

    Exit code: 0 nothing failed, 1 something did, 2 the configuration cannot be used, 3 see
    --strict.

    With --report it asks Apple, on an account of yours, what this server takes for granted and
    nobody documents (docs/doctor.md). That reads only, unless you allow changes.
    """
    wish = (account, songs, allow_writes, allow_renewal)
    if not report and any(wish):
        raise click.UsageError("--account, --song and --allow-... go with --report.")
    if report and (offline or strict):
        raise click.UsageError("--report asks Apple and judges nothing: no --offline, no --strict.")
    if report:
        _report(wish, options, as_json=as_json)
        return
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


def _report(
    wish: tuple[str, tuple[str, ...], bool, bool], options: dict[str, Any], *, as_json: bool
) -> None:
    settings = load_settings(**options)
    from applemusic_server.survey.conducting import Wish, conduct  # noqa: PLC0415 - slow to import

    work = conduct(settings, os.environ, Wish(*wish), say=say, as_json=as_json)
    click.echo(run(work))
