"""The settings of the server: one frozen tree, the same from file, environment and flags.

`config_sources.load` fills it. Secrets are never in it, only the names of the files that hold them.
"""

import ipaddress
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, field

from applemusic_server.config_section import Checked, Port, Section
from applemusic_server.config_urls import (
    LOOPBACK_HOSTS,
    checked_base_url,
    checked_base_urls,
    checked_frame_ancestors,
    checked_host_names,
    checked_origins,
    checked_web_url,
)

POSTGRESQL_SCHEMES: Final = ("postgresql://", "postgres://")

_ACCOUNT_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


class GrpcSettings(Section, frozen=True):
    """Where and how the contract is served."""

    host: Annotated[
        str,
        Meta(
            description="Address to listen on. Beyond loopback callers need an access token or a "
            "certificate."
        ),
    ] = "127.0.0.1"
    port: Annotated[Port, Meta(description="TCP port; 0 takes a free one.")] = 50051
    socket: Annotated[
        Path | None,
        Meta(description="Unix socket to listen on as well; only the server's user may connect."),
    ] = None
    reflection: Annotated[
        bool, Meta(description="Let tools like grpcurl ask for the contract.")
    ] = True
    require_access_token: Annotated[
        bool,
        Meta(description="Ask callers on loopback and on the socket for an access token, too."),
    ] = False
    insecure: Annotated[
        bool,
        Meta(
            description="Listen beyond loopback and ask nobody for an access token. Everybody who "
            "reaches the port can play and change the accounts."
        ),
    ] = False
    max_concurrent_streams: Annotated[
        int, Meta(ge=1, le=1000, description="Most calls at the same time on one connection.")
    ] = 32
    max_connections: Annotated[
        int, Meta(ge=1, le=10000, description="Most connections at the same time on one listener.")
    ] = 64
    max_concurrent_calls: Annotated[
        int, Meta(ge=1, le=10000, description="Most calls at the same time, in all.")
    ] = 512
    max_receive_bytes: Annotated[
        int, Meta(ge=4096, le=4194304, description="Greatest request, in bytes.")
    ] = 262144
    max_send_bytes: Annotated[
        int, Meta(ge=262144, le=67108864, description="Greatest message of a response, in bytes.")
    ] = 4194304
    max_call_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Longest time for a call that is not a stream.")
    ] = 120
    grace_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="Time for streams to finish when the server goes down."),
    ] = 20


class ClientGrant(Section, frozen=True):
    """What the holder of a certificate may do."""

    scopes: Annotated[
        tuple[Literal["read", "control", "stream", "admin"], ...],
        Meta(min_length=1, description="What they may do."),
    ]
    accounts: Annotated[
        Annotated[tuple[str, ...], Meta(min_length=1)] | None,
        Meta(description="For which accounts; all when it is not given."),
    ] = None


class TlsSettings(Section, frozen=True):
    """TLS on the TCP port of gRPC. All files are PEM, and are read again when they change."""

    certificate_file: Annotated[
        Path | None,
        Meta(description="The server's certificate, and those between it and its root."),
    ] = None
    private_key_file: Annotated[Path | None, Meta(description="The key of that certificate.")] = (
        None
    )
    client_ca_file: Annotated[
        Path | None,
        Meta(
            description="Authorities of callers' certificates. With it every caller needs one "
            "(mTLS)."
        ),
    ] = None
    clients: Annotated[
        Mapping[str, ClientGrant],
        Meta(
            description="What callers may do who are known by their certificate: by a subject "
            "alternative name, or the common name where there is none. Others need an access token."
        ),
    ] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that no part of it stands alone."""
        if bool(self.certificate_file) != bool(self.private_key_file):
            msg = "certificate_file and private_key_file go together"
            raise ValueError(msg)
        if self.client_ca_file and not self.certificate_file:
            msg = "client_ca_file needs certificate_file and private_key_file besides"
            raise ValueError(msg)
        if self.clients and not self.client_ca_file:
            msg = "clients are known by certificates, so client_ca_file is needed"
            raise ValueError(msg)


class WebSettings(Section, frozen=True):
    """Where the sign-in, health and metrics pages are served."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="TCP port; 0 takes a free one.")] = 8780
    public_url: Annotated[
        str,
        Meta(
            description="Address of the pages as browsers see them, with the path that a proxy "
            "puts before them, e.g. `https://music.example.org/apple`."
        ),
        Checked(checked_web_url),
    ] = ""
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Host names that requests may name, besides loopback and `host`."),
    ] = ()
    open_metrics: Annotated[
        bool, Meta(description="Let anybody who reaches the port read /metrics.")
    ] = False
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Further addresses that browsers see, without a path, e.g. those of Home "
            "Assistant when the pages are shown in it."
        ),
        Checked(checked_origins),
    ] = ()
    frame_ancestors: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses whose pages may show the sign-in page in a frame; `self` for "
            "the pages' own. Nobody's by default."
        ),
        Checked(checked_frame_ancestors),
    ] = ()


