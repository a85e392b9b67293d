"""Lyrics in time: what is shown when, by a clock that the test holds."""

import io
import os
from datetime import timedelta

import pytest

from applemusic.cli.following import (
    PAUSE_SIGN,
    LinesDisplay,
    Spot,
    SungDisplay,
    Timeline,
    follow,
    timed_text,
)
from applemusic.cli.positions import Positions
from applemusic.cli.problems import Problem
from applemusic.cli.showing.output import Output
from applemusic.models.lyrics import Lyrics, LyricsLine, LyricsSyllable, LyricsTiming
from tests.support.terminal import FakeTime, Screen, Shell


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def line(start: float, end: float, *words: str) -> LyricsLine:
    syllables = tuple(
        LyricsSyllable(text=word.rstrip(), start_offset=at(start + number), word_end=True)
        for number, word in enumerate(words)
    )
    return LyricsLine(
        text=" ".join(words),
        start_offset=at(start),
        end_offset=at(end),
        syllables=syllables if len(words) > 1 else (),
    )


LYRICS = Lyrics(
    timing=LyricsTiming.WORD,
    lines=(line(2, 5, "one", "two", "three"), line(6, 8, "alone"), line(30, 33, "at", "last")),
)


def test_the_timeline_knows_what_is_sung() -> None:
    timeline = Timeline(LYRICS)
    assert [each.text for each in timeline.lines] == ["one two three", "alone", "", "at last"]
    assert timeline.at(at(0)) == Spot(-1, 0)
    assert timeline.at(at(2)) == Spot(0, 1)
    assert timeline.at(at(3.5)) == Spot(0, 2)
    assert timeline.at(at(7)) == Spot(1, 0)
    assert timeline.at(at(20)) == Spot(2, 0)
    assert timeline.at(at(99)) == Spot(3, 2)
    assert [timeline.next_after(at(each)) for each in (0, 2, 4.5, 7, 30)] == [
        at(2),
        at(3),
        at(6),
        at(8),
        at(31),
    ]
    assert timeline.next_after(at(31)) is None


async def shown(start: float, *, screen: bool = False, json: bool = False) -> tuple[str, FakeTime]:
    """What is shown when a song is followed from a position to its end."""
    shell = Shell("nowhere", screen=screen, width=20 if screen else 0)
    out = Screen() if screen else io.StringIO()
    output = Output(shell.terminal(out, io.StringIO()), json=json)
    display = SungDisplay(output, 20) if screen else LinesDisplay(output)
    await follow(LYRICS, Positions(shell.time, at(start)), display, shell.time.sleep)
    return out.getvalue(), shell.time


async def test_a_line_when_it_begins() -> None:
    text, time = await shown(0)
    assert text == f"one two three\nalone\n{PAUSE_SIGN}\nat last\n"
    assert time.now - 1000 == pytest.approx(31, abs=0.3)
    assert max(time.slept) <= 0.25


async def test_from_the_middle() -> None:
    text, _ = await shown(28)
    assert text == f"{PAUSE_SIGN}\nat last\n"


async def test_for_programs() -> None:
    text, _ = await shown(7, json=True)
    assert text.count("\n") == 3
    assert '"start_offset": 6.0' in text


async def test_words_fill_a_line_on_a_terminal() -> None:
    text, _ = await shown(0, screen=True)
    bold, plain, dim = "\x1b[1;36m", "\x1b[0m", "\x1b[2m"
    assert f"{bold}one {plain}two three" in text
    assert f"{bold}one two {plain}three" in text
    assert f"{dim}one two three{plain}\n" in text
    assert text.endswith("\n")
    assert text.count("\n") == 4


def test_a_jump_back_shows_the_line_again() -> None:
    out = io.StringIO()
    display = LinesDisplay(Output(Shell("nowhere").terminal(out, out), json=False))
    timeline = Timeline(LYRICS)
    for seconds in (2, 3, 31, 2, 0, 2):
        display.show(timeline, timeline.at(at(seconds)))
    assert out.getvalue().splitlines() == [
        "one two three",
        "at last",
        "one two three",
        "one two three",
    ]


async def test_positions_of_another_player() -> None:
    time = FakeTime()
    where = Positions(time, at(5))
    time.now += 2
    assert where() == at(7)
    reader, writer = os.pipe()
    os.write(writer, b"12.5\n\n1:00\n")
    os.close(writer)
    with os.fdopen(reader) as stream:
        await where.read(stream)
    assert where() == at(60), "the last one is shown, even if its player has ended"
    assert where() is None


async def test_positions_that_are_none() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"soon\n")
    os.close(writer)
    with os.fdopen(reader) as stream, pytest.raises(Problem, match="soon"):
        await Positions(FakeTime(), at(0)).read(stream)


def test_text_with_times() -> None:
    lines = timed_text(Lyrics(lines=(line(62, 63, "late"), LyricsLine(text="whenever"))))
    assert lines == ["  1:02  late", "        whenever"]
