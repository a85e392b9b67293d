"""Client models become the host's, and pass its own way through JSON."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music_assistant_models import media_items as ma
from music_assistant_models.enums import AlbumType, ExternalID, MediaType

from applemusic.models import (
    Album,
    Artist,
    Artwork,
    Availability,
    ContentRating,
    EditorialNotes,
    FavoriteState,
    Genre,
    MusicVideo,
    PartialDate,
    Playlist,
    PlaylistFolder,
    PlaylistKind,
    Preview,
    ResourceRef,
    ResourceType,
    Song,
    Station,
    StationKind,
)
from tests.support.ma.host import as_sent, round_trip

Part = Callable[[str], ModuleType]
INSTANCE = "apple_music_grpc--abc"
COVER = Artwork(url="https://pictures.example/1000x1000.jpg", url_template="x")
SHORT_LIVED = Artwork(
    url="https://pictures.example/signed?x=1", expire_time=datetime(2026, 11, 23, tzinfo=UTC)
)
ANNA = ResourceRef(ResourceType.ARTIST, "77", "Anna")
ALBUM_REF = ResourceRef(ResourceType.ALBUM, "88", "First")

SONG = Song(
    id="i.abc",
    catalog_id="1",
    library_id="i.abc",
    name="One",
    artist_name="Anna & Ben",
    artists=(ANNA, ResourceRef(ResourceType.ARTIST, "78", "Ben")),
    album_name="First",
    album=ALBUM_REF,
    duration=timedelta(seconds=181.6),
    track_number=3,
    disc_number=1,
    isrc="QZABC2400001",
    content_rating=ContentRating.EXPLICIT,
    genre_names=("Pop", "Music"),
    release_date=PartialDate(2024, 5),
    artwork=COVER,
    previews=(Preview(url="https://previews.example/1.m4a"),),
    url="https://music.example/song/1",
    availability=Availability.CATALOG,
    favorite_state=FavoriteState.FAVORITE,
    date_added=datetime(2025, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC),
)
UPLOAD = Song(
    id="i.up",
    library_id="i.up",
    name="Mine",
    artist_name="Me",
    availability=Availability.UPLOADED,
    artwork=SHORT_LIVED,
)


@pytest.fixture
def items(part: Part) -> Any:
    return part("items").Items("apple_music_grpc", INSTANCE)


def mapping(item: Any) -> ma.ProviderMapping:
    (found,) = item.provider_mappings
    assert (found.item_id, found.provider_instance) == (item.item_id, INSTANCE)
    assert found.provider_domain == "apple_music_grpc"
    assert isinstance(found, ma.ProviderMapping)
    return found


def test_a_song(items: Any) -> None:
    track = round_trip(items.track(SONG))
    assert (track.item_id, track.name, track.duration) == ("1", "One", 182)
    assert [(each.item_id, each.name) for each in track.artists] == [("77", "Anna"), ("78", "Ben")]
    assert (track.album.item_id, track.album.name) == ("88", "First")
    assert (track.disc_number, track.track_number) == (1, 3)
    assert track.external_ids == {(ExternalID.ISRC, "QZABC2400001")}
    assert track.favorite is True
    assert track.metadata.explicit is True
    assert track.metadata.genres == {"Pop", "Music"}
    assert track.metadata.preview == "https://previews.example/1.m4a"
    assert track.metadata.release_date == datetime(2024, 5, 1, tzinfo=UTC)
    (image,) = track.metadata.images
    assert (image.path, image.remotely_accessible) == (COVER.url, True)
    found = mapping(track)
    assert (found.available, found.in_library, found.is_unique) == (True, True, None)
    assert found.url == "https://music.example/song/1"
    assert found.audio_format.bit_rate == 256
    if hasattr(track, "date_added"):
        assert track.date_added == datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_an_upload_keeps_its_artist_and_a_lasting_picture(items: Any) -> None:
    track = round_trip(items.track(UPLOAD))
    assert track.item_id == "i.up"
    (artist,) = track.artists
    assert (artist.item_id, artist.name) == ("artist-name:Me", "Me")
    assert track.album is None
    (image,) = track.metadata.images
    assert (image.path, image.remotely_accessible, image.provider) == ("song/i.up", False, INSTANCE)
    assert mapping(track).is_unique is True
    assert "signed" not in str(track.to_dict())


@pytest.mark.parametrize(
    ("availability", "current", "item_id", "available"),
    [
        (Availability.CATALOG, "", "1", True),
        (Availability.UNKNOWN, "", "1", True),
        (Availability.PURCHASED, "", "1", False),
        (Availability.WITHDRAWN, "", "1", False),
        (Availability.WITHDRAWN, "2", "2", True),
    ],
)
def test_availability(
    items: Any,
    availability: Availability,
    current: str,
    item_id: str,
    available: bool,  # noqa: FBT001 - a case
) -> None:
    song = Song(
        id="1", catalog_id="1", name="x", availability=availability, current_catalog_id=current
    )
    track = items.track(song, position=7)
    assert (track.item_id, track.position) == (item_id, 7)
    assert mapping(track).available is available


@pytest.mark.parametrize(
    ("state", "favorite"),
    [
        (FavoriteState.FAVORITE, True),
        (FavoriteState.DISLIKED, False),
        (FavoriteState.NONE, None),
        (FavoriteState.UNKNOWN, None),
    ],
)
def test_a_favorite_is_told_and_nothing_made_up(
    items: Any, state: FavoriteState, favorite: object
) -> None:
    unset = ma.Artist(item_id="1", provider="x", name="x", provider_mappings=set()).favorite
    found = items.artist(Artist(id="1", name="x", favorite_state=state)).favorite
    assert found is (unset if favorite is None else favorite)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({}, AlbumType.ALBUM),
        ({"single": True}, AlbumType.SINGLE),
        ({"single": True, "name": "Two Songs - EP"}, AlbumType.EP),
        ({"compilation": True}, AlbumType.COMPILATION),
    ],
)
def test_kinds_of_albums(items: Any, fields: dict[str, Any], kind: AlbumType) -> None:
    assert items.album(Album(id="1", **{"name": "x", **fields})).album_type is kind


def test_an_album(items: Any) -> None:
    album = round_trip(
        items.album(
            Album(
                id="88",
                catalog_id="88",
                name="First",
                artist_name="Anna",
                artists=(ANNA,),
                upc="00123",
                release_date=PartialDate(2024, 2, 30),
                copyright="© 2024",
                record_label="Label",
                editorial_notes=EditorialNotes(standard="<b>Loud</b> &amp; clear"),
                prerelease=True,
            )
        )
    )
    assert (album.year, album.artists[0].item_id) == (2024, "77")
    assert album.external_ids == {(ExternalID.BARCODE, "00123")}
    assert album.metadata.release_date is None, "the 30th of February is no day"
    assert (album.metadata.copyright, album.metadata.label) == ("© 2024", "Label")
    assert album.metadata.description == "Loud & clear"
    assert not mapping(album).available


def test_own_playlists_go_by_their_library_id_and_others_by_their_catalog_id(items: Any) -> None:
    own = items.playlist(
        Playlist(
            id="p.1",
            library_id="p.1",
            catalog_id="pl.u-1",
            kind=PlaylistKind.LIBRARY,
            name="Mine",
            editable=True,
        )
    )
    assert (own.item_id, own.is_editable, mapping(own).is_unique) == ("p.1", True, True)
    shared = items.playlist(
        Playlist(
            id="p.2",
            library_id="p.2",
            catalog_id="pl.2",
            kind=PlaylistKind.EDITORIAL,
            name="Theirs",
            curator_name="Editors",
        )
    )
    assert (shared.item_id, shared.owner) == ("pl.2", "Editors")
    assert mapping(shared).in_library is True
    assert as_sent(round_trip(own)) == as_sent(own)


def test_stations(items: Any, part: Part) -> None:
    live = round_trip(items.station(Station(id="ra.1", name="One", kind=StationKind.LIVE)))
    assert isinstance(live, ma.Radio)
    assert not mapping(live).available
    songs = items.station(
        Station(id="ra.2", name="Songs", kind=StationKind.TRACKS, playable=True, personal=True)
    )
    if part("items").STATIONS_ARE_RADIOS:
        assert isinstance(songs, ma.Radio)
        assert songs.to_dict()["is_dynamic"]
        assert not live.to_dict()["is_dynamic"]
    else:
        assert isinstance(songs, ma.Playlist)
    assert mapping(songs).available
    assert as_sent(round_trip(songs)) == as_sent(songs)
    show = items.station(
        Station(id="ra.3", name="Show", kind=StationKind.EPISODE, duration=timedelta(hours=1))
    )
    assert show.duration == 3600
    assert getattr(show, "is_endless", False) is False


def test_a_mix_keeps_its_order_and_leaves_out_what_the_host_has_no_place_for(items: Any) -> None:
    mixed = [
        Artist(id="77", name="Anna"),
        MusicVideo(id="5", name="Video"),
        Genre(id="14", name="Pop"),
        PlaylistFolder(id="p.f", name="Folder"),
        SONG,
    ]
    found = items.items(mixed)
    assert [each.media_type for each in found] == [
        MediaType.ARTIST,
        MediaType.FOLDER,
        MediaType.TRACK,
    ]
    assert found[1].path == f"{INSTANCE}://playlists/p.f"
    assert [each.media_type for each in items.media(mixed)] == [MediaType.ARTIST, MediaType.TRACK]
    assert as_sent(round_trip(found[1])) == as_sent(found[1])


def test_an_artist_of_whom_only_the_name_is_known(items: Any) -> None:
    artist = round_trip(items.named_artist("Me & You: 1/2"))
    assert (artist.item_id, artist.name) == ("artist-name:Me & You: 1/2", "Me & You: 1/2")
    assert mapping(artist).in_library is None


def test_notes_of_pictures_are_read_back(part: Part) -> None:
    images = part("images")
    for kind in (ResourceType.SONG, ResourceType.ALBUM, ResourceType.ARTIST, ResourceType.PLAYLIST):
        reference = ResourceRef(kind, "i.ab-c")
        assert images.noted(images.note(reference)) == reference
    assert images.noted("https://pictures.example/1.jpg") is None
    assert images.noted("station/ra.1") is None
    assert images.address(UPLOAD) == SHORT_LIVED.url
    assert images.address(Song(id="1")) == ""


@given(
    name=st.text(),
    line=st.text(),
    seconds=st.floats(0, 100_000),
    date=st.builds(PartialDate, st.integers(1, 9999), st.integers(0, 12), st.integers(0, 31)),
)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_song_passes_the_hosts_own_conversion(
    items: Any, name: str, line: str, seconds: float, date: PartialDate
) -> None:
    song = Song(
        id="1",
        catalog_id="1",
        name=name,
        artist_name=line,
        duration=timedelta(seconds=seconds),
        release_date=date,
    )
    track = items.track(song)
    back = round_trip(track)
    assert as_sent(back) == as_sent(track)
    assert (back.name, back.duration) == (name, round(seconds))
    assert back.metadata.release_date == track.metadata.release_date
