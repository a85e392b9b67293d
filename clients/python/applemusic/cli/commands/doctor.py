"""`applemusic doctor`."""

from typing import Final

import click

from applemusic.cli.command import Command
from applemusic.cli.common import Run
from applemusic.cli.exits import Exit
from applemusic.cli.session import run_of
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.output import Output
from applemusic.models.server import CheckStatus, DiagnosticCheck

_MARKS: Final = {
    CheckStatus.OK: "ok",
    CheckStatus.WARNING: "warning",
    CheckStatus.FAILED: "FAILED",
    CheckStatus.SKIPPED: "skipped",
}


@click.command(
    "doctor",
    cls=Command,
    examples=(
        "applemusic doctor",
        "applemusic doctor --server-checks",
        "applemusic doctor --json | jq -r '.checks[] | select(.status == \"failed\").remedy'",
    ),
)
@click.option(
    "--server-checks",
    is_flag=True,
    help="Have the server look into itself, too: tokens, Apple, disk. Takes up to 30 s.",
)
@click.pass_context
async def command(context: click.Context, *, server_checks: bool) -> Exit:
    """Look into everything between this machine and music.

    Address, files, connection, TLS, access token, versions, what works, accounts, players. The exit
    code is that of the first check that failed, as if a command had met it.
    """
    return await _examine(run_of(context), server_checks=server_checks)


async def _examine(run: Run, *, server_checks: bool) -> Exit:
    from applemusic.cli.examining import Examination  # noqa: PLC0415 - for this command only

    out = Output(run.terminal, json=run.json)
    examination = Examination(run, out, server_checks=server_checks)
    checks = await examination.run()
    out.done()
    if run.json:
        out.document({"server": run.server, "checks": checks})
    else:
        for check in checks:
            _write(out, check)
    return examination.exit


def _write(out: Output, check: DiagnosticCheck) -> None:
    style = "bold" if check.status in {CheckStatus.FAILED, CheckStatus.WARNING} else ""
    mark = out.styled(f"{_MARKS.get(check.status, '?'):<8}", style)
    who = f" {check.account_pseudonym}" if check.account_pseudonym else ""
    name = f"{check.name.replace('_', ' ')}{who}"
    out.line(f"{mark} {name:<20} {clean(check.message)}".rstrip())
    if check.remedy and check.status is not CheckStatus.OK:
        out.facts([("", check.remedy)], 28)
