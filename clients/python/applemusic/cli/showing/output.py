"""What the command writes: data to `out`, everything else to `err`."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, Final

from applemusic.cli.showing.cells import clean, cut
from applemusic.cli.showing.jsonable import dumped
from applemusic.cli.showing.table import Table
from applemusic.cli.terminal import Terminal

_STYLES: Final = {"bold": "\x1b[1m", "dim": "\x1b[2m", "now": "\x1b[1;36m"}
_PLAIN: Final = "\x1b[0m"
_OVER: Final = "\r\x1b[K"
_FRAME: Final = 0.1  # seconds between two versions of a line: faster than anybody reads


class Output:
    """Writes for one run of the command.

    Args:
        terminal: Where to.
        json: Whether `out` is for programs.
    """

    def __init__(self, terminal: Terminal, *, json: bool) -> None:
        self.json = json
        self._terminal = terminal
        self._passing = False  # a line of progress is on the terminal, to be written over
        self._drawn = -1.0
        self._ascii = not (terminal.out.encoding or "utf-8").lower().startswith("utf")

    def document(self, value: Any) -> None:
        """Write the one JSON document of the command."""
        self._write(dumped(value, indent=2, ascii_only=self._ascii) + "\n")

    def record(self, value: Any) -> None:
        """Write one of many JSON lines, at once: somebody may be waiting for it."""
        self._write(dumped(value, ascii_only=self._ascii) + "\n", flush=True)

    def text(self, text: str = "", *, style: str = "") -> None:
        """Write a line for people."""
        self._write(self.styled(clean(text), style) + "\n")

    def facts(self, facts: Iterable[tuple[str, str]], wide: int = 0) -> None:
        """Write names and what they are, one below the other; nothing of what is empty.

        Args:
            facts: Name and text.
            wide: Least columns for the names.
        """
        known = [(name, clean(text)) for name, text in facts if text]
        wide = max([wide, *(len(name) for name, _ in known)])
        room = None if self._terminal.width is None else max(self._terminal.width - wide - 2, 20)
        for name, text in known:
            parts = (
                [text]
                if room is None
                else wrap(text, room, break_long_words=False, break_on_hyphens=False)
            )
            for number, part in enumerate(parts):
                self._write(f"{name if number == 0 else '':<{wide}}  {part}\n")

    def line(self, line: str) -> None:
        """Write a line that is clean already, and may hold styles."""
        self._write(line + "\n")

    def table(self, table: Table) -> None:
        """Write a table; nothing of one without rows."""
        if table.rows:
            lines = table.lines(self._terminal.width, self.styled)
            self._write("".join(f"{line}\n" for line in lines))

    def tables(self, tables: Iterable[Table]) -> None:
        """Write several tables with an empty line between."""
        filled = [table for table in tables if table.rows]
        for number, table in enumerate(filled):
            if number:
                self._write("\n")
            self.table(table)

    def over(self, text: str, *, end: bool) -> None:
        """Write a line for people that the next one writes over, until one that ends it.

        Only for a terminal: `text` may hold styles, and has to fit the width.
        """
        self._write(_OVER + text + ("\n" if end else ""), flush=True)

    def note(self, text: str) -> None:
        """Write a line beside the data, in its own time."""
        self._terminal.out.flush()
        self.done()
        self._terminal.err.write(clean(text) + "\n")
        self._terminal.err.flush()

    def progress(self, text: str) -> None:
        """Say how far it is: on a terminal in one line that changes, elsewhere not at all."""
        now = self._terminal.clock()
        if not self._terminal.moves or 0 <= now - self._drawn < _FRAME:
            return
        self._drawn, self._passing = now, True
        width = (self._terminal.width or 80) - 1
        self._terminal.err.write(_OVER + cut(clean(text), width))
        self._terminal.err.flush()

    def flush(self) -> None:
        """Hand what was written to whoever reads it."""
        self._terminal.out.flush()

    async def rest(self, seconds: float) -> None:
        """Wait, in the terminal's time."""
        await self._terminal.sleep(seconds)

    def done(self) -> None:
        """Take the line of progress away."""
        if self._passing:
            self._passing, self._drawn = False, -1.0
            self._terminal.err.write(_OVER)
            self._terminal.err.flush()

    def styled(self, text: str, style: str) -> str:
        """Return a text in a style, or as it is where there are no colours."""
        if not style or not text or not self._terminal.colours:
            return text
        return f"{_STYLES[style]}{text}{_PLAIN}"

    def _write(self, text: str, *, flush: bool = False) -> None:
        self.done()
        self._terminal.out.write(text)
        if flush:
            self._terminal.out.flush()
