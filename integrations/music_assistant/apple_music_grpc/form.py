"""The settings that a person is asked for, the same in both generations of the host."""

from collections.abc import Mapping
from typing import Any

from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.enums import ConfigEntryType

from .constants import (
    CONF_ACCESS_TOKEN,
    CONF_ADDRESS,
    CONF_ALLOW_PLAINTEXT_TOKEN,
    CONF_CA_FILE,
    CONF_CERT_FILE,
    CONF_KEY_FILE,
    CONF_SERVER_NAME,
    CONF_TLS,
    DOCUMENTATION,
    OWN_SERVER,
)
from .settings import valid_address
from .texts import entry

_TEXT, _SECRET, _SWITCH = (
    ConfigEntryType.STRING,
    ConfigEntryType.SECURE_STRING,
    ConfigEntryType.BOOLEAN,
)


def server_entries(values: Mapping[str, Any]) -> list[ConfigEntry]:
    """Return what is asked about the server.

    Args:
        values: What was entered or stored before.
    """

    def field(key: str, kind: ConfigEntryType, **more: Any) -> ConfigEntry:
        return entry(key, kind, value=values.get(key), **more)

    return [
        field(
            CONF_ADDRESS,
            _TEXT,
            required=False,
            help_link=DOCUMENTATION,
            **_validated(),
        ),
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


def _validated() -> dict[str, Any]:
    """Return the check of the address where the host's models can hold one."""
    known = "validate" in ConfigEntry.__dataclass_fields__
    return {"validate": valid_address} if known else {}