class SignInSettings(Section, frozen=True):
    """How listeners sign in."""

    seconds: Annotated[
        float, Meta(ge=30, le=3600, description="How long a person has to finish a sign-in.")
    ] = 600
    app_name: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=60,
            description="Name under which Apple's window asks for access.",
        ),
    ] = "Apple Music gRPC server"


class AppleSettings(Section, frozen=True):
    """Where Apple is found."""

    storefront: Annotated[
        str,
        Meta(
            min_length=2,
            max_length=2,
            pattern="^[a-z]{2}$",
            description="Storefront of catalog reads without an account, e.g. `us`.",
        ),
    ] = "us"
    base_urls: Annotated[
        Mapping[str, str],
        Meta(
            description="Base URL per host of Apple, for a simulator or a proxy; others are "
            "`https://<host>`."
        ),
        Checked(checked_base_urls),
    ] = field(default_factory=dict)
    root_url: Annotated[
        str,
        Meta(
            description="One server that stands for all of Apple's hosts, each under a path of its "
            "name, as `applemusic-simulator` does."
        ),
        Checked(checked_base_url),
    ] = ""

    def base_url(self, host: str) -> str:
        """Return the base URL for one of Apple's hosts, without a slash at the end."""
        if host in self.base_urls:
            return self.base_urls[host].rstrip("/")
        if self.root_url:
            return f"{self.root_url.rstrip('/')}/{host}"
        return f"https://{host}"


class DeveloperTokenOrigin(Section, frozen=True):
    """Where a developer token comes from: a file that holds it, or the key to make it from."""

    token_file: Annotated[Path | None, Meta(description="File that holds a ready token.")] = None
    private_key_file: Annotated[
        Path | None, Meta(description="MusicKit private key (.p8) to make tokens from.")
    ] = None
    key_id: Annotated[str, Meta(description="Id of that key at Apple, 10 characters.")] = ""
    team_id: Annotated[
        str, Meta(description="Id of the developer team at Apple, 10 characters.")
    ] = ""

    def __post_init__(self) -> None:
        """Check that there is one way to a token, and all of it."""
        if self.token_file and self.private_key_file:
            msg = "give token_file or private_key_file, not both"
            raise ValueError(msg)
        if self.private_key_file and not (self.key_id and self.team_id):
            msg = "private_key_file needs key_id and team_id besides"
            raise ValueError(msg)


def _origins(value: Mapping[str, DeveloperTokenOrigin]) -> Mapping[str, DeveloperTokenOrigin]:
    for account, origin in value.items():
        if not _ACCOUNT_ID.fullmatch(account):
            msg = f"{account!r} is not an account id: a-z, 0-9, _ and -"
            raise ValueError(msg)
        if origin.token_file is None and origin.private_key_file is None:
            msg = f"{account}: token_file or private_key_file is needed"
            raise ValueError(msg)
    return value


class DeveloperTokenSettings(DeveloperTokenOrigin, frozen=True):
    """Where the developer token comes from: a file that holds it, or the key to make it from."""

    accounts: Annotated[
        Mapping[str, DeveloperTokenOrigin],
        Meta(
            description="Developer tokens of single accounts, by account id; each with the keys "
            "above."
        ),
        Checked(_origins),
    ] = field(default_factory=dict)


class WidevineSettings(Section, frozen=True):
    """The operator's own playback device."""

    device_file: Annotated[
        Path | None,
        Meta(description="Widevine device (.wvd) of the operator. Without one songs do not play."),
    ] = None


def _database_url(value: str) -> str:
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


