"""The face for hosts with settings and actions: Music Assistant up to 2.9."""

from typing import Any, Final

from music_assistant_models.config_entries import ConfigEntry, ConfigValueOption
from music_assistant_models.constants import SECURE_STRING_SUBSTITUTE
from music_assistant_models.enums import ConfigEntryType, EventType

from applemusic import Client
from applemusic.models.account import Account

from . import signing_in
from .constants import CONF_ACCESS_TOKEN, CONF_ACCOUNT, CONF_PASTED_TOKEN
from .form import server_entries
from .provider import AppleMusicProvider
from .settings import Settings
from .texts import Texts

ACTION_SIGN_IN: Final = "sign_in"
ACTION_HAND_OVER: Final = "submit_token"
ACTION_LOOK: Final = "find_accounts"

Provider = AppleMusicProvider


async def get_config_entries(
    mass: Any,
    instance_id: str | None = None,
    action: str | None = None,
    values: dict[str, Any] | None = None,
) -> tuple[ConfigEntry, ...]:
    """Return the settings, after doing what a button asked for.

    Args:
        mass: The host.
        instance_id: The instance whose settings they are; None for a new one.
        action: The button that was pressed.
        values: What is entered so far.

    Raises:
        MusicAssistantError: What the button asked for failed; the host shows the message.
    """
    values = values if values is not None else {}
    _reveal(mass, instance_id, values)
    texts = Texts.of(mass)
    settings = Settings.of(values)
    found: list[Account] = []
    note = ""
    if action is not None:
        async with signing_in.connected(mass, settings) as client:
            account = await _act(mass, client, action, values)
            if account is not None:
                values[CONF_ACCOUNT] = account.id
                note = texts.get(
                    "config_entries.signed_in.label", "", account.display_name or account.id
                )
            found = await signing_in.accounts(client)
    else:
        # The host asks for the settings whenever it reads one of them, with secrets as they are
        # stored: nobody is connected to for that.
        found = _known(mass, instance_id)
    return (
        *_warnings(mass, instance_id),
        *server_entries(values, texts),
        _account(values, found, texts),
        texts.entry(ACTION_LOOK, ConfigEntryType.ACTION, action=ACTION_LOOK, required=False),
        *_sign_in(note, texts),
    )


def _reveal(mass: Any, instance_id: str | None, values: dict[str, Any]) -> None:
    """Put the stored access token where the form holds only the sign that there is one."""
    if values.get(CONF_ACCESS_TOKEN) == SECURE_STRING_SUBSTITUTE:
        provider = mass.get_provider(instance_id) if instance_id else None
        values[CONF_ACCESS_TOKEN] = None
        if isinstance(provider, AppleMusicProvider):
            values[CONF_ACCESS_TOKEN] = provider.value(CONF_ACCESS_TOKEN)


async def _act(mass: Any, client: Client, action: str, values: dict[str, Any]) -> Account | None:
    wanted = str(values.get(CONF_ACCOUNT) or "")
    if action == ACTION_SIGN_IN:
        sign_in = await signing_in.begin(client, wanted)
        mass.signal_event(EventType.AUTH_SESSION, str(values["session_id"]), sign_in.url)
        return await signing_in.finished(client, sign_in)
    if action == ACTION_HAND_OVER:
        token = str(values.pop(CONF_PASTED_TOKEN, None) or "")
        return await signing_in.hand_over(client, token, wanted)
    return None


def _known(mass: Any, instance_id: str | None) -> list[Account]:
    """Return the accounts that a running instance knows of; none for another."""
    provider = mass.get_provider(instance_id) if instance_id else None
    return provider.accounts if isinstance(provider, AppleMusicProvider) else []


def _warnings(mass: Any, instance_id: str | None) -> list[ConfigEntry]:
    provider = mass.get_provider(instance_id) if instance_id else None
    return provider.warnings() if isinstance(provider, AppleMusicProvider) else []


def _account(values: dict[str, Any], found: list[Account], texts: Texts) -> ConfigEntry:
    chosen = values.get(CONF_ACCOUNT)
    options = [
        ConfigValueOption(title=each.display_name or each.id, value=each.id) for each in found
    ]
    if options and chosen and chosen not in {each.id for each in found}:
        options.append(ConfigValueOption(title=str(chosen), value=chosen))
    return texts.entry(
        CONF_ACCOUNT,
        ConfigEntryType.STRING,
        required=False,
        default_value=found[0].id if len(found) == 1 else None,
        options=options,
        value=chosen,
    )


def _sign_in(note: str, texts: Texts) -> list[ConfigEntry]:
    entry = texts.entry
    shown = (
        [entry("signed_in", ConfigEntryType.LABEL, label=note, description=note)] if note else []
    )
    return [
        *shown,
        entry(ACTION_SIGN_IN, ConfigEntryType.ACTION, action=ACTION_SIGN_IN, required=False),
        # Never stored: it goes to the server with the button, and is blank in what comes back.
        entry(CONF_PASTED_TOKEN, ConfigEntryType.SECURE_STRING, required=False, advanced=True),
        entry(
            ACTION_HAND_OVER,
            ConfigEntryType.ACTION,
            action=ACTION_HAND_OVER,
            required=False,
            advanced=True,
        ),
    ]
