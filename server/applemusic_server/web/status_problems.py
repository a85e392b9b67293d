"""What is wrong, the worst first, and the headline that is true of all of it."""

from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from typing import Final

from applemusic_server.application.server_checks import EXPIRES_SOON
from applemusic_server.application.server_info import ServerInfo, ServerState
from applemusic_server.application.status import AccountStatus, Status
from applemusic_server.domain.account import AccountState
from applemusic_server.domain.errors import Reason
from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.web.status_advice import advice_on

_DEVELOPER_TOKEN: Final = frozenset(
    {
        Reason.DEVELOPER_TOKEN_MISSING,
        Reason.DEVELOPER_TOKEN_REJECTED,
        Reason.DEVELOPER_TOKEN_EXPIRED,
    }
)


class Severity(IntEnum):
    """Whom a problem keeps from listening; the worst is the least.

    NOT_LISTENING keeps from other things: who is signed in hears music all the same.
    """

    EVERYBODY = 1
    SOMEBODY = 2
    NOT_LISTENING = 3
    NOBODY_YET = 4


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong.

    Attributes:
        problem: What it is, as a sentence; it begins with the account, where it is about one.
        remedy: How to mend it; text in backquotes is typed as it stands.
    """

    severity: Severity
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Headline:
    """How things are, in a few words.

    Attributes:
        kind: `good`, `warn`, `bad` or `quiet`; a class of the style sheet.
    """

    kind: str
    words: str


_MAKE_ROOM: Final = (
    "Make room on the disk of the data folder (`storage.data_dir`), or on that of PostgreSQL; no "
    "restart is needed."
)
_HEADLINES: Final = {
    Severity.EVERYBODY: Headline("bad", "Something needs you"),
    Severity.SOMEBODY: Headline("bad", "Plays, but not for everybody"),
    Severity.NOT_LISTENING: Headline("bad", "Plays, but cannot store anything"),
    Severity.NOBODY_YET: Headline("warn", "Plays, but something will need you"),
}


def headline(status: Status, problems: tuple[Problem, ...]) -> Headline:
    """Return what is true of the server with these problems."""
    if status.server.state is ServerState.DRAINING:
        return Headline("quiet", "Going down")
    if status.server.state is ServerState.ACTION_REQUIRED:
        return _HEADLINES[Severity.EVERYBODY]
    if problems:
        return _HEADLINES[min(each.severity for each in problems)]
    return Headline("good", "Ready to play")


def problems_of(status: Status) -> tuple[Problem, ...]:
    """Return what is wrong with the server and its accounts, the worst first."""
    server = status.server
    found = [_advised(reason, Severity.EVERYBODY) for reason in server.action_required]
    if _ends_soon(server, status):
        found.append(_ending(server, status))
    found += _of_storage(status.storage)
    for each in status.accounts:
        found += _of_account(each, status)
    infos = {"": server, **{each.account.id: each.info for each in status.accounts}}
    found += [_broken_file(account_id, infos, status) for account_id in status.file_faults]
    return tuple(sorted(found, key=lambda each: each.severity))


def advised(reason: Reason) -> Problem:
    """Return the problem that a reason names."""
    return _advised(reason, Severity.EVERYBODY)


def in_days(days: int) -> str:
    """Return "today", "in 1 day", "in 2 days" and so on."""
    return {0: "today", 1: "in 1 day"}.get(days, f"in {days} days")


def _of_storage(storage: StorageHealth) -> list[Problem]:
    left = f" {storage.free} are free." if storage.free else ""
    on_with = (
        f"{left} Music plays on, but nobody can sign in or out, tokens are not renewed, and access "
        "tokens cannot be changed."
    )
    if storage.is_full:
        words = f"The disk is full, so nothing can be stored.{on_with}"
        return [Problem(Severity.NOT_LISTENING, words, _MAKE_ROOM)]
    if not storage.is_writable:
        words = f"The database takes no writes.{on_with}"
        remedy = advice_on(Reason.STORAGE_UNAVAILABLE).remedy
        return [Problem(Severity.NOT_LISTENING, words, remedy)]
    if storage.is_low:
        return [Problem(Severity.NOBODY_YET, f"The disk is nearly full.{left}", _MAKE_ROOM)]
    return []


def _of_account(each: AccountStatus, status: Status) -> list[Problem]:
    server, account_id = status.server, each.account.id
    found = [
        _advised(reason, Severity.SOMEBODY, account_id)
        for reason in each.info.action_required
        if reason not in server.action_required
    ]
    if each.state is AccountState.EXPIRING:
        found.append(
            Problem(
                Severity.NOBODY_YET,
                f"{account_id}: the music user token is assumed to end {in_days(each.days_left)}.",
                "Sign in again before that, so that the music does not stop.",
            )
        )
    own = each.info.developer_token_expire_time
    if own != server.developer_token_expire_time and _ends_soon(each.info, status):
        found.append(_ending(each.info, status, account_id))
    return found


def _broken_file(account_id: str, infos: dict[str, ServerInfo], status: Status) -> Problem:
    info = infos.get(account_id)
    section = f"developer_token.accounts.{account_id}" if account_id else "developer_token"
    shown = status.file_faults[account_id].shown
    words = f"the file of the developer token cannot be used: {shown}."
    severity = Severity.NOBODY_YET
    if info is not None and _DEVELOPER_TOKEN.intersection(info.action_required):
        severity = Severity.SOMEBODY if account_id else Severity.EVERYBODY
    elif info is not None:
        words += " The token that was read before serves on, to its end."
    return Problem(
        severity,
        _about(account_id, words),
        f"Put a good file in its place (`{section}.token_file` or `{section}.private_key_file`): "
        "it is read again within seconds, without a restart. `applemusic-server config check` "
        "tells more.",
    )


def _ends_soon(info: ServerInfo, status: Status) -> bool:
    end = info.developer_token_expire_time
    return end is not None and timedelta(0) < end - status.now <= EXPIRES_SOON


def _ending(info: ServerInfo, status: Status, account_id: str = "") -> Problem:
    end = info.developer_token_expire_time
    days = (end - status.now).days if end else 0
    return Problem(
        Severity.NOBODY_YET,
        _about(account_id, f"the developer token ends {in_days(days)}."),
        "Put a new one into the file of `token_file`, or let the server make its own from "
        "`private_key_file`.",
    )


def _advised(reason: Reason, severity: Severity, account_id: str = "") -> Problem:
    advice = advice_on(reason)
    problem = f"{account_id}: {advice.problem}" if account_id else advice.problem
    return Problem(severity, problem, advice.remedy)


def _about(account_id: str, words: str) -> str:
    return f"{account_id}: {words}" if account_id else words[0].upper() + words[1:]
