"""The settings of the server: one frozen tree, the same from file, environment and flags.

`config_sources.load` fills it. Secrets are never in it, only the names of the files that hold them.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
POSTGRESQL_SCHEMES: Final = ("postgresql://", "postgres://")

# These addresses stand in headers, where other characters would mean something else.
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/._~%@\[\]-]+")

Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """What all sections have in common: unknown keys are errors, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GrpcSettings(Section):
    """Where and how the contract is served."""

    host: str = Field(
        default="127.0.0.1",
        description="Address to listen on. Beyond loopback callers need an access token or a "
        "certificate.",
    )
    port: Port = Field(default=50051, description="TCP port; 0 takes a free one.")
    socket: Path | None = Field(
        default=None,
        description="Unix socket to listen on as well; only the server's user may connect.",
    )
    reflection: bool = Field(
        default=True, description="Let tools like grpcurl ask for the contract."
    )
    require_access_token: bool = Field(
        default=False,
        description="Ask callers on loopback and on the socket for an access token, too.",
    )
    insecure: bool = Field(
        default=False,
        description="Listen beyond loopback and ask nobody for an access token. Everybody who "
        "reaches the port can play and change the accounts.",
    )
    max_concurrent_streams: int = Field(
        default=32, ge=1, le=1000, description="Most calls at the same time on one connection."
    )
    max_connections: int = Field(
        default=64, ge=1, le=10000, description="Most connections at the same time on one listener."
    )
    max_concurrent_calls: int = Field(
        default=512, ge=1, le=10000, description="Most calls at the same time, in all."
    )
    max_receive_bytes: int = Field(
        default=262144, ge=4096, le=4194304, description="Greatest request, in bytes."
    )
    max_send_bytes: int = Field(
        default=4194304,
        ge=262144,
        le=67108864,
        description="Greatest message of a response, in bytes.",
    )
    max_call_seconds: float = Field(
        default=120, gt=0, le=3600, description="Longest time for a call that is not a stream."
    )
    grace_seconds: float = Field(
        default=20,
        ge=0,
        le=600,
        description="Time for streams to finish when the server goes down.",
    )


class ClientGrant(Section):
    """What the holder of a certificate may do."""

    scopes: tuple[Literal["read", "control", "stream", "admin"], ...] = Field(
        min_length=1, description="What they may do."
    )
    accounts: tuple[str, ...] | None = Field(
        default=None, min_length=1, description="For which accounts; all when it is not given."
    )


class TlsSettings(Section):
    """TLS on the TCP port of gRPC. All files are PEM, and are read again when they change."""

    certificate_file: Path | None = Field(
        default=None, description="The server's certificate, and those between it and its root."
    )
    private_key_file: Path | None = Field(default=None, description="The key of that certificate.")
    client_ca_file: Path | None = Field(
        default=None,
        description="Authorities of callers' certificates. With it every caller needs one (mTLS).",
    )
    clients: Mapping[str, ClientGrant] = Field(
        default_factory=dict,
        description="What callers may do who are known by their certificate: by a subject "
        "alternative name, or the common name where there is none. Others need an access token.",
    )

    @model_validator(mode="after")
    def _check_files(self) -> "TlsSettings":
        if bool(self.certificate_file) != bool(self.private_key_file):
            msg = "certificate_file and private_key_file go together"
            raise ValueError(msg)
        if self.client_ca_file and not self.certificate_file:
            msg = "client_ca_file needs certificate_file and private_key_file besides"
            raise ValueError(msg)
        if self.clients and not self.client_ca_file:
            msg = "clients are known by certificates, so client_ca_file is needed"
            raise ValueError(msg)
        return self


