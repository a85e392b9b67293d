"""What the command `applemusic` can do, and how it finds the server."""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from applemusic import AppleMusicError, Client, ClientConfig, TLSConfig
from applemusic.cli.sign_in import Screen, sign_in
from applemusic.config import is_local
from applemusic.errors import ConnectError
from applemusic.errors.connecting import ConnectWords, connect_advice

_FAILED = 1
_WORDS = ConnectWords(
    target="--server",
    tls="--tls",
    trust="--ca-file",
    certificate="--cert-file and --key-file",
    name="",
)
F = TypeVar("F", bound=Callable[..., Any])


def _server_options(function: F) -> F:
    options = (
        click.option(
            "--server",
            default="127.0.0.1:50051",
            show_default=True,
            envvar="APPLEMUSIC_SERVER",
            show_envvar=True,
            help="host:port or unix:path of the server.",
        ),
        click.option(
            "--access-token-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            envvar="APPLEMUSIC_ACCESS_TOKEN_FILE",
            show_envvar=True,
            help="File with the token that the server wants.",
        ),
        click.option("--tls", is_flag=True, help="Talk TLS."),
        click.option(
            "--ca-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Certificates to trust; implies --tls.",
        ),
        click.option(
            "--cert-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Certificate to show, where the server wants one; with --key-file.",
        ),
        click.option(
            "--key-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="Key of that certificate.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def _config(
    server: str,
    access_token_file: Path | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    *,
    tls: bool,
) -> ClientConfig:
    token = access_token_file.read_text(encoding="ascii").strip() if access_token_file else ""
    wanted = tls or ca_file or cert_file or key_file
    if (cert_file is None) != (key_file is None):
        raise click.ClickException("--cert-file and --key-file go together: give both or neither.")
    if token and not wanted and not is_local(server):
        raise click.ClickException(
            f"The access token would travel to {server} in plain text: give --tls, or --ca-file "
            "with the certificate of the authority that issued the server's."
        )
    files = TLSConfig(ca_file=ca_file, cert_file=cert_file, key_file=key_file)
    return ClientConfig(access_token=token, tls=files if wanted else None)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="applemusic-grpc", prog_name="applemusic")
def applemusic() -> None:
    """Apple Music through a gRPC plugin server."""


@applemusic.command("sign-in")
@click.option("--account", default="", help="Account to create or to sign in again.")
@click.option("--name", default="", help="Name to show for it.")
@click.option("--qr/--no-qr", default=None, help="Draw a QR code; by default on a terminal.")
@_server_options
def sign_in_command(
    *,
    server: str,
    access_token_file: Path | None,
    ca_file: Path | None,
    cert_file: Path | None,
    key_file: Path | None,
    account: str,
    name: str,
    tls: bool,
    qr: bool | None,
) -> None:
    """Sign a listener in: shows a link, a code and a QR code, and waits.

    Open the link, scan the QR code with a phone, or type the code at the address
    that is shown. Ctrl-C gives up. Exit code 0 says that the account is signed in.
    """
    terminal = sys.stdout.isatty()
    colours = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    drawn = False if qr is None and not terminal else qr
    screen = Screen(sys.stdout, qr=drawn, colours=colours)

    async def run() -> bool:
        config = _config(server, access_token_file, ca_file, cert_file, key_file, tls=tls)
        async with Client(server, config=config) as music:
            return await sign_in(music, screen, account=account, name=name)

    try:
        done = asyncio.run(run())
    except ConnectError as error:
        advice = connect_advice(error.what, server, _WORDS)
        what = error.what.rstrip(".")
        click.echo(f"applemusic: cannot reach {server}: {what}. {advice}.", err=True)
        sys.exit(_FAILED)
    except (AppleMusicError, ValueError, OSError) as error:
        click.echo(f"applemusic: {error}", err=True)
        sys.exit(_FAILED)
    except KeyboardInterrupt:
        click.echo("\nGiven up; the link and the code do not work any more.", err=True)
        sys.exit(_FAILED)
    sys.exit(0 if done else _FAILED)
