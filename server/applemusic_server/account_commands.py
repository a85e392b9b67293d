"""What the commands `accounts` and `tokens` do."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from applemusic_server.application.server_checks import EXPIRES_SOON
from applemusic_server.config import Settings
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.from_settings import developer_tokens_of
from applemusic_server.look_at_storage import read_accounts
from applemusic_server.settings.developer_token import DeveloperTokenOrigin
from applemusic_server.text_table import text_table
from applemusic_server.upstream.developer_token import DeveloperTokens

_STATES: Final = {
    Reason.DEVELOPER_TOKEN_MISSING: "missing",
    Reason.DEVELOPER_TOKEN_EXPIRED: "expired",
}


async def list_accounts(
    settings: Settings, environment: Mapping[str, str], *, as_json: bool
) -> str:
    """Return which accounts there are, for a person or a program."""
    accounts = await read_accounts(settings.storage, environment)
    now = datetime.now(UTC)
    if as_json:
        return json.dumps([_account(each, now) for each in accounts], indent=2)
    if not accounts:
        return "Nobody is signed in (docs/signing-in.md)."
    return text_table(
        ("#", "ACCOUNT", "NAME", "STATE", "STOREFRONT", "SUBSCRIPTION"),
        [
            (
                str(place),
                each.id,
                each.display_name or "-",
                each.state(now).name.lower(),
                each.storefront,
                each.subscription_state.name.lower(),
            )
            for place, each in enumerate(accounts, start=1)
        ],
    )


async def sign_out(
    settings: Settings, environment: Mapping[str, str], account: str, *, revoke: bool
) -> bool:
    """Forget an account, and its token at Apple if `revoke`; whether there was one.

    Raises:
        AppleMusicError: As `SigningOut.sign_out`.
    """
    from applemusic_server.account_desk import account_desk  # noqa: PLC0415 - lists need none

    async with account_desk(settings, environment) as desk:
        known = any(each.id == account for each in await desk.store.list())
        await desk.tokens.signing_out.sign_out(account, revoke_at_apple=revoke)
        return known


async def show_tokens(settings: Settings, environment: Mapping[str, str], *, as_json: bool) -> str:
    """Return the states and ends of all tokens, and nothing of the tokens themselves."""
    now = datetime.now(UTC)
    developer = _developer_tokens(settings, now)
    try:
        accounts = await read_accounts(settings.storage, environment)
    except AppleMusicError as error:
        # The developer's tokens are there without a database.
        accounts, problem = (), error.message
    else:
        problem = ""
    if as_json:
        users = [_account(each, now) for each in accounts]
        found = {"developer_tokens": developer, "music_user_tokens": users, "problem": problem}
        return json.dumps(found, indent=2)
    parts = [
        text_table(
            ("DEVELOPER TOKEN", "FROM", "TEAM", "STATE", "ENDS"),
            [
                (
                    *(str(each[name] or "-") for name in ("account", "source", "team", "state")),
                    _day(each["expire_time"], now),
                )
                for each in developer
            ],
        )
    ]
    if accounts:
        parts.append(
            text_table(
                ("MUSIC USER TOKEN", "TEAM", "STATE", "ENDS, ASSUMED", "SINCE", "LAST VERIFIED"),
                [
                    (
                        each.id,
                        each.team_id or "-",
                        each.state(now).name.lower(),
                        _day(each.token_assumed_expire_time, now),
                        _day(each.token_time),
                        _day(each.last_verified_time),
                    )
                    for each in accounts
                ],
            )
        )
    else:
        parts.append(f"Music user tokens: none. {problem}".rstrip())
    return "\n\n".join(parts)


async def submit_token(
    settings: Settings,
    environment: Mapping[str, str],
    account: str,
    token: Secret,
    display_name: str,
) -> str:
    """Ask Apple about a music user token and store it; return what was done.

    Raises:
        AppleMusicError: As `Accounts.submit`; nothing is stored then.
    """
    from applemusic_server.account_desk import account_desk  # noqa: PLC0415 - lists need none

    async with account_desk(settings, environment, make=True) as desk:
        stored = await desk.tokens.accounts.submit(account, token, display_name)
    return f"Account {stored.id} is signed in, storefront {stored.storefront}."


async def renew_token(settings: Settings, environment: Mapping[str, str], account: str) -> str:
    """Replace a music user token by a new one; return what was done.

    Raises:
        AppleMusicError: As `Renewals.renew`; the old token stays then.
    """
    from applemusic_server.account_desk import account_desk  # noqa: PLC0415 - lists need none

    async with account_desk(settings, environment) as desk:
        renewed = await desk.tokens.renewals.renew(await desk.tokens.accounts.renewable(account))
    return (
        f"The token of account {renewed.id} is a new one; it is assumed to end on "
        f"{renewed.token_assumed_expire_time:%Y-%m-%d}."
    )


def _developer_tokens(settings: Settings, now: datetime) -> Sequence[dict[str, str | None]]:
    tokens = developer_tokens_of(settings.developer_token, lambda: now)
    origins: dict[str, DeveloperTokenOrigin] = {
        "": settings.developer_token,
        **settings.developer_token.accounts,
    }
    return [_developer_token(tokens, account, origin, now) for account, origin in origins.items()]


def _developer_token(
    tokens: DeveloperTokens, account: str, origin: DeveloperTokenOrigin, now: datetime
) -> dict[str, str | None]:
    source = "key" if origin.private_key_file else "file" if origin.token_file else None
    found: dict[str, str | None] = {
        "account": account or "server",
        "source": source,
        "team": None,
        "expire_time": None,
    }
    try:
        token = tokens.makers()[account].current()
    except AppleMusicError as error:
        return {**found, "state": _STATES.get(error.reason, "unusable"), "problem": error.message}
    is_near = source == "file" and token.expire_time - now <= EXPIRES_SOON
    return {
        **found,
        "team": token.team_id,
        "expire_time": token.expire_time.isoformat(),
        "state": "expiring" if is_near else "good",
        "problem": None,
    }


def _account(account: Account, now: datetime) -> dict[str, str | None]:
    return {
        "account": account.id,
        "display_name": account.display_name,
        "state": account.state(now).name.lower(),
        "storefront": account.storefront,
        "subscription": account.subscription_state.name.lower(),
        "team": account.team_id or None,
        "token_first_seen_time": account.token_first_seen_time.isoformat(),
        "token_renewed_time": _time(account.token_renewed_time),
        "token_assumed_expire_time": account.token_assumed_expire_time.isoformat(),
        "last_verified_time": _time(account.last_verified_time),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _day(moment: datetime | str | None, now: datetime | None = None) -> str:
    """Return a day, with the days that are left of it where `now` is given."""
    if moment is None:
        return "-"
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    left = "" if now is None else f" ({(when - now).days} days)"
    return f"{when:%Y-%m-%d}{left}"
