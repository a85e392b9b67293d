"""The options that every command has: which server, as whom, and for whom the output is."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click
from click.core import ParameterSource

from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.terminal import Terminal

if TYPE_CHECKING:
    from applemusic import Client

DEFAULT_SERVER: Final = "127.0.0.1:50051"
# What grpc resolves itself, or a host and its port: without one, grpc would take that of HTTPS.
_ADDRESS: Final = re.compile(
    r"(?:unix|unix-abstract|dns|ipv4|ipv6|vsock):.+"
    r"|(?:\[[^\s\[\]]+\]|[^\s:/\[\]]+):(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])"
)
_FILE: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@dataclass(slots=True)
class Run:
    """One run of the command: where it runs, and what its common options say.

    The options may stand before and after the name of the command; the last word counts.
    """

    terminal: Terminal
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def json(self) -> bool:
        """Whether the output is for programs."""
        return bool(self.values.get("json"))

    @property
    def verbose(self) -> bool:
        """Whether to say what happens behind it."""
        return bool(self.values.get("verbose"))

    @property
    def server(self) -> str:
        """Where the server is, as grpc wants it."""
        socket: Path | None = self.values.get("socket")
        if socket is not None:
            return f"unix:{socket.absolute()}"
        return str(self.values.get("server") or DEFAULT_SERVER)

    @property
    def account(self) -> str:
        """The account that is meant; empty for the only one."""
        return str(self.values.get("account") or "")

    @property
    def tls(self) -> bool:
        """Whether TLS is spoken."""
        names = ("tls", "ca_file", "cert_file", "key_file", "tls_name")
        return any(self.values.get(name) for name in names)

    def client(self) -> "Client":
        """Return a client that is not connected yet.

        Raises:
            Problem: The options contradict each other, or a file cannot be read.
        """
        from applemusic import Client, ClientConfig, ReadOptions, TLSConfig  # noqa: PLC0415 - loads grpc

        values = self.values
        if (values.get("cert_file") is None) != (values.get("key_file") is None):
            raise Problem(
                "--cert-file and --key-file go together: give both or neither.",
                exit_code=Exit.USAGE,
            )
        if not _ADDRESS.fullmatch(self.server):
            raise Problem(
                f"--server {self.server!r} is no address of a server.",
                exit_code=Exit.USAGE,
                next_step=f"Write host:port, as in {DEFAULT_SERVER}, or unix:/path.",
            )
        files = TLSConfig(
            ca_file=values.get("ca_file"),
            cert_file=values.get("cert_file"),
            key_file=values.get("key_file"),
            server_name=values.get("tls_name") or "",
        )
        config = ClientConfig(
            account=self.account,
            access_token=self._access_token(),
            tls=files if self.tls else None,
            options=ReadOptions(
                language=values.get("language") or "", storefront=values.get("storefront") or ""
            ),
            timeout=values.get("timeout") or ClientConfig().timeout,
        )
        return Client(self.server, config=config)

    def _access_token(self) -> str:
        from applemusic.config import is_local  # noqa: PLC0415 - see above

        file: Path | None = self.values.get("access_token_file")
        if file is None:
            return ""
        try:
            token = file.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Problem(
                f"{file} cannot be read as an access token: {error}", exit_code=Exit.USAGE
            ) from error
        if not token:
            raise Problem(f"{file} is empty.", exit_code=Exit.USAGE)
        if not all("!" <= letter <= "~" for letter in token):
            raise Problem(
                f"{file} holds no access token: one is a single line without blanks.",
                exit_code=Exit.USAGE,
            )
        if not self.tls and not is_local(self.server):
            raise Problem(
                f"The access token would travel to {self.server} in plain text: give --tls, or "
                "--ca-file with the certificate of the authority that issued the server's.",
                exit_code=Exit.USAGE,
            )
        return token


class CommonOption(click.Option):
    """An option that every command has; the help of each names it and explains it not again."""

    def __init__(self, *names: str, **attributes: Any) -> None:
        super().__init__(list(names), callback=_note, expose_value=False, **attributes)


def common_options() -> list[click.Parameter]:
    """Return the options, new ones for each command."""
    return [make() for make in _OPTIONS]


def _note(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Keep a value: what stands on the command line counts before the environment."""
    run = context.find_object(Run)
    name = str(parameter.name)
    source = context.get_parameter_source(name)
    if run is None or source in {None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP}:
        return
    if source is ParameterSource.COMMANDLINE or name not in run.values:
        run.values[name] = value


def _option(*names: str, variable: str = "", **attributes: Any) -> Callable[[], CommonOption]:
    if variable:
        attributes |= {"envvar": variable, "show_envvar": True}
    return lambda: CommonOption(*names, **attributes)


_OPTIONS: Final = (
    _option(
        "--server",
        metavar="ADDRESS",
        variable="APPLEMUSIC_SERVER",
        help=f"Where the server is: host:port, or unix:path. Default: {DEFAULT_SERVER}.",
    ),
    _option(
        "--socket",
        type=click.Path(path_type=Path),
        variable="APPLEMUSIC_CLIENT_SOCKET",
        help="Unix socket of the server, in place of --server.",
    ),
    _option(
        "--access-token-file",
        type=_FILE,
        variable="APPLEMUSIC_ACCESS_TOKEN_FILE",
        help="File with the token that the server wants.",
    ),
    _option("--tls", is_flag=True, variable="APPLEMUSIC_CLIENT_TLS", help="Talk TLS."),
    _option(
        "--ca-file",
        type=_FILE,
        variable="APPLEMUSIC_CLIENT_CA_FILE",
        help="Certificates to trust; implies --tls.",
    ),
    _option(
        "--cert-file",
        type=_FILE,
        variable="APPLEMUSIC_CLIENT_CERT_FILE",
        help="Certificate to show, where the server wants one; with --key-file.",
    ),
    _option(
        "--key-file",
        type=_FILE,
        variable="APPLEMUSIC_CLIENT_KEY_FILE",
        help="Key of that certificate.",
    ),
    _option(
        "--tls-name",
        metavar="NAME",
        variable="APPLEMUSIC_CLIENT_TLS_NAME",
        help="Name that the server's certificate has, where it is not that of the address.",
    ),
    _option(
        "--account",
        metavar="ACCOUNT",
        variable="APPLEMUSIC_CLIENT_ACCOUNT",
        help="Account to act for; not needed where there is one only.",
    ),
    _option(
        "--storefront",
        metavar="CODE",
        variable="APPLEMUSIC_CLIENT_STOREFRONT",
        help="Country to read the catalog of, e.g. us; else the account's.",
    ),
    _option(
        "--language",
        metavar="TAG",
        variable="APPLEMUSIC_CLIENT_LANGUAGE",
        help="Language of names and notes, e.g. de-DE; else the storefront's.",
    ),
    _option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        variable="APPLEMUSIC_CLIENT_TIMEOUT",
        help="Longest that a call may take. Default: 60.",
    ),
    _option("--json", is_flag=True, help="Write JSON: a document, or a line per thing."),
    _option("--verbose", "-v", is_flag=True, help="Say what happens behind it, on stderr."),
)
