"""What a person may write to name something."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic.cli.exits import Exit
from applemusic.cli.naming import named
from applemusic.cli.problems import Problem
from applemusic.models.reference import ResourceRef, ResourceType


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("song:1440857781", ResourceType.SONG, "1440857781"),
        ("music-video:1", ResourceType.MUSIC_VIDEO, "1"),
        ("record-label:1", ResourceType.RECORD_LABEL, "1"),
        ("playlist:pl.f4d1", ResourceType.PLAYLIST, "pl.f4d1"),
        ("pl.u-abc", ResourceType.PLAYLIST, "pl.u-abc"),
        ("ra.978194965", ResourceType.STATION, "ra.978194965"),
        ("i.AbC", ResourceType.SONG, "i.AbC"),
        ("l.AbC", ResourceType.ALBUM, "l.AbC"),
        ("r.AbC", ResourceType.ARTIST, "r.AbC"),
        ("p.AbC", ResourceType.PLAYLIST, "p.AbC"),
    ],
)
def test_known_without_asking(text: str, kind: ResourceType, found: str) -> None:
    assert named(text).reference == ResourceRef(kind, found)


@pytest.mark.parametrize(
    "text",
    [
        "https://music.apple.com/us/album/x/1440857781",
        "music.apple.com/us/album/x/1440857781",
        "itmss://music.apple.com/us/album/x/1440857781",
    ],
)
def test_addresses(text: str) -> None:
    found = named(text)
    assert found.reference is None
    assert found.text.endswith("music.apple.com/us/album/x/1440857781")
    assert "://" in found.text


def test_a_bare_number_is_looked_for() -> None:
    found = named("1440857781")
    assert (found.reference, found.id) == (None, "1440857781")


@pytest.mark.parametrize(
    "text", ["", "x", "song:", "foo:1", "pl.", "12 3", "٣", "playlist-folder:1"]
)
def test_nothing(text: str) -> None:
    with pytest.raises(Problem, match="names nothing") as caught:
        named(text)
    assert caught.value.exit is Exit.USAGE
    assert "search" in caught.value.next_step


@given(st.text())
def test_something_or_a_problem(text: str) -> None:
    try:
        found = named(text)
    except Problem as problem:
        assert problem.exit is Exit.USAGE  # noqa: PT017 - either is right
    else:
        assert found.id or found.reference is None
