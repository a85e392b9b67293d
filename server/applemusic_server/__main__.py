"""The command `applemusic-server`."""

import asyncio
import json
import os
import resource
import sys
from collections.abc import Callable, Coroutine
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from applemusic_server.config import Settings, as_json, json_schema
from applemusic_server.config_sources import ConfigurationError, check_secret_files, load
from applemusic_server.domain.imports import imported_without

_BAD_CONFIGURATION = 2
_FAILED = 1

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)

# Flag, setting, what it is.
_FLAGS = (
    ("--grpc-host", "grpc.host", "Address for gRPC."),
    ("--grpc-port", "grpc.port", "Port for gRPC; 0 takes a free one."),
    ("--grpc-socket", "grpc.socket", "Unix socket for gRPC besides."),
    ("--tls-certificate-file", "tls.certificate_file", "Certificate for gRPC (PEM)."),
    ("--tls-private-key-file", "tls.private_key_file", "Key of that certificate (PEM)."),
    ("--web-host", "web.host", "Address for the pages."),
    ("--web-port", "web.port", "Port for the pages; 0 takes a free one."),
    ("--data-dir", "storage.data_dir", "Folder for database and key."),
    ("--developer-token-file", "developer_token.token_file", "File with a developer token."),
    ("--private-key-file", "developer_token.private_key_file", "MusicKit key (.p8)."),
    ("--key-id", "developer_token.key_id", "Id of that key."),
    ("--team-id", "developer_token.team_id", "Id of the developer team."),
    ("--widevine-device-file", "widevine.device_file", "Your own Widevine device."),
    ("--storefront", "apple.storefront", "Storefront without an account, e.g. us."),
    ("--apple-root-url", "apple.root_url", "A simulator that stands for Apple."),
    ("--log-format", "log.format", "auto, json or console."),
    ("--log-level", "log.level", "debug, info, warning or error."),
)


def _settings_options(function: F) -> F:
    for flag, setting, text in reversed(_FLAGS):
        name = setting.replace(".", "__")
        function = click.option(flag, name, help=f"{text} [{setting}]")(function)
    function = click.option(
        "--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Any setting."
    )(function)
    function = click.option(
        "--insecure",
        "grpc__insecure",
        is_flag=True,
        default=None,
        help="Accept an address beyond loopback without protection. [grpc.insecure]",
    )(function)
    return click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path),
        help="TOML file with settings. [APPLEMUSIC_CONFIG]",
    )(function)


def _say(problem: str) -> None:
    click.echo(f"applemusic-server: {problem}", err=True)


def _load(
    config_file: Path | None,
    assignments: tuple[str, ...],
    say: Callable[[str], None] = _say,
    **flags: Any,
) -> Settings:
    """Return the settings, or end the process with a message for each problem."""
    values = {name.replace("__", "."): value for name, value in flags.items()}
    for assignment in assignments:
        key, separator, value = assignment.partition("=")
        if not separator or "." not in key:
            raise click.UsageError(f"--set wants SECTION.KEY=VALUE, not {key!r}")
        values[key] = value
    try:
        settings = load(os.environ, values, config_file)
        check_secret_files(settings)
        _check_tracing(settings)
    except ConfigurationError as error:
        for problem in error.problems:
            say(problem)
        sys.exit(_BAD_CONFIGURATION)
    return settings


def _check_tracing(settings: Settings) -> None:
    if not settings.tracing.enabled:
        return
    from applemusic_server.telemetry.tracing import tracing_problems  # noqa: PLC0415 - if it is on

    if problems := list(tracing_problems(os.environ)):
        raise ConfigurationError(problems)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="applemusic-grpc-server", prog_name="applemusic-server")
def main() -> None:
    """Apple Music for everybody else, over gRPC.

    Settings come from a TOML file, then from APPLEMUSIC_<SECTION>__<KEY> in the environment, then
    from flags; later ones win. Secrets are read from files only.
    """


