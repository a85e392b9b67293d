"""How what was found is told: lines for people, an object for programs, an exit code."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final, TextIO

import click

from applemusic_server.application.diagnostic_check import Checked, CheckStatus, Finding, skipped

_COLORS: Final = {
    CheckStatus.OK: "green",
    CheckStatus.WARNING: "yellow",
    CheckStatus.FAILED: "red",
    CheckStatus.SKIPPED: "bright_black",
}
_FAILED, _WARNED = 1, 3


def of_configuration(problems: Sequence[str]) -> tuple[Checked, ...]:
    """Return what can be said when the settings cannot be used."""
    remedy = "mend the settings (docs/configuration.md)"
    return (
        *(
            Checked("configuration", Finding(CheckStatus.FAILED, each, remedy), 0.0, "")
            for each in problems
        ),
        Checked("everything_else", skipped("it needs settings"), 0.0, ""),
    )


def exit_code(checked: Sequence[Checked], *, strict: bool) -> int:
    """Return 0 when nothing failed, 1 when something did, 3 for warnings if `strict`."""
    statuses = {each.finding.status for each in checked}
    if CheckStatus.FAILED in statuses:
        return _FAILED
    return _WARNED if strict and CheckStatus.WARNING in statuses else 0


def written(checked: Sequence[Checked], *, colors: bool) -> str:
    """Return a line per check, and a second one for what there is to do."""
    width = max((len(_name(each)) for each in checked), default=0)
    lines = []
    for each in checked:
        finding = each.finding
        word = finding.status.name.lower().ljust(7)
        shown = click.style(word, fg=_COLORS[finding.status]) if colors else word
        lines.append(f"{shown}  {_name(each).ljust(width)}  {finding.message}")
        if finding.remedy:
            lines.append(f"{' ' * (11 + width)}-> {finding.remedy}")
    return "\n".join((*lines, "", _summary(checked)))


def described(checked: Sequence[Checked]) -> dict[str, Any]:
    """Return what programs are told."""
    return {
        "server_version": version("applemusic-grpc-server"),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "failed": _count(checked, CheckStatus.FAILED),
        "warnings": _count(checked, CheckStatus.WARNING),
        "checks": [
            {
                "name": each.name,
                "account": each.pseudonym or None,
                "status": each.finding.status.name.lower(),
                "message": each.finding.message,
                "remedy": each.finding.remedy or None,
                "reason": None if each.finding.reason is None else str(each.finding.reason),
                "seconds": round(each.seconds, 3),
            }
            for each in checked
        ],
    }


def wants_colors(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether colors help; https://no-color.org says when they do not."""
    return stream.isatty() and not environment.get("NO_COLOR")


def _name(checked: Checked) -> str:
    return f"{checked.name} ({checked.pseudonym})" if checked.pseudonym else checked.name


def _summary(checked: Sequence[Checked]) -> str:
    failed, warned = _count(checked, CheckStatus.FAILED), _count(checked, CheckStatus.WARNING)
    if not failed and not warned:
        return "Nothing is wrong."
    return f"Failed: {failed}. Warnings: {warned}. What to do is said behind the arrows."


def _count(checked: Sequence[Checked], status: CheckStatus) -> int:
    return sum(each.finding.status is status for each in checked)
