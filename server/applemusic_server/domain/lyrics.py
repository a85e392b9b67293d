"""Lyrics: lines, words, voices. Times count from the start of the song."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import IntEnum


class LyricsTiming(IntEnum):
    """How finely lyrics are timed, the coarsest first."""

    NONE = 1
    LINE = 2
    WORD = 3


@dataclass(frozen=True, slots=True)
class LyricsAgent:
    """Who sings.

    Attributes:
        id: What lines call it, e.g. `v1`.
        name: Empty when Apple gives none.
        group: It stands for several people.
    """

    id: str
    name: str = ""
    group: bool = False


@dataclass(frozen=True, slots=True)
class LyricsSyllable:
    """A word or a part of one.

    Attributes:
        text: Without surrounding spaces.
        word_end: A new word begins after it.
    """

    text: str
    start: timedelta
    end: timedelta
    word_end: bool = True


@dataclass(frozen=True, slots=True)
class LyricsLine:
    """A line.

    Attributes:
        text: The whole line, background voices last.
        start: None when untimed, as `end`.
        agent_id: Who sings it; empty when not told.
        syllables: Empty unless timed by word.
        background: What the background voices sing, timed by word.
        part: Part of the song, e.g. `Chorus`; empty when not told.
    """

    text: str
    start: timedelta | None = None
    end: timedelta | None = None
    agent_id: str = ""
    syllables: tuple[LyricsSyllable, ...] = ()
    background: tuple[LyricsSyllable, ...] = ()
    translation: str = ""
    transliteration: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Lyrics:
    """The lyrics of a song.

    Attributes:
        language: BCP-47 tag of the words; empty when not told.
        timing: How finely `lines` are timed.
    """

    language: str
    timing: LyricsTiming
    lines: tuple[LyricsLine, ...]
    agents: tuple[LyricsAgent, ...] = ()
    songwriters: tuple[str, ...] = ()

    def at_most(self, timing: LyricsTiming) -> "Lyrics":
        """Return the same lyrics without times finer than `timing`."""
        if self.timing <= timing:
            return self
        lines = tuple(replace(line, syllables=(), background=()) for line in self.lines)
        if timing is LyricsTiming.NONE:
            lines = tuple(replace(line, start=None, end=None) for line in lines)
        return replace(self, timing=timing, lines=lines)
