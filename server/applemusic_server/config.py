"""The settings of the server: one frozen tree, the same from file, environment and flags.

`config_sources.load` fills it. Secrets are never in it, only the names of the files that hold them.
"""

import ipaddress
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import field

from applemusic_server.config_section import Section
from applemusic_server.config_urls import LOOPBACK_HOSTS
from applemusic_server.settings.access import AccessSettings
from applemusic_server.settings.apple import AppleSettings
from applemusic_server.settings.cache import CacheSettings
from applemusic_server.settings.developer_token import DeveloperTokenSettings
from applemusic_server.settings.grpc import GrpcSettings
from applemusic_server.settings.log import LogSettings
from applemusic_server.settings.playback import PlaybackSettings
from applemusic_server.settings.sign_in import SignInSettings
from applemusic_server.settings.storage import StorageSettings
from applemusic_server.settings.tls import TlsSettings
from applemusic_server.settings.tracing import TracingSettings
from applemusic_server.settings.web import WebSettings
from applemusic_server.settings.widevine import WidevineSettings


class Settings(Section, frozen=True):
    """Everything that can be set."""

    grpc: GrpcSettings = field(default_factory=GrpcSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    access: AccessSettings = field(default_factory=AccessSettings)
    web: WebSettings = field(default_factory=WebSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    apple: AppleSettings = field(default_factory=AppleSettings)
    developer_token: DeveloperTokenSettings = field(default_factory=DeveloperTokenSettings)
    widevine: WidevineSettings = field(default_factory=WidevineSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)
    log: LogSettings = field(default_factory=LogSettings)
    tracing: TracingSettings = field(default_factory=TracingSettings)

    def secret_files(self) -> Mapping[str, Path]:
        """Return the files that only the server's user may read, by setting."""
        named = {
            "developer_token.token_file": self.developer_token.token_file,
            "developer_token.private_key_file": self.developer_token.private_key_file,
            "tls.private_key_file": self.tls.private_key_file,
            "widevine.device_file": self.widevine.device_file,
            "storage.encryption_key_file": self.storage.encryption_key_file,
            "storage.url_file": self.storage.url_file,
            "storage.password_file": self.storage.password_file,
        }
        for account, origin in self.developer_token.accounts.items():
            section = f"developer_token.accounts.{account}"
            named[f"{section}.token_file"] = origin.token_file
            named[f"{section}.private_key_file"] = origin.private_key_file
        for name, given in self.access.tokens.items():
            named[f"access.tokens.{name}.token_file"] = given.token_file
        return {key: path for key, path in named.items() if path is not None}


def is_loopback(host: str) -> bool:
    """Say whether nobody but this machine can reach an address to listen on."""
    if host in LOOPBACK_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def as_json(settings: Settings) -> str:
    """Return the settings as JSON that a person can read."""
    return msgspec.json.format(msgspec.json.encode(settings, enc_hook=str), indent=2).decode()


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration file."""
    # Paths are the only values that JSON has no type for.
    _, parts = msgspec.json.schema_components(
        [Settings],
        ref_template="#/$defs/{name}",
        schema_hook=lambda _: {"type": "string", "format": "path"},
    )
    top = parts.pop("Settings")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **top,
        "$defs": parts,
        "title": "applemusic-server configuration",
    }
    # What is a tuple here is a list there.
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return plain
