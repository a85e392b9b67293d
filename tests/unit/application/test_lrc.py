"""Lyrics as text."""

import re
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.lrc import enhanced_lrc, lrc, plain_text
from applemusic_server.domain.lyrics import Lyrics, LyricsLine, LyricsSyllable, LyricsTiming


def seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


WORDS = Lyrics(
    "en",
    LyricsTiming.WORD,
    (
        LyricsLine(
            "Packets (way home)",
            seconds(5.5),
            seconds(9),
            syllables=(
                LyricsSyllable("Pack", seconds(5.5), seconds(6.5), word_end=False),
                LyricsSyllable("ets", seconds(6.5), seconds(7.2)),
            ),
            background=(
                LyricsSyllable("(way", seconds(7.3), seconds(8.109)),
                LyricsSyllable("home)", seconds(8.109), seconds(9)),
            ),
            part="Verse",
        ),
        LyricsLine("Hold", seconds(3661.999), seconds(3663), part="Chorus"),
    ),
)


def test_plain_text() -> None:
    assert plain_text(WORDS) == "Packets (way home)\nHold"
    assert plain_text(Lyrics("", LyricsTiming.NONE, ())) == ""


def test_lrc() -> None:
    assert lrc(WORDS) == "[00:05.50]Packets (way home)\n[61:01.99]Hold"


def test_enhanced_lrc() -> None:
    assert enhanced_lrc(WORDS) == (
        "[00:05.50]<00:05.50>Pack<00:06.50>ets <00:07.30>(way <00:08.10>home) <00:09.00>\n"
        "[61:01.99]Hold"
    )


def test_coarser_timing_has_less_text() -> None:
    by_line, untimed = WORDS.at_most(LyricsTiming.LINE), WORDS.at_most(LyricsTiming.NONE)
    assert (lrc(by_line), enhanced_lrc(by_line)) == (lrc(WORDS), "")
    assert (lrc(untimed), enhanced_lrc(untimed)) == ("", "")
    assert plain_text(untimed) == plain_text(WORDS)
    assert untimed.lines[0].start is None
    assert untimed.at_most(LyricsTiming.WORD) is untimed


def test_a_line_without_a_time_follows_the_one_before() -> None:
    lines = (*WORDS.lines[:1], LyricsLine("la"), WORDS.lines[1])
    assert lrc(replace(WORDS, lines=lines)).splitlines()[1] == "[00:05.50]la"


LETTERS = st.text(st.characters(blacklist_characters="[]<>"), max_size=12)
TIMES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=3))
SYLLABLES = st.lists(
    st.builds(LyricsSyllable, LETTERS.filter(str.strip), TIMES, TIMES, st.booleans()), max_size=4
).map(tuple)
LINES = st.lists(
    st.builds(
        LyricsLine,
        LETTERS,
        st.none() | TIMES,
        st.none() | TIMES,
        syllables=SYLLABLES,
        background=SYLLABLES,
    ),
    max_size=6,
).map(tuple)
LINE = re.compile(r"\[(\d\d+):([0-5]\d)\.(\d\d)\]([^\r\n]*)")


@given(LINES)
def test_lrc_holds_every_line_in_order_of_time(lines: tuple[LyricsLine, ...]) -> None:
    lyrics = Lyrics("en", LyricsTiming.WORD, lines)
    for text in (lrc(lyrics), enhanced_lrc(lyrics)):
        written = text.split("\n") if text else []
        matches = [LINE.fullmatch(line) for line in written]
        assert all(matches), text
        assert len(matches) == len(lines)
        starts = [
            int(match[1]) * 6000 + int(match[2]) * 100 + int(match[3]) for match in matches if match
        ]
        assert starts == sorted(starts)
        known = [line.start for line in lines if line.start is not None]
        hundredths = {start // timedelta(milliseconds=10) for start in known} | {0}
        assert set(starts) <= hundredths


@given(LINES)
def test_words_survive_enhanced_lrc(lines: tuple[LyricsLine, ...]) -> None:
    timed = [replace(line, start=timedelta(0)) for line in lines]
    text = enhanced_lrc(Lyrics("en", LyricsTiming.WORD, tuple(timed)))
    for line, written in zip(lines, text.split("\n"), strict=False):
        bare = re.sub(r"\[[^]]*\]|<[^>]*>", "", written)
        syllables = (*line.syllables, *line.background)
        expected = "".join(each.text for each in syllables) if syllables else line.text
        assert "".join(bare.split()) == "".join(expected.split())
