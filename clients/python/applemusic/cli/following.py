"""Lyrics in time with a song."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from applemusic.cli.showing.cells import clean, cut
from applemusic.cli.showing.fields import position as written
from applemusic.cli.showing.output import Output
from applemusic.models.lyrics import Lyrics, LyricsLine, LyricsSyllable

_NOTHING: Final = timedelta(0)
_LONGEST: Final = 0.25  # a position that jumps is noticed this soon
_SHORTEST: Final = 0.02
_PAUSE: Final = timedelta(seconds=8)  # without words, from which on a sign says that it goes on
PAUSE_SIGN: Final = "♪"

Position = Callable[[], timedelta | None]
"""Returns where the song is; None when it has ended."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the lyrics are.

    Attributes:
        index: The line that is sung, or was sung last; -1 before the first.
        sung: How many of its words have begun.
    """

    index: int
    sung: int


class Timeline:
    """The lines of timed lyrics by time.

    Args:
        lyrics: What the server gave.
    """

    def __init__(self, lyrics: Lyrics) -> None:
        timed = [line for line in lyrics.lines if line.start_offset is not None]
        self.lines: list[LyricsLine] = _with_pauses(sorted(timed, key=_start))
        self._starts = [_start(line) for line in self.lines]

    def at(self, position: timedelta) -> Spot:
        """Return what is sung at a position."""
        index = bisect_right(self._starts, position) - 1
        if index < 0:
            return Spot(-1, 0)
        words = self.lines[index].syllables
        return Spot(index, sum((word.start_offset or _NOTHING) <= position for word in words))

    def next_after(self, position: timedelta) -> timedelta | None:
        """Return when something changes next; None when nothing does any more."""
        index = bisect_right(self._starts, position)
        coming = self._starts[index : index + 1]
        if index:
            words = self.lines[index - 1].syllables
            coming += [word.start_offset or _NOTHING for word in words]
        later = [start for start in coming if start > position]
        return min(later) if later else None


class Display(Protocol):
    """Shows lyrics as they come."""

    def show(self, timeline: Timeline, spot: Spot) -> None:
        """Show a spot; called again and again with the same one."""

    def end(self) -> None:
        """Nothing follows."""


class LinesDisplay:
    """A line when it begins: for pipes, and for programs.

    Args:
        out: Where to.
    """

    def __init__(self, out: Output) -> None:
        self._out = out
        self._shown = -1

    def show(self, timeline: Timeline, spot: Spot) -> None:
        """Write the line that has begun, and one that came and went since the last time."""
        if spot.index != self._shown and spot.index >= 0:
            missed = self._shown >= 0 and spot.index == self._shown + 2
            for line in timeline.lines[spot.index - missed : spot.index + 1]:
                self._write(line)
        self._shown = spot.index

    def end(self) -> None:
        """Nothing is left to be written."""

    def _write(self, line: LyricsLine) -> None:
        if self._out.json:
            self._out.record(
                {
                    "event": "line",
                    "start_offset": line.start_offset,
                    "end_offset": line.end_offset,
                    "text": line.text,
                    "translation": line.translation,
                }
            )
            return
        self._out.text(line.text or PAUSE_SIGN)
        if line.translation:
            self._out.text(f"  {line.translation}", style="dim")
        self._out.flush()


class SungDisplay:
    """The line that is sung stands out and fills word by word: for terminals.

    Args:
        out: Where to.
        width: Columns of the terminal.
    """

    def __init__(self, out: Output, width: int) -> None:
        self._out = out
        self._width = width - 1
        self._shown = Spot(-1, 0)

    def show(self, timeline: Timeline, spot: Spot) -> None:
        """Write the line over as it goes on."""
        if spot == self._shown:
            return
        if spot.index != self._shown.index and self._shown.index >= 0:
            self._settle(timeline.lines[self._shown.index])
        self._shown = spot
        if spot.index >= 0:
            line = timeline.lines[spot.index]
            self._out.over(self._drawn(line, spot.sung), end=False)

    def end(self) -> None:
        """Leave the last line as it is."""
        if self._shown.index >= 0:
            self._out.line("")

    def _settle(self, line: LyricsLine) -> None:
        text = cut(clean(line.text or PAUSE_SIGN), self._width)
        self._out.over(self._out.styled(text, "dim"), end=True)
        if line.translation:
            translation = cut(f"  {clean(line.translation)}", self._width)
            self._out.over(self._out.styled(translation, "dim"), end=True)

    def _drawn(self, line: LyricsLine, sung: int) -> str:
        if not line.syllables:
            return self._out.styled(cut(clean(line.text or PAUSE_SIGN), self._width), "now")
        before = clean(_joined(line.syllables[:sung]))
        whole = clean(_joined(line.syllables)).rstrip()
        shown = cut(whole, self._width)
        done, rest = shown[: len(before)], shown[len(before) :]
        return self._out.styled(done, "now") + rest


async def follow(
    lyrics: Lyrics,
    position: Position,
    display: Display,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    """Show lyrics while a song plays, until its end or that of the lyrics.

    Args:
        lyrics: Timed ones.
        position: Where the song is; it may jump.
        display: Shows them.
        sleep: Waits as many seconds.
    """
    timeline = Timeline(lyrics)
    try:
        while (at := position()) is not None:
            display.show(timeline, timeline.at(at))
            coming = timeline.next_after(at)
            if coming is None:
                return
            wait = (coming - at).total_seconds()
            await sleep(min(max(wait, _SHORTEST), _LONGEST))
    finally:
        display.end()


def timed_text(lyrics: Lyrics) -> list[str]:
    """Return each line with the time at which it begins, where that is known."""
    return [
        f"{written(line.start_offset):>6}  {line.text}" if line.start_offset is not None
        else f"{'':>6}  {line.text}"
        for line in lyrics.lines
    ]  # fmt: skip


def _start(line: LyricsLine) -> timedelta:
    return line.start_offset or _NOTHING


def _with_pauses(lines: list[LyricsLine]) -> list[LyricsLine]:
    """Return the lines with an empty one wherever nobody sings for long."""
    whole: list[LyricsLine] = []
    for line in lines:
        ended = (whole[-1].end_offset or _start(line)) if whole else _NOTHING
        if _start(line) - ended >= _PAUSE:
            whole.append(LyricsLine(start_offset=ended, end_offset=_start(line)))
        whole.append(line)
    return whole


def _joined(words: tuple[LyricsSyllable, ...]) -> str:
    return "".join(word.text + (" " if word.word_end else "") for word in words)
