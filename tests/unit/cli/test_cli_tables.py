"""Tables fit the terminal, whatever the titles are made of."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic.cli.showing.cells import clean, cut, padded, width_of
from applemusic.cli.showing.rows import mixed_table, table_of, tables_by_kind, tracks_table
from applemusic.cli.showing.table import Column, Table
from applemusic.models.album import Album
from applemusic.models.reference import ResourceType
from applemusic.models.song import ContentRating, Song

COLUMNS = (
    Column("Title", flexible=True),
    Column("Artist", flexible=True),
    Column("Album", flexible=True, spare=1),
    Column("Time", right=True),
    Column("Id", style="dim"),
)


def plain(text: str, _: str) -> str:
    return text


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("abc", 3),
        ("", 0),
        ("夜に駆ける", 10),
        ("Sigur Rós", 9),
        ("e\u0301", 1),  # a letter and its accent
        ("한국", 4),
        ("\u1112\u1161\u11ab", 2),  # the same in its parts
        ("🎵", 2),
        ("\u2764\ufe0f", 2),
        ("a\u200bb", 2),
    ],
)
def test_width(text: str, width: int) -> None:
    assert width_of(text) == width


@given(st.text(), st.integers(0, 40))
def test_cut_fits_and_says_that_something_is_missing(text: str, width: int) -> None:
    shown = cut(text, width)
    assert width_of(shown) <= width or text == shown
    if width_of(text) > width > 0:
        assert shown.endswith("…")


@given(st.text())
def test_clean_text_moves_no_cursor(text: str) -> None:
    kinds = {unicodedata.category(letter) for letter in clean(text)}
    assert not kinds & {"Cc", "Zl", "Zp"}
    assert not set(clean(text)) & set("\u202e\u2066\u202a")


def test_escapes_of_a_title_are_not_obeyed() -> None:
    assert clean("\x1b[31mRed\x07\r\nnext\u202eback") == " [31mRed   nextback"
    table = table_of(ResourceType.SONG, [Song(id="1", name="\x1b]0;owned\x07", artist_name="a\nb")])
    assert all("\x1b" not in line and "\n" not in line for line in table.lines(80, plain))


@given(
    st.lists(
        st.tuples(st.text(), st.text(), st.text(), st.just("3:05"), st.just("1440857781")),
        min_size=1,
        max_size=5,
    ),
    st.integers(30, 120),
)
def test_no_line_is_wider_than_the_terminal(rows: list[tuple[str, ...]], width: int) -> None:
    cleaned = [[clean(cell) for cell in row] for row in rows]
    for line in Table(COLUMNS, cleaned).lines(width, plain):
        assert width_of(line) <= width
        assert line == line.rstrip()


@pytest.mark.parametrize("width", [72, 120, None])
def test_what_is_copied_is_never_cut(width: int | None) -> None:
    song = Song(
        id="i.fJR1CqjFX9TDv2",
        name="An Extraordinarily Long Title, and Then a Bit More of It (Live at the Ninth Floor)",
        artist_name="Everybody and the Whole Orchestra",
        album_name="A Field Guide to the Driftwood of the Northern Coasts",
        duration=timedelta(hours=1),
    )
    lines = table_of(ResourceType.SONG, [song]).lines(width, plain)
    assert lines[1].endswith("i.fJR1CqjFX9TDv2")
    assert ("…" in lines[1]) == (width is not None)
    assert ("Album" in lines[0]) == (width != 72)


def test_columns_with_nothing_in_them_are_left_out() -> None:
    table = table_of(ResourceType.ALBUM, [Album(id="1", name="Alone")])
    assert table.lines(80, plain) == ["Title  Id", "Alone  1"]


def test_wide_letters_keep_the_columns_below_each_other() -> None:
    songs = [Song(id="1", name="夜に駆ける", artist_name="YOASOBI"), Song(id="2", name="Plain")]
    assert table_of(ResourceType.SONG, songs).lines(80, plain) == [
        "Title       Artist   Id",
        "夜に駆ける  YOASOBI  1",
        "Plain                2",
    ]


def test_kinds_and_marks() -> None:
    song = Song(id="1", name="Loud", content_rating=ContentRating.EXPLICIT)
    album = Album(id="2", name="Whole", artist_name="Who")
    assert [table.title for table in tables_by_kind([song, album, song])] == ["Songs", "Albums"]
    assert "Loud [E]" in table_of(ResourceType.SONG, [song]).lines(80, plain)[1]
    assert mixed_table([song, album], first=3).lines(80, plain) == [
        "#  Type   Name   By   Id",
        "3  song   Loud        1",
        "4  album  Whole  Who  2",
    ]
    assert "Album" not in tracks_table([Song(id="1", album_name="A")], album=False).lines(80, plain)


def test_padding() -> None:
    assert padded("夜", 4) + "|" == "夜  |"
    assert padded("3:05", 6, right=True) == "  3:05"
