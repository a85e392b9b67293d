"""Lyrics."""

from dataclasses import dataclass
from datetime import timedelta

from applemusic.models.wire_enum import WireEnum


class LyricsTiming(WireEnum):
    """Says how finely lyrics are timed."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    NONE = 1
    """Not at all."""
    LINE = 2
    """By line."""
    WORD = 3
    """By word or syllable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricsAgent:
    """Who sings a line."""

    id: str = ""
    """Id used by lines, e.g. `v1`."""
    name: str = ""
    """Name, empty when Apple gives none."""
    group: bool = False
    """True if and only if it stands for several people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricsSyllable:
    """A word or syllable of a line."""

    text: str = ""
    """Text without surrounding spaces."""
    start_offset: timedelta | None = None
    """When it begins, from the start of the song."""
    end_offset: timedelta | None = None
    """When it ends, from the start of the song."""
    word_end: bool = False
    """True if and only if a new word begins after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LyricsLine:
    """A line of lyrics."""

    text: str = ""
    """The whole line."""
    start_offset: timedelta | None = None
    """When it begins, from the start of the song; None when untimed."""
    end_offset: timedelta | None = None
    """When it ends, from the start of the song; None when untimed."""
    agent_id: str = ""
    """Who sings it; empty when not told."""
    syllables: tuple[LyricsSyllable, ...] = ()
    """Its words, when timed by word."""
    background_syllables: tuple[LyricsSyllable, ...] = ()
    """What the background voices sing in this line."""
    translation: str = ""
    """Its translation, empty when none was asked for or found."""
    transliteration: str = ""
    """Its transliteration, empty when there is none."""
    song_part: str = ""
    """Part of the song, e.g. `Chorus`; empty when not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lyrics:
    """Lyrics, structured and as text."""

    language: str = ""
    """BCP-47 tag of the words."""
    timing: LyricsTiming = LyricsTiming.UNKNOWN
    """How finely `lines` are timed."""
    lines: tuple[LyricsLine, ...] = ()
    """Lines in order."""
    agents: tuple[LyricsAgent, ...] = ()
    """Singers."""
    songwriters: tuple[str, ...] = ()
    """Songwriters."""
    plain_text: str = ""
    """Plain text, one line each."""
    lrc: str = ""
    """LRC, empty when untimed."""
    enhanced_lrc: str = ""
    """Enhanced LRC with word times, empty when not timed by word."""
