"""The command as a whole: what it can do, and how a run of it ends."""

import asyncio
import inspect
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from applemusic.cli.command import LazyGroup
from applemusic.cli.common import Run
from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.showing.jsonable import dumped
from applemusic.cli.showing.output import Output
from applemusic.cli.terminal import Terminal

if TYPE_CHECKING:
    from applemusic.cli.failures import Failure

SECTIONS: Final[dict[str, Sequence[str]]] = {
    "Find": ("search", "show", "browse", "recommendations"),
    "Listen": ("play", "lyrics", "radio"),
    "Keep": ("library", "playlists", "favorites"),
    "Accounts": ("sign-in", "accounts"),
    "The server and this command": ("status", "doctor", "completion"),
}


@click.command(
    cls=LazyGroup,
    sections=SECTIONS,
    package="applemusic.cli.commands",
    examples=(
        "applemusic sign-in --account anna",
        "applemusic search interlude",
        "applemusic play https://music.apple.com/us/album/1440857781",
        "applemusic --json library songs --all | jq -r '.items[].name'",
    ),
)
@click.version_option(package_name="applemusic-grpc", prog_name="applemusic")
def applemusic() -> None:
    """Apple Music through a gRPC plugin server.

    What people name, songs, albums, playlists and the rest, is named by its id, by its address at
    music.apple.com, or by type and id as in song:1440857781.
    """


def main(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command and return its exit code."""
    try:
        with asyncio.Runner() as runner:
            code = runner.run(execute(arguments, terminal))
        terminal.out.flush()
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        _leave_pipe(terminal)
        return Exit.DONE
    return code


async def execute(arguments: Sequence[str], terminal: Terminal) -> int:
    """Run the command inside of a loop; what goes wrong is said on `err`.

    Args:
        arguments: The command line without the name of the program.
        terminal: Where it runs.

    Returns:
        The exit code.

    Raises:
        BrokenPipeError: Whoever read the output has gone.
    """
    run = Run(terminal)
    if not all(_is_text(argument) for argument in arguments):
        terminal.err.write("applemusic: the command line is not in UTF-8.\n")
        return Exit.USAGE
    try:
        result = applemusic.main(list(arguments), "applemusic", standalone_mode=False, obj=run)
        with _logged(run):
            code = await result if inspect.isawaitable(result) else result
    except click.ClickException as error:
        return _tell_usage(error, run, json="--json" in arguments)
    except click.Abort:
        return Exit.INTERRUPTED
    except BrokenPipeError:
        raise
    except _expected() as error:
        failure = _failure_of(error, run)
    else:
        return int(code or Exit.DONE)
    out = Output(terminal, json=run.json)
    for line in [dumped(failure.record())] if run.json else failure.lines():
        out.note(line)
    return failure.exit


def _expected() -> tuple[type[Exception], ...]:
    """Return what can go wrong without being a defect. Asked only once something has."""
    from applemusic.errors import AppleMusicError  # noqa: PLC0415 - loads grpc

    return (AppleMusicError, Problem, OSError)


def _failure_of(error: Exception, run: Run) -> "Failure":
    from applemusic.cli.failures import Failure, failure_of  # noqa: PLC0415 - loads grpc
    from applemusic.errors import AppleMusicError  # noqa: PLC0415 - as above

    if isinstance(error, AppleMusicError):
        return failure_of(error, run.server)
    if isinstance(error, Problem):
        return Failure(message=error.message, next_step=error.next_step, exit=error.exit)
    return Failure(message=f"{_told(error)}.", next_step="", exit=Exit.FAILED)


def _told(error: Exception) -> str:
    """Return what the system says, without its numbers."""
    if not isinstance(error, OSError) or not error.strerror:
        return str(error) or type(error).__name__
    return error.strerror if error.filename is None else f"{error.filename}: {error.strerror}"


def _is_text(argument: str) -> bool:
    """Return whether it was UTF-8: Python marks other bytes, and nothing can be sent with them."""
    return not any("\ud800" <= letter <= "\udfff" for letter in argument)


def _tell_usage(error: click.ClickException, run: Run, *, json: bool) -> Exit:
    if json or run.json:
        said = {"message": error.format_message(), "exit_code": int(Exit.USAGE)}
        run.terminal.err.write(dumped({"error": said}) + "\n")
    else:
        error.show(run.terminal.err)
    return Exit.USAGE


@contextmanager
def _logged(run: Run) -> Iterator[None]:
    """Show what the client logs: that it connects again, with --verbose all of it."""
    logger = logging.getLogger("applemusic")
    handler = logging.StreamHandler(run.terminal.err)
    handler.setFormatter(logging.Formatter("applemusic: %(message)s"))
    handler.setLevel(logging.DEBUG if run.verbose else logging.WARNING)
    before = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(handler.level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def _leave_pipe(terminal: Terminal) -> None:
    """Send what is left to be written nowhere: the interpreter would fail over it at its end."""
    with open(os.devnull, "w", encoding="ascii") as nowhere:  # noqa: PTH123 - a device, not a path
        os.dup2(nowhere.fileno(), terminal.out.fileno())
