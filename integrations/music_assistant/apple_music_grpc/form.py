"""The settings that a person is asked for, the same in both generations of the host."""

from collections.abc import Mapping
from typing import Any

from music_assistant_models.config_entries import ConfigEntry, ConfigValueOption
from music_assistant_models.enums import ConfigEntryType

from .constants import (
    CONF_ACCESS_TOKEN,
    CONF_ADDRESS,
    CONF_ALLOW_PLAINTEXT_TOKEN,
    CONF_CA_FILE,
    CONF_CERT_FILE,
    CONF_DEVELOPER_TOKEN,
    CONF_KEY_FILE,
    CONF_SERVER_NAME,
    CONF_TLS,
    DOCUMENTATION,
    HOST_TOKEN,
    OWN_KEY,
    OWN_SERVER,
)
from .host_token import end_of, offered
from .settings import valid_address
from .texts import Texts

_TEXT, _SECRET, _SWITCH = (
    ConfigEntryType.STRING,
    ConfigEntryType.SECURE_STRING,
    ConfigEntryType.BOOLEAN,
)


def server_entries(values: Mapping[str, Any], texts: Texts) -> list[ConfigEntry]:
    """Return what is asked about the server.

    Args:
        values: What was entered or stored before.
        texts: In the language of the host.
    """

    def field(key: str, kind: ConfigEntryType, **more: Any) -> ConfigEntry:
        return texts.entry(key, kind, value=values.get(key), **more)

    return [
        field(
            CONF_ADDRESS,
            _TEXT,
            required=False,
            help_link=DOCUMENTATION,
            **_validated(),
        ),
        *_developer_token(values, texts),
        *(field(key, _TEXT, required=False) for key in OWN_SERVER),
        field(CONF_ACCESS_TOKEN, _SECRET, required=False),
        field(CONF_TLS, _SWITCH, required=False, default_value=False),
        field(CONF_CA_FILE, _TEXT, required=False, advanced=True),
        field(CONF_CERT_FILE, _TEXT, required=False, advanced=True),
        field(CONF_KEY_FILE, _TEXT, required=False, advanced=True),
        field(CONF_SERVER_NAME, _TEXT, required=False, advanced=True),
        field(
            CONF_ALLOW_PLAINTEXT_TOKEN,
            _SWITCH,
            required=False,
            default_value=False,
            advanced=True,
        ),
    ]


def _developer_token(values: Mapping[str, Any], texts: Texts) -> list[ConfigEntry]:
    """Return the choice between a key of one's own and the host's token, where it brings one."""
    end = end_of(offered())
    if end is None:
        return []
    path = f"config_entries.{CONF_DEVELOPER_TOKEN}"
    return [
        texts.entry(
            CONF_DEVELOPER_TOKEN,
            _TEXT,
            required=False,
            default_value=OWN_KEY,
            value=values.get(CONF_DEVELOPER_TOKEN),
            description=texts.get(f"{path}.description", "", f"{end:%Y-%m-%d}"),
            options=[
                ConfigValueOption(
                    title=texts.get(f"{path}.options.{each}", "", f"{end:%Y-%m-%d}"), value=each
                )
                for each in (OWN_KEY, HOST_TOKEN)
            ],
        )
    ]


def _validated() -> dict[str, Any]:
    """Return the check of the address where the host's models can hold one."""
    known = "validate" in ConfigEntry.__dataclass_fields__
    return {"validate": valid_address} if known else {}