@main.command()
@click.option(
    "--plugin",
    is_flag=True,
    help="For programs that start the server: gRPC on a private Unix socket alone, told on "
    "standard output as HashiCorp's go-plugin does; ends with the program (docs/plugin.md).",
)
@_settings_options
def serve(*, plugin: bool, **options: Any) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    Prints `ready grpc=<address> web=<address>` on a line of its own once everything listens; the
    log goes to standard error.
    """
    if plugin:
        _serve_plugin(options)
        return
    settings = _load(**options)
    _be_discreet()
    # Imported here: the other commands, probes among them, need none of it.
    with imported_without("rich"):
        from applemusic_server.serving import serve_until_stopped  # noqa: PLC0415 - slow to import

    problem = asyncio.run(serve_until_stopped(settings, os.environ, sys.stdout, sys.stderr))
    if problem:
        _say(problem)
        sys.exit(_FAILED)


def _serve_plugin(options: dict[str, Any]) -> None:
    parent = os.getppid()
    # Imported here: only plugins need it.
    from applemusic_server.plugin import host  # noqa: PLC0415 - see above

    if not host.started_by_host(os.environ):
        click.echo(host.NOT_BY_HAND, err=True)
        sys.exit(_FAILED)
    if options["grpc__host"] or options["grpc__port"]:
        raise click.UsageError("--plugin opens no port for gRPC; --grpc-socket names its socket.")

    def say(problem: str) -> None:
        click.echo(host.problem_line(problem, datetime.now(UTC)), err=True)

    settings = _load(say=say, **options)
    _be_discreet()
    with imported_without("rich"):
        from applemusic_server import plugin_serving  # noqa: PLC0415 - slow to import

    ends = plugin_serving.Ends(plugin_serving.take_output(), parent)
    problem = asyncio.run(plugin_serving.serve_plugin(settings, os.environ, sys.stderr, ends))
    if problem:
        say(problem)
        sys.exit(_FAILED)


def _be_discreet() -> None:
    # A core file would hold tokens and keys; files that are made are nobody else's business.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # gRPC's own lines are no JSON and say nothing that our log does not.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


@main.group()
def key() -> None:
    """Make and change the key that stored tokens are encrypted with."""


@key.command("new")
@click.argument("file", type=click.Path(path_type=Path))
def key_new(file: Path) -> None:
    """Write a new key to FILE, which must not be there yet; only its owner can read it."""
    from applemusic_server.key_commands import make_key  # noqa: PLC0415 - slow to import

    problem = make_key(file)
    if problem:
        click.echo(f"applemusic-server: {problem}", err=True)
        sys.exit(_FAILED)
    click.echo(f"A new key is in {file}. Keep a copy apart from the copies of the database.")


@key.command("rotate")
@click.option("--keep-old-keys", is_flag=True, help="Leave the old keys in the file, at its end.")
@click.option(
    "--no-new-key",
    is_flag=True,
    help="Take the first key that is in the file already, and leave the file alone.",
)
@_settings_options
def key_rotate(*, keep_old_keys: bool, no_new_key: bool, **options: Any) -> None:
    """Encrypt what is stored with a new key, and forget the old ones.

    The server may run meanwhile. Interrupted, it is simply begun again.
    """
    from applemusic_server.key_commands import rotate  # noqa: PLC0415 - slow to import

    settings = _load(**options)
    done, problem = asyncio.run(
        rotate(settings, os.environ, make_new=not no_new_key, keep_old=keep_old_keys)
    )
    for line in done:
        click.echo(line)
    if problem:
        click.echo(f"applemusic-server: {problem}", err=True)
        sys.exit(_FAILED)


@main.group()
def config() -> None:
    """Look at the configuration."""


@config.command("show")
@_settings_options
def config_show(**options: Any) -> None:
    """Print the settings that count, as JSON."""
    click.echo(as_json(_load(**options)))


@config.command("check")
@click.option("--ask-apple", is_flag=True, help="Ask Apple whether the developer tokens are good.")
@_settings_options
def config_check(*, ask_apple: bool, **options: Any) -> None:
    """Check the settings and the files they name; exit code 2 says that something is wrong."""
    settings = _load(**options)
    # Imported here: cryptography and its like are slow to import.
    from applemusic_server import config_check as checks  # noqa: PLC0415 - slow to import

    findings = checks.look_into(settings)
    problems = findings.problems
    for fact in findings.facts:
        click.echo(fact)
    if ask_apple and not problems:
        problems = asyncio.run(checks.ask_apple(settings))
    for problem in problems:
        click.echo(f"applemusic-server: {problem}", err=True)
    if problems:
        sys.exit(_BAD_CONFIGURATION)
    click.echo("The configuration is good.")
    for remark in findings.missing:
        click.echo(f"Note: {remark}")


@config.command("schema")
def config_schema() -> None:
    """Print the JSON schema of the configuration file."""
    click.echo(json.dumps(json_schema(), indent=2, sort_keys=True))


@main.group("access-token")
def access_token() -> None:
    """Decide who may call the server from elsewhere. Works while it runs, too."""


@access_token.command("create")
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(["read", "control", "stream", "admin"]),
    default=["read", "control", "stream"],
    show_default=True,
    help="What the caller may do; may be given several times.",
)
@click.option(
    "--account", "accounts", multiple=True, help="Account to use; may be given several times."
)
@click.option("--all-accounts", is_flag=True, help="Every account, those to come included.")
@click.option("--expires-in", default="", metavar="90d", help="Lifetime: 12h, 90d, 26w. [for ever]")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write it to a new file that only you can read, instead of printing it.",
)
@_settings_options
def access_token_create(
    *,
    name: str,
    scopes: tuple[str, ...],
    accounts: tuple[str, ...],
    all_accounts: bool,
    expires_in: str,
    output: Path | None,
    **options: Any,
) -> None:
    """Make an access token and print it, this once.

    What a shell writes into a file others can often read: --output keeps it to you.
    """
    if accounts and all_accounts:
        raise click.UsageError("--account and --all-accounts exclude each other: leave one out.")
    if not accounts and not all_accounts:
        raise click.UsageError("Say for whom: --account <id>, or --all-accounts.")
    settings = _load(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    ids = None if all_accounts else accounts
    made = access_token_command.create(
        settings, os.environ, name, scopes=scopes, accounts=ids, lifetime=expires_in
    )
    if output is None:
        click.echo(_run(made))
        click.echo("Keep it: it is not shown again.", err=True)
    else:
        _run(_written(made, output))
        click.echo(f"The access token is in {output}; only you can read it.", err=True)
    if remark := access_token_command.remark(settings):
        click.echo(remark, err=True)


async def _written(secret: Coroutine[Any, Any, str], path: Path) -> None:
    from applemusic_server.private_output import private_output  # noqa: PLC0415 - for --help

    with closing(secret):
        try:
            with private_output(path) as file:
                click.echo(await secret, file=file)
        except FileExistsError as error:
            if error.filename != str(path):
                raise
            raise FileExistsError(
                f"{path} is there already and is left as it is; no token was made. Name a file "
                "that is not there, or remove this one first."
            ) from None


@access_token.command("list")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@_settings_options
def access_token_list(*, as_json: bool, **options: Any) -> None:
    """Print which access tokens there are; the tokens themselves are nowhere."""
    settings = _load(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    click.echo(_run(access_token_command.table(settings, os.environ, as_json=as_json)))


@access_token.command("revoke")
@click.argument("name")
@_settings_options
def access_token_revoke(name: str, **options: Any) -> None:
    """Make an access token useless; a running server notices within seconds."""
    settings = _load(**options)
    from applemusic_server import access_token_command  # noqa: PLC0415 - slow to import

    _run(access_token_command.revoke(settings, os.environ, name))
    click.echo(f"{name} is revoked.")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run what can fail in ways that the operator has to hear of."""
    from applemusic_server.domain.errors import AppleMusicError  # noqa: PLC0415 - for --help

    try:
        return asyncio.run(work)
    except AppleMusicError as error:
        click.echo(f"applemusic-server: {error.message}", err=True)
    except OSError as error:
        where = f"{error.filename}: {error.strerror}" if error.filename else error
        click.echo(f"applemusic-server: {where}", err=True)
    sys.exit(_FAILED)


