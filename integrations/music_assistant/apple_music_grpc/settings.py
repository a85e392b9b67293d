"""What a person set up: where the server is, and whose music it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from music_assistant_models.errors import SetupFailedError

from applemusic.config import ClientConfig, TLSConfig
from applemusic.models.options import ReadOptions

from .constants import (
    CONF_ACCESS_TOKEN,
    CONF_ACCOUNT,
    CONF_ADDRESS,
    CONF_ALLOW_PLAINTEXT_TOKEN,
    CONF_CA_FILE,
    CONF_CERT_FILE,
    CONF_DEVELOPER_TOKEN,
    CONF_KEY_FILE,
    CONF_SERVER_NAME,
    CONF_TLS,
    HOST_TOKEN,
    OWN_SERVER,
)

_ARTWORK_SIZE = 1000
_LOWEST_PORT, _HIGHEST_PORT = 1, 65_535


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the server is and how to talk to it."""

    address: str = ""
    """`host:port`, or `unix:///path` of a socket; empty when the provider runs its own server."""
    access_token: str = field(default="", repr=False)
    """Token for the server, when it wants one."""
    tls: bool = False
    """Talk over TLS."""
    ca_file: str = ""
    """Certificates to trust, PEM; empty for grpc's own bundle."""
    cert_file: str = ""
    """Own certificate, where the server asks for one."""
    key_file: str = ""
    """Key of `cert_file`."""
    server_name: str = ""
    """Name to expect in the server's certificate, when it is not the host of the address."""
    allow_plaintext_token: bool = False
    """Send the access token to another machine without TLS."""
    account: str = ""
    """Account of the server to play as; empty for its only one."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Settings of a server of the provider's own, by the server's names; only without address."""
    host_token: bool = False
    """A server of the provider's own uses the developer token that the host brings."""

    @classmethod
    def read(cls, value: Callable[[str], Any]) -> "Settings":
        """Return the settings that a person made.

        Args:
            value: Returns the value of a setting by its key; None when it has none.
        """

        def text(key: str) -> str:
            found = value(key)
            return str(found).strip() if found else ""

        return cls(
            address=normal_address(text(CONF_ADDRESS)),
            access_token=text(CONF_ACCESS_TOKEN),
            tls=bool(value(CONF_TLS)),
            ca_file=text(CONF_CA_FILE),
            cert_file=text(CONF_CERT_FILE),
            key_file=text(CONF_KEY_FILE),
            server_name=text(CONF_SERVER_NAME),
            allow_plaintext_token=bool(value(CONF_ALLOW_PLAINTEXT_TOKEN)),
            account=text(CONF_ACCOUNT),
            host_token=text(CONF_DEVELOPER_TOKEN) == HOST_TOKEN,
            own={name: found for key, name in OWN_SERVER.items() if (found := text(key))},
        )

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Settings":
        """Return the settings of a form."""
        return cls.read(values.get)

    def client_config(self, *, language: str = "") -> ClientConfig:
        """Return how the client connects.

        Args:
            language: BCP-47 tag of names and notes; empty for the storefront's own.

        Raises:
            SetupFailedError: The settings contradict each other.
        """
        try:
            return ClientConfig(
                account=self.account,
                access_token=self.access_token,
                tls=self._tls(),
                allow_plaintext_token=self.allow_plaintext_token,
                options=ReadOptions(language=language, artwork_size=_ARTWORK_SIZE),
            )
        except ValueError as error:
            raise SetupFailedError(str(error)) from error

    def _tls(self) -> TLSConfig | None:
        if not (self.tls or self.ca_file or self.cert_file):
            return None
        return TLSConfig(
            ca_file=self.ca_file or None,
            cert_file=self.cert_file or None,
            key_file=self.key_file or None,
            server_name=self.server_name,
        )


def normal_address(text: str) -> str:
    """Return an address as the client wants it: a path of a socket becomes `unix://…`."""
    return f"unix://{text}" if text.startswith("/") else text


def valid_address(value: Any) -> bool:
    """Say whether a text is `host:port`, names a Unix socket, or is empty."""
    text = normal_address(str(value or "").strip())
    if not text:
        return True
    if text.startswith("unix:"):
        return len(text) > len("unix:")
    host, colon, port = text.rpartition(":")
    if "/" in text or not (host and colon and port.isascii() and port.isdigit()):
        return False
    return _LOWEST_PORT <= int(port) <= _HIGHEST_PORT