class StorageSettings(Section, frozen=True):
    """What outlives the process."""

    data_dir: Annotated[
        Path | None,
        Meta(
            description="Folder for the database and the encryption key. Default: "
            "$STATE_DIRECTORY, else $XDG_DATA_HOME/applemusic-server, else "
            "~/.local/share/applemusic-server."
        ),
    ] = None
    url: Annotated[
        str,
        Meta(
            description="PostgreSQL database, "
            "`postgresql://user@host:5432/name?sslmode=verify-full`, without a password. Empty, "
            "and no `url_file`, for SQLite in data_dir."
        ),
        Checked(_database_url),
    ] = ""
    url_file: Annotated[
        Path | None,
        Meta(description="File with such a URL, which may hold a password, instead of it."),
    ] = None
    password_file: Annotated[
        Path | None, Meta(description="File with the password of the PostgreSQL user.")
    ] = None
    max_connections: Annotated[
        int,
        Meta(ge=2, le=200, description="Most connections to PostgreSQL at the same time."),
    ] = 10
    encryption_key_file: Annotated[
        Path | None,
        Meta(
            description="Keys that tokens are encrypted with, one per line, the newest first. "
            "Default: encryption.key in data_dir, made at the first start. With PostgreSQL it has "
            "to be given: all servers need the same."
        ),
    ] = None

    @property
    def shared(self) -> bool:
        """Whether other servers may use the same database."""
        return self.url_file is not None or self.url.startswith(POSTGRESQL_SCHEMES)

    def __post_init__(self) -> None:
        """Check that one database is named, and the key that its servers share."""
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


class CacheSettings(Section, frozen=True):
    """What is remembered of the catalog, in memory."""

    max_entries: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="Most answers; the least recently used go first. 0 remembers nothing.",
        ),
    ] = 50_000
    max_mebibytes: Annotated[
        int, Meta(ge=1, le=16_384, description="Most memory for them, estimated.")
    ] = 64
    seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="How long an answer is good. Favorites and library state are "
            "never remembered.",
        ),
    ] = 600


class PlaybackSettings(Section, frozen=True):
    """How songs are streamed."""

    burst_seconds: Annotated[
        float, Meta(ge=0, le=60, description="Seconds of audio sent at once at the start.")
    ] = 10
    fill_rate: Annotated[
        float, Meta(ge=1, le=20, description="Then so many seconds of audio per second, until")
    ] = 2
    lead_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=120,
            description="the stream is so far ahead of real time. It is what a skipped song costs.",
        ),
    ] = 30
    # With the head of a fragment (8 KB) or the headers of ADTS (0.6 KB) that it may bring, it still
    # leaves as one chunk: the contract allows 64 KiB.
    chunk_bytes: Annotated[int, Meta(ge=4096, le=65536, description="Usual size of a chunk.")] = (
        57344
    )
    max_account_streams: Annotated[
        int, Meta(ge=1, le=100, description="Most streams at the same time per account.")
    ] = 4
    max_streams: Annotated[
        int, Meta(ge=1, le=10000, description="Most streams at the same time, in all.")
    ] = 200
    start_timeout_seconds: Annotated[
        float, Meta(gt=0, le=120, description="Longest time until the first byte.")
    ] = 15
    live_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts of broadcasters, besides Apple's, from which live stations may be "
            "fetched, e.g. `radio.example.org`; with all hosts below them."
        ),
        Checked(checked_host_names),
    ] = ()


class LogSettings(Section, frozen=True):
    """How the server tells what it does."""

    format: Annotated[
        Literal["auto", "json", "console"],
        Meta(description="auto is console on a terminal and JSON elsewhere."),
    ] = "auto"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severity.")
    ] = "info"


class Settings(Section, frozen=True):
    """Everything that can be set."""

    grpc: GrpcSettings = field(default_factory=GrpcSettings)
    tls: TlsSettings = field(default_factory=TlsSettings)
    web: WebSettings = field(default_factory=WebSettings)
    sign_in: SignInSettings = field(default_factory=SignInSettings)
    apple: AppleSettings = field(default_factory=AppleSettings)
    developer_token: DeveloperTokenSettings = field(default_factory=DeveloperTokenSettings)
    widevine: WidevineSettings = field(default_factory=WidevineSettings)
    storage: StorageSettings = field(default_factory=StorageSettings)
    cache: CacheSettings = field(default_factory=CacheSettings)
    playback: PlaybackSettings = field(default_factory=PlaybackSettings)
    log: LogSettings = field(default_factory=LogSettings)

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