@main.command()
@click.option("--address", help="host:port or unix:path; as configured if not given.")
@click.option("--service", default="", help="Service to ask about; empty for the server.")
@click.option("--timeout", default=3.0, show_default=True, help="Seconds.")
@click.option("--ca-file", type=_FILE, help="Trust this instead of tls.certificate_file.")
@click.option("--cert-file", type=_FILE, help="Certificate to show, where the server wants one.")
@click.option("--key-file", type=_FILE, help="Its key.")
@_settings_options
def health(
    *,
    address: str | None,
    service: str,
    timeout: float,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    **options: Any,
) -> None:
    """Ask a running server whether it serves; exit code 0 says yes. For probes.

    Asks over the Unix socket where there is one, else over the port, with TLS if it is configured.
    """
    from applemusic_server.probe import ProbeTls, probe  # noqa: PLC0415 - gRPC is slow to import

    settings = _load(**options)
    grpc = settings.grpc
    if address is None and grpc.socket is not None:
        address = f"unix:{grpc.socket.absolute()}"
    if address is None:
        address = f"{_nearby(grpc.host)}:{grpc.port}"
    roots = ca_file or settings.tls.certificate_file
    encrypted = roots is not None and not address.startswith("unix:")
    tls = ProbeTls(roots, cert_file, key_file) if encrypted and roots else None
    answer = probe(address, service, timeout, tls)
    click.echo(answer)
    sys.exit(0 if answer == "SERVING" else _FAILED)


def _nearby(host: str) -> str:
    """Return the address at which a server that listens on `host` is found on this machine."""
    if host == "0.0.0.0":  # noqa: S104 - compared with, not bound
        return "127.0.0.1"
    if host == "::":
        return "[::1]"
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
