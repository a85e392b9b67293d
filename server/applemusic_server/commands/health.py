"""`applemusic-server health`: asks a running server whether it serves, for probes."""

import sys
from pathlib import Path
from typing import Any, Final

import click

from applemusic_server.commands.options import FAILED, load_settings, settings_options

_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


@click.command("health")
@click.option("--address", help="host:port or unix:path; as configured if not given.")
@click.option("--service", default="", help="Service to ask about; empty for the server.")
@click.option(
    "--timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=3.0,
    show_default=True,
    help="Seconds.",
)
@click.option("--ca-file", type=_FILE, help="Trust this instead of tls.certificate_file.")
@click.option("--cert-file", type=_FILE, help="Certificate to show, where the server wants one.")
@click.option("--key-file", type=_FILE, help="Its key.")
@settings_options
def command(
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
    from applemusic_server.probe import ProbeTls, configured_address, probe  # noqa: PLC0415 - ssl

    settings = load_settings(**options)
    if address is None:
        address = configured_address(settings.grpc.socket, settings.grpc.host, settings.grpc.port)
    roots = ca_file or settings.tls.certificate_file
    encrypted = roots is not None and not address.startswith("unix:")
    tls = ProbeTls(roots, cert_file, key_file) if encrypted and roots else None
    answer = probe(address, service, timeout, tls)
    click.echo(answer)
    sys.exit(0 if answer == "SERVING" else FAILED)
