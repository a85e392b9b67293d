"""The status page as HTML; everything that is not ours is escaped."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from applemusic_server.application.server_info import Capabilities, ServerInfo
from applemusic_server.application.status import AccountStatus, Status
from applemusic_server.domain.account import AccountState
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.web.status_chart import chart, summary
from applemusic_server.web.status_problems import (
    Problem,
    Severity,
    advised,
    headline,
    in_days,
    problems_of,
)

_ACCOUNT_STATES: Final = {
    AccountState.ACTIVE: ("good", "Signed in"),
    AccountState.EXPIRING: ("warn", "Ends soon"),
    AccountState.REJECTED: ("bad", "Sign in again"),
    AccountState.UNREADABLE: ("bad", "Cannot be read"),
}
_CODE: Final = re.compile(r"`([^`]*)`")


def status_body(status: Status, *, refresh_seconds: int = 0) -> str:
    """Return the page's body.

    Args:
        status: What is shown.
        refresh_seconds: How often the page loads itself again; 0 is never.
    """
    server = status.server
    problems = problems_of(status)
    head = headline(status, problems)
    return "\n".join(
        (
            '<main class="wide">',
            "<h1>Apple Music server</h1>",
            f'<p class="state {head.kind}">{head.words}</p>',
            _problems(problems),
            _accounts(status.accounts),
            _server(server, status.now),
            _times(status),
            _age(status.now, refresh_seconds),
            "</main>",
        )
    )


def unavailable_body(error: AppleMusicError) -> str:
    """Return the body when nothing can be said."""
    return (
        f'<main><h1>Apple Music server</h1><p class="state bad">Not now</p>'
        f"{_problem(advised(error.reason))}</main>"
    )


def _problems(problems: Sequence[Problem]) -> str:
    if not problems:
        return '<p class="aside">Nothing is wrong.</p>'
    return f"<h2>What is wrong</h2>\n{''.join(map(_problem, problems))}"


def _problem(each: Problem) -> str:
    kind = "problem later" if each.severity is Severity.NOBODY_YET else "problem"
    return (
        f'<div class="{kind}"><strong>{_text(each.problem)}</strong><br>{_text(each.remedy)}</div>'
    )


def _accounts(accounts: Iterable[AccountStatus]) -> str:
    rows = "".join(_account(each) for each in accounts)
    if not rows:
        return '<h2>Accounts</h2><p class="aside">None yet.</p>'
    return f'<h2>Accounts</h2><div class="cards">{rows}</div>'


def _account(each: AccountStatus) -> str:
    account = each.account
    kind, words = _ACCOUNT_STATES[each.state]
    if Reason.MUSIC_USER_TOKEN_TEAM_MISMATCH in each.info.action_required:
        kind, words = "bad", f"Signed in for team {account.team_id}, not {each.info.team_id}"
    elif kind != "bad" and each.info.action_required:
        kind, words = "bad", "Does not play"
    name = (
        f" <span class='aside'>{_text(account.display_name)}</span>" if account.display_name else ""
    )
    ended = each.state is AccountState.REJECTED or each.days_left < 0
    facts = [
        ("Token", "has ended" if ended else f"ends {in_days(each.days_left)}, probably"),
        ("Storefront", account.storefront),
        ("Streams", f"{each.stream_count} of {each.info.facts.max_account_streams}"),
        ("Does not work", ", ".join(_missing(each.info.capabilities)) or "nothing: all works"),
    ]
    return (
        f'<section class="card"><h3>{_text(account.id)}{name}</h3>'
        f'<p class="state {kind}">{words}</p>{_facts(facts)}</section>'
    )


def _server(server: ServerInfo, now: datetime) -> str:
    expire = server.developer_token_expire_time
    if expire is not None:
        word = "ended" if expire <= now else f"ends {in_days((expire - now).days)}"
        token = f"{word} ({expire:%Y-%m-%d})"
    else:
        token = "no end is known" if server.team_id else "none"
    facts = [
        ("Developer token", token),
        ("Developer team", server.team_id or "unknown"),
        ("Streams", f"{server.active_stream_count} of {server.facts.max_streams}"),
        ("Storefront", server.facts.default_storefront),
        ("Running since", f"{server.facts.start_time:%Y-%m-%d %H:%M} UTC"),
        ("Version", server.facts.version),
    ]
    return f'<h2>Server</h2><section class="card">{_facts(facts)}</section>'


def _times(status: Status) -> str:
    parts = []
    for title, times in (
        ("From asking for a song to its first byte", status.first_bytes),
        ("From one song to the next", status.transitions),
    ):
        picture = chart(title, times) if times else ""
        parts.append(
            f"<h3>{title}</h3>{picture}<p class='aside'>{summary(times).capitalize()}.</p>"
        )
    return f'<h2>How fast</h2><section class="card">{"".join(parts)}</section>'


def _age(now: datetime, refresh_seconds: int) -> str:
    """When it was so, and how to see it anew; addresses are relative to any path of a proxy."""
    again = (
        f'It is loaded again every {refresh_seconds} s. <a href="?">Stop that</a>'
        if refresh_seconds
        else '<a href="?">Load it again</a>, or <a href="?refresh">again and again</a>'
    )
    return f'<p class="aside">As of {now:%Y-%m-%d %H:%M:%S} UTC. {again}.</p>'


def _facts(facts: Iterable[tuple[str, str]]) -> str:
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in facts)
    return f"<dl>{rows}</dl>"


def _missing(capabilities: Capabilities) -> list[str]:
    return [name.replace("_", " ") for name, works in asdict(capabilities).items() if not works]


def _text(value: str) -> str:
    """Escape, and set what stands in backquotes as code."""
    return _CODE.sub(r"<code>\1</code>", html.escape(value))
