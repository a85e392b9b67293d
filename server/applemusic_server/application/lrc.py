"""Lyrics as text: plain, LRC and enhanced LRC. Pure functions.

LRC has a line per line of lyrics, `[mm:ss.xx]words`; enhanced LRC adds `<mm:ss.xx>` before each
word and after the last. Hundredths are cut, not rounded: a line shown late is worse than early.
"""

from collections.abc import Iterator
from datetime import timedelta

from applemusic_server.domain.lyrics import Lyrics, LyricsLine, LyricsTiming

_CENTISECOND = timedelta(milliseconds=10)


def plain_text(lyrics: Lyrics) -> str:
    """Return the words, one line each."""
    return "\n".join(_one_line(line.text) for line in lyrics.lines)


def lrc(lyrics: Lyrics) -> str:
    """Return LRC; empty when the lyrics are untimed."""
    if lyrics.timing is LyricsTiming.NONE:
        return ""
    return "\n".join(f"[{_stamp(start)}]{_one_line(line.text)}" for start, line in _timed(lyrics))


def enhanced_lrc(lyrics: Lyrics) -> str:
    """Return enhanced LRC; empty when the lyrics are not timed by word."""
    if lyrics.timing is not LyricsTiming.WORD:
        return ""
    return "\n".join(f"[{_stamp(start)}]{_words(line)}" for start, line in _timed(lyrics))


def _timed(lyrics: Lyrics) -> list[tuple[timedelta, LyricsLine]]:
    """Return the lines with their beginnings, in their order in time.

    A line without a time follows the one before it; duets may overlap, so document order is not
    order in time.
    """
    before = timedelta(0)
    timed: list[tuple[timedelta, LyricsLine]] = []
    for line in lyrics.lines:
        before = before if line.start is None else line.start
        timed.append((before, line))
    return sorted(timed, key=lambda each: each[0])


def _words(line: LyricsLine) -> str:
    syllables = (*line.syllables, *line.background)
    if not syllables:
        return _one_line(line.text)
    written = list(_stamped(line))
    return "".join(written).rstrip() + f" <{_stamp(max(each.end for each in syllables))}>"


def _stamped(line: LyricsLine) -> Iterator[str]:
    for voices in (line.syllables, line.background):
        for position, syllable in enumerate(voices):
            is_last = position == len(voices) - 1
            blank = " " if syllable.word_end or is_last else ""
            yield f"<{_stamp(syllable.start)}>{_one_line(syllable.text)}{blank}"


def _stamp(position: timedelta) -> str:
    centiseconds = position // _CENTISECOND
    minutes, rest = divmod(centiseconds, 6000)
    return f"{minutes:02d}:{rest // 100:02d}.{rest % 100:02d}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
