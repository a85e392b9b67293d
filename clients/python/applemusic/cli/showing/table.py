"""Tables for people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from applemusic.cli.showing.cells import cut, padded, width_of

_GAP: Final = "  "
_NARROWEST: Final = 16  # a title of which less is seen says little

Style = Callable[[str, str], str]
"""Returns a text in a style: `bold`, `dim`; or as it is, where there are no colours."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: Its heading.
        flexible: It may be cut where there is no room; ids and numbers may not.
        right: Its texts end at the same column.
        spare: Left out where there is no room, the highest first; 0 never.
        style: `dim` for what is there to be copied rather than read.
    """

    name: str
    flexible: bool = False
    right: bool = False
    spare: int = 0
    style: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows below headings.

    Attributes:
        columns: From left to right.
        rows: A text per column each.
        title: Line above it; empty for none.
    """

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    title: str = ""

    def lines(self, width: int | None, style: Style) -> list[str]:
        """Return the lines, none of them wider than `width`, without blanks at their ends."""
        shown = self._shown(width)
        widths = self._widths(shown, width)
        heading = [self.columns[index].name for index in shown]
        lines = [style(self.title, "bold")] if self.title else []
        lines.append(style(self._line(shown, widths, heading, lambda text, _: text), "bold"))
        for row in self.rows:
            cells = [row[index] for index in shown]
            lines.append(self._line(shown, widths, cells, style))
        return lines

    def _shown(self, width: int | None) -> list[int]:
        """Return which columns there is room for, without those that are all empty."""
        rows = self.rows
        shown = [index for index in range(len(self.columns)) if any(row[index] for row in rows)]
        if width is None:
            return shown
        spare = sorted(shown, key=lambda index: self.columns[index].spare)
        while self._least(shown) > width and self.columns[spare[-1]].spare:
            shown.remove(spare.pop())
        return shown

    def _least(self, shown: list[int]) -> int:
        """Return how wide it is with every flexible column at its narrowest."""
        natural = self._natural(shown)
        columns = zip(shown, natural, strict=True)
        least = [
            min(wide, _NARROWEST) if self.columns[index].flexible else wide
            for index, wide in columns
        ]
        return sum(least) + len(_GAP) * (len(shown) - 1)

    def _natural(self, shown: list[int]) -> list[int]:
        return [
            max(width_of(self.columns[index].name), *(width_of(row[index]) for row in self.rows))
            for index in shown
        ]

    def _widths(self, shown: list[int], width: int | None) -> list[int]:
        """Return the width of each column: the widest of the flexible ones give first."""
        widths = self._natural(shown)
        flexible = [at for at, index in enumerate(shown) if self.columns[index].flexible]
        if width is None or not flexible:
            return widths
        over = sum(widths) + len(_GAP) * (len(widths) - 1) - width
        while over > 0:
            widest = max(flexible, key=lambda at: widths[at])
            if widths[widest] <= 1:
                break
            widths[widest] -= 1
            over -= 1
        return widths

    def _line(self, shown: list[int], widths: list[int], cells: Sequence[str], style: Style) -> str:
        parts = []
        for index, width, text in zip(shown, widths, cells, strict=True):
            column = self.columns[index]
            kept = cut(text, width) if column.flexible else text
            last = index == shown[-1] and not column.right
            whole = kept if last else padded(kept, width, right=column.right)
            parts.append(style(whole, column.style) if column.style and kept else whole)
        return _GAP.join(parts).rstrip()
