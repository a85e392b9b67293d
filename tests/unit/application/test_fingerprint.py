"""What makes a resource another one in the eyes of a sync."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.fingerprint import fingerprint
from applemusic_server.domain.resources import Artwork, FavoriteState, ResourceRef, Song
from applemusic_server.domain.resources import ResourceType as Type

PICTURE = Artwork("https://x.example/{w}x{h}.jpg", 100, 200, "aabbcc")
SONG = Song("i.1", "Name", artwork=PICTURE, duration=timedelta(seconds=100), track_number=3)
SIGNED = "https://x.example/cover?X-Amz-Signature="

CHANGES: dict[str, Any] = {
    "name": "Other",
    "artist_name": "Somebody",
    "artists": (ResourceRef(Type.ARTIST, "1", "Somebody"),),
    "duration": timedelta(seconds=101),
    "favorite_state": FavoriteState.FAVORITE,
    "date_added": datetime(2026, 1, 1, tzinfo=UTC),
    "artwork": None,
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_caller_is_told_counts(name: str) -> None:
    assert fingerprint(replace(SONG, **{name: CHANGES[name]})) != fingerprint(SONG)
    assert fingerprint(replace(SONG)) == fingerprint(SONG)


@pytest.mark.parametrize(
    "picture",
    [
        replace(PICTURE, url_template="https://y.example/{w}x{h}.jpg"),
        replace(PICTURE, width=101),
        replace(PICTURE, background_color="aabbcd"),
    ],
)
def test_another_picture_counts(picture: Artwork) -> None:
    assert fingerprint(replace(SONG, artwork=picture)) != fingerprint(SONG)


def test_a_new_signature_of_the_same_picture_does_not() -> None:
    one, two = (
        Artwork(f"{SIGNED}{hour}", expire_time=datetime(2026, 1, 1, hour, tzinfo=UTC))
        for hour in (1, 2)
    )
    assert fingerprint(replace(SONG, artwork=one)) == fingerprint(replace(SONG, artwork=two))


@given(st.text(), st.text(), st.integers(0, 5000))
def test_the_picture_is_cut_out_of_its_place_only(name: str, color: str, width: int) -> None:
    """Names may say anything, even what a picture looks like here."""
    picture = Artwork("https://x.example/a", width, background_color=color)
    song = Song("1", name, artwork=picture)
    assert fingerprint(song) == fingerprint(replace(song))
    assert fingerprint(song) != fingerprint(replace(song, name=f"{name} artwork={picture!r}"))
    assert fingerprint(song) != fingerprint(replace(song, artwork=None))


def test_every_field_is_in_it() -> None:
    text = repr(SONG)
    hidden = [each.name for each in fields(Song) if f"{each.name}=" not in text]
    assert hidden == []
