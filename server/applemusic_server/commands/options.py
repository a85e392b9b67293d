"""What the commands share: options for settings, exit codes, and how problems are told."""

import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from applemusic_server.config import Settings
from applemusic_server.config_sources import ConfigurationError, check_secret_files, load

FAILED: Final = 1
BAD_CONFIGURATION: Final = 2

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")

# Flag, setting, what it is.
_FLAGS: Final = (
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


def settings_options(function: F) -> F:
    """Give a command the options that `load_settings` takes."""
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


def say(problem: str) -> None:
    """Tell a problem on standard error."""
    click.echo(f"applemusic-server: {problem}", err=True)


def fail(problem: str) -> None:
    """Tell a problem and end the process with `FAILED`."""
    say(problem)
    sys.exit(FAILED)


def read_settings(
    config_file: Path | None, assignments: tuple[str, ...], **flags: Any
) -> tuple[Settings | None, tuple[str, ...]]:
    """Return the settings, or None and a sentence for each problem."""
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
        return None, tuple(error.problems)
    return settings, ()


def _check_tracing(settings: Settings) -> None:
    if not settings.tracing.enabled:
        return
    from applemusic_server.telemetry.tracing import tracing_problems  # noqa: PLC0415 - if it is on

    if problems := list(tracing_problems(os.environ)):
        raise ConfigurationError(problems)


def load_settings(tell: Callable[[str], None] = say, **options: Any) -> Settings:
    """Return the settings, or end the process with a message for each problem.

    Args:
        tell: Is told each problem.
        **options: As `settings_options` gives them.
    """
    settings, problems = read_settings(**options)
    for problem in problems:
        tell(problem)
    if settings is None:
        sys.exit(BAD_CONFIGURATION)
    return settings


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run what can fail in ways that the operator has to hear of; ends the process then."""
    import asyncio  # noqa: PLC0415 - probes do without

    from applemusic_server.domain.errors import AppleMusicError  # noqa: PLC0415 - for --help

    try:
        return asyncio.run(work)
    except AppleMusicError as error:
        say(error.message)
    except OSError as error:
        say(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    sys.exit(FAILED)
