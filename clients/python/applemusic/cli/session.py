"""A command with a server behind it."""

import asyncio
import functools
import os
import signal
import stat
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, TypeVar

import click

from applemusic.cli.common import Run
from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.showing.fields import counted
from applemusic.cli.showing.output import Output
from applemusic.cli.terminal import Terminal

if TYPE_CHECKING:
    from applemusic import Client, Pager

_Item = TypeVar("_Item")
_P = ParamSpec("_P")
_YES: Final = frozenset({"y", "yes"})


@dataclass(frozen=True, slots=True)
class Taken(Generic[_Item]):
    """The beginning of a list, or all of it."""

    items: list[_Item]
    """What was read."""
    more: bool
    """Whether there is more."""
    total: int | None
    """How many there are in all, where the server says so."""

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return {"items": self.items, "more": self.more, "total": self.total}


@dataclass(frozen=True, slots=True)
class Session:
    """What a command has at hand.

    Attributes:
        music: The server; connects with the first call.
        out: Where to write.
        run: The common options.
    """

    music: "Client"
    out: Output
    run: Run

    @property
    def terminal(self) -> Terminal:
        """Where it runs."""
        return self.run.terminal

    async def take(
        self, pager: "Pager[_Item]", limit: int | None, noun: str = "item"
    ) -> Taken[_Item]:
        """Read a list up to a limit, None for all of it, and say how far it is."""
        items: list[_Item] = []
        more, total = False, None
        async with aclosing(pager.pages()) as pages:  # type: ignore[type-var] # it is a generator
            async for page in pages:
                items += page.items
                total = page.total_count if total is None else total
                more = bool(page.next_page_token)
                if limit is not None and len(items) >= limit:
                    more = more or len(items) > limit
                    break
                if more:
                    of = f" of {total:,}" if total else ""
                    self.out.progress(f"{len(items):,}{of} {noun}s ...")
        self.out.done()
        return Taken(items[:limit], more, total)

    def tell_more(self, taken: Taken[Any], noun: str = "item") -> None:
        """Say that a list is longer than what is shown, or that there is nothing in it."""
        if not taken.items:
            self.out.note(f"There are no {noun}s.")
        elif taken.more:
            of = f" of {taken.total:,}" if taken.total else ""
            self.out.note(
                f"The first {counted(len(taken.items), noun)}{of}; --all shows every one."
            )

    @contextmanager
    def while_read(self) -> Iterator[None]:
        """End what waits within once nobody reads the pipe that stdout is.

        Whoever writes all the time finds out by itself; who waits for a person would wait on.

        Raises:
            BrokenPipeError: Whoever read has gone.
        """
        pipe = _pipe_of(self.terminal)
        task = asyncio.current_task()
        if pipe is None or task is None:
            yield
            return
        loop, gone = asyncio.get_running_loop(), False

        def leave() -> None:
            nonlocal gone
            gone = True
            loop.remove_reader(pipe)
            task.cancel()

        # The end that is written to becomes "readable" when the other one is closed.
        loop.add_reader(pipe, leave)
        try:
            yield
        except asyncio.CancelledError:
            if gone:
                raise BrokenPipeError from None
            raise
        finally:
            loop.remove_reader(pipe)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Go on only if a person, or `yes`, says so.

        Raises:
            Problem: Nobody said so.
        """
        if yes:
            return
        terminal = self.terminal
        if not terminal.input.isatty():
            raise Problem(
                f"{question} There is nobody to ask.",
                exit_code=Exit.USAGE,
                next_step="Give --yes to do it without a question.",
            )
        terminal.err.write(f"{question} [y/N] ")
        terminal.err.flush()
        with _interruptible():
            answer = terminal.input.readline()
        if answer.strip().lower() not in _YES:
            raise Problem("Nothing was changed.", exit_code=Exit.FAILED)


def with_server(
    function: Callable[Concatenate[Session, _P], Awaitable[Exit | None]],
) -> Callable[_P, Awaitable[Exit | None]]:
    """Make a click callback of a function that wants a session."""

    @functools.wraps(function)
    def invoke(*args: _P.args, **kwargs: _P.kwargs) -> Awaitable[Exit | None]:
        # Now: when the coroutine runs, click has left the command already.
        run = run_of(click.get_current_context())

        async def within() -> Exit | None:
            async with run.client() as music:
                out = Output(run.terminal, json=run.json)
                try:
                    return await function(Session(music, out, run), *args, **kwargs)
                finally:
                    out.done()

        return within()

    return invoke


def run_of(context: click.Context) -> Run:
    """Return what was said about the whole run.

    Raises:
        RuntimeError: The command was not started by `application.execute`.
    """
    run = context.find_object(Run)
    if run is None:
        raise RuntimeError("the command runs inside of applemusic.cli.application.execute alone")
    return run


def _pipe_of(terminal: Terminal) -> int | None:
    """Return the number of stdout where it is a pipe."""
    try:
        number = terminal.out.fileno()
    except OSError:  # text in memory
        return None
    return number if stat.S_ISFIFO(os.fstat(number).st_mode) else None


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end a question: asyncio's own handler would wait for the answer."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
