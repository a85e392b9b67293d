"""`applemusic-server serve`: runs the server."""

import asyncio
import os
import resource
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import click

from applemusic_server.commands.options import FAILED, fail, load_settings, settings_options
from applemusic_server.domain.imports import imported_without


@click.command("serve")
@click.option(
    "--plugin",
    is_flag=True,
    help="For programs that start the server: gRPC on a private Unix socket alone, told on "
    "standard output as HashiCorp's go-plugin does; ends with the program (docs/plugin.md).",
)
@settings_options
def command(*, plugin: bool, **options: Any) -> None:
    """Run the server until SIGTERM or Ctrl-C.

    Prints `ready grpc=<address> web=<address>` on a line of its own once everything listens; the
    log goes to standard error.
    """
    if plugin:
        _serve_plugin(options)
        return
    _leave_on_sigterm()
    settings = load_settings(**options)
    _be_discreet()
    with imported_without("rich"):
        from applemusic_server.serving import serve_until_stopped  # noqa: PLC0415 - slow to import

    problem = asyncio.run(serve_until_stopped(settings, os.environ, sys.stdout, sys.stderr))
    if problem:
        fail(problem)


def _serve_plugin(options: dict[str, Any]) -> None:
    parent = os.getppid()
    # Imported here: only plugins need it.
    from applemusic_server.plugin import host  # noqa: PLC0415 - see above

    if not host.started_by_host(os.environ):
        click.echo(host.NOT_BY_HAND, err=True)
        sys.exit(FAILED)
    if options["grpc__host"] or options["grpc__port"]:
        raise click.UsageError("--plugin opens no port for gRPC; --grpc-socket names its socket.")

    def say(problem: str) -> None:
        click.echo(host.problem_line(problem, datetime.now(UTC)), err=True)

    settings = load_settings(say, **options)
    _be_discreet()
    with imported_without("rich"):
        from applemusic_server import plugin_serving  # noqa: PLC0415 - slow to import

    ends = plugin_serving.Ends(plugin_serving.take_output(), parent)
    problem = asyncio.run(plugin_serving.serve_plugin(settings, os.environ, sys.stderr, ends))
    if problem:
        say(problem)
        sys.exit(FAILED)


def _leave_on_sigterm() -> None:
    """Leave at once while there is nothing to drain: until the server itself listens to signals.

    As the first process of a container it would not hear this one at all (reference: kill(2)), and
    be killed when the time for stopping is over.
    """
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))


def _be_discreet() -> None:
    # A core file would hold tokens and keys; files that are made are nobody else's business.
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _open_as_many_files_as_allowed()
    # gRPC's own lines are no JSON and say nothing that our log does not.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def _open_as_many_files_as_allowed() -> None:
    """Every caller has a connection here, and every stream that reads has one to Apple.

    systemd and containerd give 1,024 to begin with, for the sake of programs that use `select`.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError):  # macOS says that there is no limit, and takes none
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
