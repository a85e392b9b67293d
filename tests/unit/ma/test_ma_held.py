"""Seeking in hosts that hold the sound of a song."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from music_assistant_models.enums import MediaType, StreamType
from music_assistant_models.media_items import AudioFormat

Part = Callable[[str], ModuleType]


@pytest.fixture
def held(part: Part) -> ModuleType:
    return part("held")


def details(held: ModuleType, **values: Any) -> Any:
    return held.HeldDetails(
        provider="p",
        item_id="1",
        audio_format=AudioFormat(),
        media_type=MediaType.TRACK,
        stream_type=StreamType.CUSTOM,
        **values,
    )


@pytest.mark.parametrize(
    ("reached", "place", "kept"), [(30.0, 90, False), (30.0, 31, False), (30.0, 20, True)]
)
def test_a_place_behind_what_was_given_costs_the_buffer(
    held: ModuleType,
    reached: float,
    place: int,
    kept: bool,  # noqa: FBT001 - a case
) -> None:
    closed: list[bool] = []
    stream = details(held)
    run = held.Run.of(stream, lambda: closed.append(True))
    run.reached = reached
    stream.buffer = object()
    stream.seek_position = place
    assert (stream.buffer is not None) is kept
    assert (run.ended, bool(closed)) == (not kept, not kept)


def test_nothing_happens_before_anything_was_given(held: ModuleType) -> None:
    stream = details(held)
    stream.buffer = object()
    stream.seek_position = 50
    assert stream.buffer is not None
    assert held.HOLDS is ("buffer" in stream.__dataclass_fields__)


def test_a_beginning_that_nobody_hears_comes_at_once(held: ModuleType) -> None:
    stream = details(held)
    assert held.passed_over(stream, 0) == 0
    stream.seek_position = 45
    assert held.passed_over(stream, 0) == (55 if held.HOLDS else 0), "newer hosts ask at the place"
    assert held.passed_over(stream, 45) == 0


def test_it_travels_as_details_do(held: ModuleType) -> None:
    stream = details(held)
    held.Run.of(stream, lambda: None)
    again = type(stream).from_dict(stream.to_dict())
    assert again.to_dict() == stream.to_dict()
    assert "_run" not in stream.to_dict()
