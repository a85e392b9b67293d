"""The lyrics of a song: verses laid out over its time."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from applemusic_simulator.model import Song
from applemusic_simulator.social.verses import Verse, english_verses, greek_verses, syllables

_FORM = (
    ("Verse", 4),
    ("Chorus", 4),
    ("Verse", 4),
    ("Chorus", 4),
    ("Bridge", 2),
    ("Chorus", 4),
)
_LINE_MS = 3_500
_SUNG = 0.85  # of a line's time; the rest is breath
_INTRO, _OUTRO = 0.06, 0.04
_ECHO = 0.3
LEAD, GUEST, ALL = "v1", "v2", "v1000"


class Timing(StrEnum):
    """How finely lyrics are timed, as TTML says it."""

    NONE = "None"
    LINE = "Line"
    WORD = "Word"


@dataclass(frozen=True, slots=True)
class Syllable:
    """A part of a word; times are milliseconds from the song's begin."""

    text: str
    begin: int
    end: int


Words = tuple[tuple[Syllable, ...], ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line; `echo` is sung in the background."""

    key: str
    agent: str
    begin: int
    end: int
    verse: Verse
    words: Words
    echo: Words
    roman: Words


@dataclass(frozen=True, slots=True)
class Section:
    """`Verse`, `Chorus` or `Bridge`."""

    part: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Lyrics:
    """All of a song's words.

    Attributes:
        timing: The finest there is.
        language: In which it is sung, `en` or `el`.
        agents: Ids of the voices and their types, `person` or `group`.
        duration: Milliseconds.
    """

    timing: Timing
    language: str
    agents: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    songwriters: tuple[str, ...]
    duration: int

    @property
    def is_foreign(self) -> bool:
        """Whether there are a translation and a transliteration."""
        return self.language != "en"


def timing_of(song: Song) -> Timing:
    """How finely a song's lyrics are timed: of ten songs one not at all, two by line."""
    return (Timing.NONE, Timing.LINE, Timing.LINE, *[Timing.WORD] * 7)[song.seed % 10]


def make_lyrics(song: Song) -> Lyrics | None:
    """A song's lyrics, None for one without; one song in seven is Greek, one in three echoes."""
    if not song.has_lyrics:
        return None
    # By recording, so that the song has the same words on every album.
    chance = random.Random(f"lyrics {song.isrc}")  # noqa: S311 - repeatable, not secret
    greek = song.seed % 7 == 0
    chorus = _verses(chance, 4, greek=greek, echoes=song.seed % 3 == 0)
    parts: list[tuple[str, list[Verse]]] = []
    available = song.duration_ms * (1 - _INTRO - _OUTRO)
    left = max(2, int(available // _LINE_MS))
    for part, count in _FORM:
        verses = chorus if part == "Chorus" else _verses(chance, count, greek=greek, echoes=False)
        if left > 0:
            parts.append((part, verses[:left]))
        left -= count
    duet = bool(song.featured_artist_ids)
    return Lyrics(
        timing=timing_of(song),
        language="el" if greek else "en",
        agents=((LEAD, "person"), (GUEST, "person"), (ALL, "group"))
        if duet
        else ((LEAD, "person"),),
        sections=_laid_out(parts, song.duration_ms, duet=duet),
        songwriters=tuple(song.composer.replace(" & ", ", ").split(", ")),
        duration=song.duration_ms,
    )


def _verses(chance: random.Random, count: int, *, greek: bool, echoes: bool) -> list[Verse]:
    return greek_verses(chance, count) if greek else english_verses(chance, count, echoes=echoes)


def _laid_out(
    parts: Sequence[tuple[str, list[Verse]]], duration: int, *, duet: bool
) -> tuple[Section, ...]:
    # Between two sections as much time passes as one line takes.
    slots = sum(len(verses) for _, verses in parts) + len(parts) - 1
    slot = duration * (1 - _INTRO - _OUTRO) / slots
    at, number = duration * _INTRO, 0
    sections = []
    for part, verses in parts:
        lines = []
        for index, verse in enumerate(verses):
            number += 1
            singer = LEAD if not duet else ALL if part == "Chorus" else (LEAD, GUEST)[index // 2]
            lines.append(_line(f"L{number}", singer, verse, int(at), int(at + slot * _SUNG)))
            at += slot
        sections.append(Section(part, tuple(lines)))
        at += slot
    return tuple(sections)


def _line(key: str, agent: str, verse: Verse, begin: int, end: int) -> Line:
    split = int(end - (end - begin) * _ECHO) if verse.echo else end
    return Line(
        key=key,
        agent=agent,
        begin=begin,
        end=end,
        verse=verse,
        words=_timed(verse.text, begin, split),
        echo=_timed(verse.echo, split, end),
        roman=_timed(verse.roman, begin, split),
    )


def _timed(text: str, begin: int, end: int) -> Words:
    words = [syllables(word) for word in text.split()]
    letters = sum(len(part) for word in words for part in word)
    timed, sung = [], 0
    for word in words:
        parts = []
        for part in word:
            first = begin + (end - begin) * sung // letters
            sung += len(part)
            parts.append(Syllable(part, first, begin + (end - begin) * sung // letters))
        timed.append(tuple(parts))
    return tuple(timed)
