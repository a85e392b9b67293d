"""The setup flow: where the server is, which account, and signing in."""

from typing import Any, Final

from music_assistant.models.setup_flow import (
    AbortFlow,
    SetupFlowError,
    SetupSession,
    StepExpiredError,
)
from music_assistant_models.config_entries import ConfigValueOption
from music_assistant_models.enums import ConfigEntryType
from music_assistant_models.errors import LoginFailed, MusicAssistantError, SetupFailedError

from applemusic import Client
from applemusic.models.account import Account, AccountState

from . import signing_in
from .constants import CONF_ACCESS_TOKEN, CONF_ACCOUNT, CONF_ADDRESS, CONF_PASTED_TOKEN
from .form import server_entries
from .settings import Settings
from .texts import STEP, Texts

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
    texts = Texts.of(session.mass)
    again = session.context.reason == "auth" and bool(values)
    while True:
        if not again or errors:
            values = await _ask_server(session, texts, values, errors)
        try:
            # Connected to the end: a server of our own goes on for the provider that is loaded.
            async with signing_in.connected(session.mass, Settings.of(values)) as client:
                account = await _Person(session, texts, client).account(values, again=again)
                await session.finish({**values, CONF_ACCOUNT: account})
        except SetupFlowError as error:
            errors = {"base": texts.get(f"errors.{error.translation_key}", str(error))}
        except LoginFailed as error:
            errors = {"base": _sentence(texts, error, "token_refused")}
        except SetupFailedError as error:
            errors = {"base": _sentence(texts, error, str(error))}
        except MusicAssistantError as error:
            errors = {CONF_ADDRESS: _sentence(texts, error, "cannot_connect")}
        else:
            return


async def _ask_server(
    session: SetupSession, texts: Texts, values: dict[str, Any], errors: dict[str, str]
) -> dict[str, Any]:
    """Ask where the server is; an access token that is left empty stays as it was."""
    fields = [texts.step("server"), *server_entries(values, texts)]
    found = _entered(await session.form(fields, step_id="server", errors=errors))
    kept = values.get(CONF_ACCESS_TOKEN)
    if kept and not found.get(CONF_ACCESS_TOKEN):
        found = {**found, CONF_ACCESS_TOKEN: kept}
    return {**values, **found}


class _Person:
    """Somebody who says whose music it is, and signs in."""

    def __init__(self, session: SetupSession, texts: Texts, client: Client) -> None:
        self._session = session
        self._texts = texts
        self._client = client

    async def account(self, values: dict[str, Any], *, again: bool) -> str:
        """Return the account to play as, signed in."""
        chosen = str(values.get(CONF_ACCOUNT) or "")
        if again:
            return await self._sign_in(chosen)
        found = await signing_in.accounts(self._client)
        choice = await self._choose(found, chosen)
        if choice == TOKEN:
            return await self._hand_over()
        if choice == SIGN_IN:
            return await self._sign_in(_new_id(found) if found else "")
        account = next(each for each in found if each.id == choice)
        if account.state in {AccountState.REJECTED, AccountState.UNREADABLE}:
            return await self._sign_in(account.id)
        return account.id

    async def _choose(self, found: list[Account], chosen: str) -> str:
        path = f"config_entries.{CHOICE}.options"
        options = [
            *(
                ConfigValueOption(value=each.id, title=each.display_name or each.id)
                for each in found
            ),
            *(
                ConfigValueOption(value=name, title=self._texts.get(f"{path}.{name}"))
                for name in (SIGN_IN, TOKEN)
            ),
        ]
        known = {each.id for each in found}
        field = self._texts.entry(
            CHOICE,
            ConfigEntryType.STRING,
            options=options,
            default_value=chosen if chosen in known else next(iter(known), SIGN_IN),
        )
        given = await self._session.form([self._texts.step("account"), field], step_id="account")
        return str(given[CHOICE])

    async def _sign_in(self, account: str) -> str:
        """Send the person to the server's page, and wait for the result."""
        sign_in = await signing_in.begin(self._client, account)
        try:
            done = await self._session.external_until(
                signing_in.finished(self._client, sign_in),
                sign_in.url,
                step_id="auth",
                expires_in=signing_in.seconds_left(sign_in),
            )
        except StepExpiredError:
            raise AbortFlow(self._texts.get("setup_flow.abort.sign_in_expired")) from None
        except LoginFailed:
            raise AbortFlow(self._texts.get("setup_flow.abort.sign_in_declined")) from None
        return done.id

    async def _hand_over(self) -> str:
        """Ask for a music user token until the server takes one. It is stored nowhere here."""
        errors: dict[str, str] = {}
        while True:
            fields = [
                self._texts.step("token"),
                self._texts.entry(CONF_PASTED_TOKEN, ConfigEntryType.SECURE_STRING, required=True),
                self._texts.entry(CONF_ACCOUNT, ConfigEntryType.STRING, required=False),
            ]
            found = await self._session.form(fields, step_id="token", errors=errors)
            try:
                account = await signing_in.hand_over(
                    self._client,
                    str(found[CONF_PASTED_TOKEN]),
                    str(found.get(CONF_ACCOUNT) or ""),
                )
            except MusicAssistantError as error:
                sentence = _sentence(self._texts, error, "music_user_token_rejected")
                errors = {CONF_PASTED_TOKEN: sentence}
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


def _entered(values: dict[str, Any]) -> dict[str, Any]:
    """Return what was entered, without the texts among the fields."""
    return {key: value for key, value in values.items() if not key.startswith(STEP)}


def _sentence(texts: Texts, error: MusicAssistantError, otherwise: str) -> str:
    """Return what to tell a person of an error.

    Args:
        texts: In the language of the host.
        error: What went wrong.
        otherwise: Name of the error, or the sentence itself, when no reason is known.
    """
    slug = str(getattr(error, "reason", "")).lower()
    return texts.get(f"errors.{slug}") or texts.error(otherwise)
