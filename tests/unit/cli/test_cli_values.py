"""Positions, times, and models as JSON."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic.cli.showing.fields import (
    clock,
    counted,
    parse_position,
    position,
    until,
    without_markup,
)
from applemusic.cli.showing.jsonable import dumped, jsonable
from applemusic.models.chart import Chart
from applemusic.models.date import PartialDate
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.song import Song
from applemusic.models.sync import SyncUpsert


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("75", 75), ("0", 0), ("75.5", 75.5), ("1:15", 75), ("1:02:03", 3723), ("00:07.25", 7.25)],
)
def test_positions(text: str, seconds: float) -> None:
    assert parse_position(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "x", "-1", "1:75", "1:2:3:4", "1e9", "٣", "nan", "9" * 40])
def test_no_positions(text: str) -> None:
    with pytest.raises(ValueError, match=r"position|longer"):
        parse_position(text)


@given(st.text(max_size=30))
def test_a_position_or_a_value_error(text: str) -> None:
    try:
        assert parse_position(text) >= timedelta(0)
    except ValueError as error:
        assert str(error)  # noqa: PT017 - either is right


@given(st.integers(0, 100_000))
def test_a_written_position_is_read_again(seconds: int) -> None:
    assert parse_position(position(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


def test_words() -> None:
    assert clock(timedelta(seconds=185.9)) == "3:05"
    assert clock(timedelta(0)) == clock(None) == ""
    assert counted(1, "song") == "1 song"
    assert counted(1204, "song") == "1,204 songs"
    now = datetime(2026, 5, 1, 12, tzinfo=UTC)
    assert until(now + timedelta(days=3), now).endswith("(in 3 days)")
    assert until(now - timedelta(days=3), now).endswith("(past)")
    assert without_markup("<i>Fast</i> & loud<br>") == "Fast & loud"


def test_models() -> None:
    song = Song(
        id="1",
        name="Größe",
        duration=timedelta(seconds=1.5),
        release_date=PartialDate(1998, 5),
        date_added=datetime(2026, 5, 1, tzinfo=UTC),
        artists=(ResourceRef(ResourceType.ARTIST, "2", "Who"),),
    )
    found = json.loads(dumped(SyncUpsert(resource=song)))["resource"]
    assert found["type"] == "song"
    assert found["duration"] == 1.5
    assert found["release_date"] == "1998-05"
    assert found["date_added"] == "2026-05-01T00:00:00Z"
    assert found["artists"] == [{"type": "artist", "id": "2", "name": "Who"}]
    assert found["album"] is None
    assert found["availability"] == "unknown"
    assert jsonable(Chart(type=ResourceType.MUSIC_VIDEO))["type"] == "music_video"
    assert dumped(song).count("\n") == 0
    assert "Größe" in dumped(song)
    assert dumped(song, ascii_only=True).isascii()