class WebSettings(Section):
    """Where the sign-in, health and metrics pages are served."""

    host: str = Field(default="127.0.0.1", description="Address to listen on.")
    port: Port = Field(default=8780, description="TCP port; 0 takes a free one.")
    public_url: str = Field(
        default="",
        description="Address of the pages as browsers see them, with the path that a proxy puts "
        "before them, e.g. `https://music.example.org/apple`.",
    )
    allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Host names that requests may name, besides loopback and `host`."
    )
    open_metrics: bool = Field(
        default=False, description="Let anybody who reaches the port read /metrics."
    )
    allowed_origins: tuple[str, ...] = Field(
        default=(),
        description="Further addresses that browsers see, without a path, e.g. those of Home "
        "Assistant when the pages are shown in it.",
    )
    frame_ancestors: tuple[str, ...] = Field(
        default=(),
        description="Addresses whose pages may show the sign-in page in a frame; `self` for the "
        "pages' own. Nobody's by default.",
    )

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        if value:
            _check_web_url(value)
        return value.rstrip("/")

    @field_validator("allowed_origins")
    @classmethod
    def _check_origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(_origin(each) for each in value)

    @field_validator("frame_ancestors")
    @classmethod
    def _check_ancestors(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(each if each == "self" else _origin(each) for each in value)


class SignInSettings(Section):
    """How listeners sign in."""

    seconds: float = Field(
        default=600, ge=30, le=3600, description="How long a person has to finish a sign-in."
    )
    app_name: str = Field(
        default="Apple Music gRPC server",
        min_length=1,
        max_length=60,
        description="Name under which Apple's window asks for access.",
    )


class AppleSettings(Section):
    """Where Apple is found."""

    storefront: str = Field(
        default="us",
        pattern="^[a-z]{2}$",
        description="Storefront of catalog reads without an account, e.g. `us`.",
    )
    base_urls: Mapping[str, str] = Field(
        default_factory=dict,
        description="Base URL per host of Apple, for a simulator or a proxy; others are "
        "`https://<host>`.",
    )
    root_url: str = Field(
        default="",
        description="One server that stands for all of Apple's hosts, each under a path of its "
        "name, as `applemusic-simulator` does.",
    )

    def base_url(self, host: str) -> str:
        """Return the base URL for one of Apple's hosts, without a slash at the end."""
        if host in self.base_urls:
            return self.base_urls[host].rstrip("/")
        if self.root_url:
            return f"{self.root_url.rstrip('/')}/{host}"
        return f"https://{host}"

    @field_validator("root_url")
    @classmethod
    def _check_root_url(cls, value: str) -> str:
        if value:
            _check_base_url(value)
        return value

    @field_validator("base_urls")
    @classmethod
    def _check_base_urls(cls, value: Mapping[str, str]) -> Mapping[str, str]:
        for url in value.values():
            _check_base_url(url)
        return value


class DeveloperTokenSettings(Section):
    """Where the developer token comes from: a file that holds it, or the key to make it from."""

    token_file: Path | None = Field(default=None, description="File that holds a ready token.")
    private_key_file: Path | None = Field(
        default=None, description="MusicKit private key (.p8) to make tokens from."
    )
    key_id: str = Field(default="", description="Id of that key at Apple, 10 characters.")
    team_id: str = Field(
        default="", description="Id of the developer team at Apple, 10 characters."
    )

    @model_validator(mode="after")
    def _check_one_way(self) -> "DeveloperTokenSettings":
        if self.token_file and self.private_key_file:
            msg = "give token_file or private_key_file, not both"
            raise ValueError(msg)
        if self.private_key_file and not (self.key_id and self.team_id):
            msg = "private_key_file needs key_id and team_id besides"
            raise ValueError(msg)
        return self


class WidevineSettings(Section):
    """The operator's own playback device."""

    device_file: Path | None = Field(
        default=None,
        description="Widevine device (.wvd) of the operator. Without one songs do not play.",
    )


class StorageSettings(Section):
    """What outlives the process."""

    data_dir: Path | None = Field(
        default=None,
        description="Folder for the database and the encryption key. Default: $STATE_DIRECTORY, "
        "else $XDG_DATA_HOME/applemusic-server, else ~/.local/share/applemusic-server.",
    )
    url: str = Field(
        default="",
        description="PostgreSQL database, `postgresql://user@host:5432/name?sslmode=verify-full`, "
        "without a password. Empty, and no `url_file`, for SQLite in data_dir.",
    )
    url_file: Path | None = Field(
        default=None, description="File with such a URL, which may hold a password, instead of it."
    )
    password_file: Path | None = Field(
        default=None, description="File with the password of the PostgreSQL user."
    )
    max_connections: int = Field(
        default=10, ge=2, le=200, description="Most connections to PostgreSQL at the same time."
    )
    encryption_key_file: Path | None = Field(
        default=None,
        description="Keys that tokens are encrypted with, one per line, the newest first. "
        "Default: encryption.key in data_dir, made at the first start. With PostgreSQL it has to "
        "be given: all servers need the same.",
    )

    @property
    def shared(self) -> bool:
        """Whether other servers may use the same database."""
        return self.url_file is not None or self.url.startswith(POSTGRESQL_SCHEMES)

    @field_validator("url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if not value or value.startswith("sqlite+aiosqlite:"):
            return value
        if not value.startswith(POSTGRESQL_SCHEMES):
            msg = "a database is postgresql://user@host:5432/name, or empty for SQLite"
            raise ValueError(msg)
        # Looked for by hand: what cannot be parsed may hold one as well.
        if ":" in value.split("://", 1)[1].rpartition("@")[0] or "password=" in value.lower():
            msg = "no password belongs here: name a file in password_file, or the URL's in url_file"
            raise ValueError(msg)
        return value

    @model_validator(mode="after")
    def _check_database(self) -> "StorageSettings":
        if self.url and self.url_file:
            msg = "give url or url_file, not both"
            raise ValueError(msg)
        if self.password_file and not self.shared:
            msg = "password_file is for PostgreSQL: give url too"
            raise ValueError(msg)
        if self.shared and self.encryption_key_file is None:
            msg = (
                "PostgreSQL needs encryption_key_file, the same for all servers; make it with "
                "`applemusic-server key new FILE`"
            )
            raise ValueError(msg)
        return self


class CacheSettings(Section):
    """What is remembered of the catalog, in memory."""

    max_entries: int = Field(
        default=50_000,
        ge=0,
        le=10_000_000,
        description="Most answers; the least recently used go first. 0 remembers nothing.",
    )
    max_mebibytes: int = Field(
        default=64, ge=1, le=16_384, description="Most memory for them, estimated."
    )
    seconds: float = Field(
        default=600,
        ge=0,
        le=86_400,
        description="How long an answer is good. Favorites and library state are never remembered.",
    )


class PlaybackSettings(Section):
    """How songs are streamed."""

    burst_seconds: float = Field(
        default=10, ge=0, le=60, description="Seconds of audio sent at once at the start."
    )
    fill_rate: float = Field(
        default=2, ge=1, le=20, description="Then so many seconds of audio per second, until"
    )
    lead_seconds: float = Field(
        default=30,
        ge=1,
        le=120,
        description="the stream is so far ahead of real time. It is what a skipped song costs.",
    )
    # With the head of a fragment (8 KB) or the headers of ADTS (0.6 KB) that it may bring, it still
    # leaves as one chunk: the contract allows 64 KiB.
    chunk_bytes: int = Field(default=57344, ge=4096, le=65536, description="Usual size of a chunk.")
    max_account_streams: int = Field(
        default=4, ge=1, le=100, description="Most streams at the same time per account."
    )
    max_streams: int = Field(
        default=200, ge=1, le=10000, description="Most streams at the same time, in all."
    )
    start_timeout_seconds: float = Field(
        default=15, gt=0, le=120, description="Longest time until the first byte."
    )


class LogSettings(Section):
    """How the server tells what it does."""

    format: Literal["auto", "json", "console"] = Field(
        default="auto", description="auto is console on a terminal and JSON elsewhere."
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="Least severity."
    )


class Settings(Section):
    """Everything that can be set."""

    grpc: GrpcSettings = Field(default_factory=GrpcSettings)
    tls: TlsSettings = Field(default_factory=TlsSettings)
    web: WebSettings = Field(default_factory=WebSettings)
    sign_in: SignInSettings = Field(default_factory=SignInSettings)
    apple: AppleSettings = Field(default_factory=AppleSettings)
    developer_token: DeveloperTokenSettings = Field(default_factory=DeveloperTokenSettings)
    widevine: WidevineSettings = Field(default_factory=WidevineSettings)
    storage: StorageSettings = Field(default_factory=StorageSettings)
    cache: CacheSettings = Field(default_factory=CacheSettings)
    playback: PlaybackSettings = Field(default_factory=PlaybackSettings)
    log: LogSettings = Field(default_factory=LogSettings)

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
        return {key: path for key, path in named.items() if path is not None}


def json_schema() -> dict[str, Any]:
    """Return the JSON schema of the configuration file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Settings.model_json_schema(),
        "title": "applemusic-server configuration",
    }


def is_loopback(host: str) -> bool:
    """Say whether nobody but this machine can reach an address to listen on."""
    if host in LOOPBACK_HOSTS:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_web_url(value: str) -> None:
    """Raise unless a value is an address that a browser can be sent to."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"{value!r} is not an http or https URL"
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "an address of the pages has no user, query or fragment"
        raise ValueError(msg)
    if not _PLAIN.fullmatch(value):
        msg = f"{value!r}: an address of the pages has no blanks, quotes, commas or semicolons"
        raise ValueError(msg)


def _origin(value: str) -> str:
    _check_web_url(value)
    parts = urlsplit(value)
    if parts.path not in {"", "/"}:
        msg = f"{value!r}: an origin has no path"
        raise ValueError(msg)
    return value.rstrip("/").lower()


def _check_base_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = f"{value!r} is not an http or https URL"
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "a base URL has no user, query or fragment"
        raise ValueError(msg)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        msg = f"{value!r}: tokens are sent there, so http is for loopback only; use https"
        raise ValueError(msg)
