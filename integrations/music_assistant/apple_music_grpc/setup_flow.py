"""The setup flow: where the server is, which account, and signing in."""

from typing import Any, Final

from music_assistant.models.setup_flow import (
    AbortFlow,
    SetupFlowError,
    SetupSession,
    StepExpiredError,
)
from music_assistant_models.config_entries import ConfigEntry, ConfigValueOption
from music_assistant_models.enums import ConfigEntryType
from music_assistant_models.errors import LoginFailed, MusicAssistantError, SetupFailedError

from applemusic import Client
from applemusic.models.account import Account, AccountState

from . import signing_in
from .constants import CONF_ACCESS_TOKEN, CONF_ACCOUNT, CONF_ADDRESS, CONF_PASTED_TOKEN
from .form import server_entries
from .settings import Settings
from .texts import entry, strings

CHOICE: Final = "choice"
SIGN_IN: Final = "+sign_in"
TOKEN: Final = "+token"  # noqa: S105 - the name of a choice


async def run_setup(session: SetupSession) -> None:
    """Ask a person for all that is needed, and finish when the provider loads with it.

    Args:
        session: The host's handle on the person.
    """
    values = dict(session.context.setup_data)
    errors: dict[str, str] = {}
    again = session.context.reason == "auth" and bool(values)
    while True:
        if not again or errors:
            values = await _ask_server(session, values, errors)
        try:
            # Connected to the end: a server of our own goes on for the provider that is loaded.
            async with signing_in.connected(session.mass, Settings.of(values)) as client:
                account = await _account(session, client, values, again=again)
                await session.finish({**values, CONF_ACCOUNT: account})
        except SetupFlowError as error:
            errors = {"base": error.translation_key or str(error)}
        except LoginFailed as error:
            errors = {"base": _slug(error, "token_refused")}
        except SetupFailedError as error:
            errors = {"base": _slug(error, str(error))}
        except MusicAssistantError as error:
            errors = {CONF_ADDRESS: _slug(error, "cannot_connect")}
        else:
            return


async def _ask_server(
    session: SetupSession, values: dict[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """Ask where the server is; an access token that is left empty stays as it was."""
    found = await session.form(server_entries(values), step_id="server", errors=errors)
    kept = values.get(CONF_ACCESS_TOKEN)
    if kept and not found.get(CONF_ACCESS_TOKEN):
        found = {**found, CONF_ACCESS_TOKEN: kept}
    return {**values, **found}


async def _account(
    session: SetupSession, client: Client, values: dict[str, Any], *, again: bool
) -> str:
    """Return the account to play as, signed in."""
    chosen = str(values.get(CONF_ACCOUNT) or "")
    if again:
        return await _sign_in(session, client, chosen)
    found = await signing_in.accounts(client)
    choice = await _choose(session, found, chosen)
    if choice == TOKEN:
        return await _hand_over(session, client)
    if choice == SIGN_IN:
        return await _sign_in(session, client, _new_id(found) if found else "")
    account = next(each for each in found if each.id == choice)
    if account.state in {AccountState.REJECTED, AccountState.UNREADABLE}:
        return await _sign_in(session, client, account.id)
    return account.id


async def _choose(session: SetupSession, found: list[Account], chosen: str) -> str:
    titles = strings()["config_entries"][CHOICE]["options"]
    options = [
        *(ConfigValueOption(value=each.id, title=each.display_name or each.id) for each in found),
        *(ConfigValueOption(value=name, title=titles[name]) for name in (SIGN_IN, TOKEN)),
    ]
    known = {each.id for each in found}
    field: ConfigEntry = entry(
        CHOICE,
        ConfigEntryType.STRING,
        options=options,
        default_value=chosen if chosen in known else next(iter(known), SIGN_IN),
    )
    return str((await session.form([field], step_id="account"))[CHOICE])


async def _sign_in(session: SetupSession, client: Client, account: str) -> str:
    """Send the person to the server's page, and wait for the result."""
    sign_in = await signing_in.begin(client, account)
    try:
        done = await session.external_until(
            signing_in.finished(client, sign_in),
            sign_in.url,
            step_id="auth",
            expires_in=signing_in.seconds_left(sign_in),
        )
    except StepExpiredError:
        raise AbortFlow("sign_in_expired") from None
    except LoginFailed:
        raise AbortFlow("sign_in_declined") from None
    return done.id


async def _hand_over(session: SetupSession, client: Client) -> str:
    """Ask for a music user token until the server takes one. It is stored nowhere here."""
    errors: dict[str, str] = {}
    while True:
        fields = [
            entry(CONF_PASTED_TOKEN, ConfigEntryType.SECURE_STRING, required=True),
            entry(CONF_ACCOUNT, ConfigEntryType.STRING, required=False),
        ]
        found = await session.form(fields, step_id="token", errors=errors)
        try:
            account = await signing_in.hand_over(
                client, str(found[CONF_PASTED_TOKEN]), str(found.get(CONF_ACCOUNT) or "")
            )
        except MusicAssistantError as error:
            errors = {CONF_PASTED_TOKEN: _slug(error, "music_user_token_rejected")}
        else:
            return account.id


def _new_id(found: list[Account]) -> str:
    """Return an id for another account: the server would choose the only one that it has."""
    known = {each.id for each in found}
    return next(
        name
        for name in ("default", *(f"account-{number}" for number in range(2, len(found) + 3)))
        if name not in known
    )


def _slug(error: MusicAssistantError, otherwise: str) -> str:
    """Return the name of an error's sentence in `strings.json`."""
    slug = str(getattr(error, "reason", "")).lower()
    return slug if slug in strings()["errors"] else otherwise
