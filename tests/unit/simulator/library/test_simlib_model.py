"""The library itself: generated, changed, cheap when large."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.deep_catalogue import (
    album_number_of,
    make_album,
    make_song,
    song_id_of_isrc,
    song_range,
    with_depth,
)
from applemusic_simulator.library.ids import LibraryIds
from applemusic_simulator.library.items import Origin
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Album, Artist, Catalogue, Song

NOW = 1_800_000_000.0


def libraries(seed: int = 1) -> Libraries:
    return Libraries(with_depth(make_catalogue(seed)), lambda: NOW, seed)


@pytest.fixture
def library() -> Library:
    return libraries().of("demo")


def names(library: Library) -> list[str]:
    return [song.words.name for song in library.songs()]


def test_the_small_library_is_what_somebody_could_have(library: Library) -> None:
    songs = list(library.songs())
    assert 170 <= len(songs) <= 230
    assert len(library.albums()) == 30
    assert len(library.shelf.playlists) == 10
    assert {folder.name for folder in library.shelf.folders.values()} == {
        "Moods",
        "Late",
        "Archive",
    }
    assert sum(song.origin is Origin.UPLOAD for song in songs) == 9
    assert sum(song.origin is Origin.PURCHASE for song in songs) >= 4
    assert [p.name for p in library.shelf.listed() if p.favorites] == ["Favorite Songs"]
    assert sum(not playlist.can_edit for playlist in library.shelf.listed()) == 4


def test_lost_songs_have_a_dead_id_and_the_recording_lives_on() -> None:
    catalogue = make_catalogue(1)
    library = Libraries(with_depth(catalogue), lambda: NOW, 1).of("demo")
    lost = [
        song
        for song in library.songs()
        if song.origin is Origin.SUBSCRIPTION and song.catalog_id not in catalogue.songs
    ]
    assert len(lost) == 3
    for song in lost:
        assert catalogue.songs[song.words.id].name == song.words.name
    withdrawn = [
        s for s in library.songs() if s.catalog_id in catalogue.songs and not s.words.playable
    ]
    assert len(withdrawn) >= 3


def test_same_seed_same_library_and_each_account_its_own() -> None:
    one, again = libraries(), libraries()
    assert [s.id for s in one.of("demo").songs()] == [s.id for s in again.of("demo").songs()]
    assert names(one.of("demo")) != names(one.of("guest"))
    assert not {s.id for s in one.of("demo").songs()} & {s.id for s in one.of("guest").songs()}


@pytest.mark.parametrize("size", [0, 1, 57, 300, 5_000])
def test_a_library_has_as_many_songs_as_were_asked_for(size: int) -> None:
    held = libraries()
    held.resize("demo", size)
    library = held.of("demo")
    songs = list(library.songs())
    assert len(library.song_numbers()) == len(songs) == len({song.id for song in songs}) == size
    assert sum(len(album.songs) for album in library._albums.values()) == size
    for song in songs:
        assert library.song(song.id) == song
    assert names(library) == sorted(names(library), key=str.casefold)


def test_a_hundred_thousand_songs_are_computed_not_kept() -> None:
    held = libraries()
    held.songs = 100_000
    library = held.of("demo")
    assert len(library.song_numbers()) == 100_000
    assert 11_000 < len(library.albums()) < 12_000
    kept = library._contents.song.cache_info().maxsize
    assert kept is not None
    assert kept < 10_000
    song = library.song_of(library.song_numbers()[77_777])
    assert library.song(song.id) == song
    twin = held._catalogue.songs[song.catalog_id]
    assert twin.name == song.words.name
    assert library.song_with(twin.id) == song


def test_a_song_added_again_has_another_id(library: Library) -> None:
    song = next(s for s in library.songs() if s.words.playable and s.catalog_id == s.words.id)
    assert library.add_song(song.catalog_id, NOW) is None
    library.remove_song(song)
    assert library.song(song.id) is None
    assert library.song_with(song.catalog_id) is None
    again = library.add_song(song.catalog_id, NOW)
    assert again is not None
    assert again.id != song.id
    assert library.song(song.id) is None
    assert names(library) == sorted(names(library), key=str.casefold)


def test_album_and_artist_go_with_their_last_song(library: Library) -> None:
    artist = next(a for a in library.artists() if len(a.albums) == 1)
    (key,) = artist.albums
    album = library.album_with(key)
    assert album is not None
    library.remove_album(album)
    assert library.album(album.id) is None
    assert library.artist(artist.id) is None
    assert album not in library.albums()


def test_an_album_is_completed_and_counted() -> None:
    held = libraries()
    held.resize("demo", 0)
    library = held.of("demo")
    source = next(a for a in held._catalogue.albums.values() if len(a.song_ids) > 8)
    playable = [key for key in source.song_ids if held._catalogue.songs[key].playable]
    library.add_song(playable[4], NOW)
    album = library.album_with(source.id)
    assert album is not None
    assert len(album.songs) == 1
    library.add_album(source.id, NOW + 60)
    tracks = [library.song_of(number).catalog_id for number in album.songs]
    assert tracks == playable
    assert album.added_at == NOW
    assert [artist.catalog_id for artist in library.artists()] == [source.artist_id]


def test_an_upload_without_album_stands_alone(library: Library) -> None:
    song = next(s for s in library.songs() if s.words.name == "New Recording 12")
    assert (song.album_name, song.artist_name, song.catalog_id) == ("", "", "")
    assert all(album.name for album in library.albums())
    assert all(artist.name for artist in library.artists())
    library.remove_song(song)
    assert library.song(song.id) is None


def test_rows_of_a_removed_upload_go_too(library: Library) -> None:
    trip = next(p for p in library.shelf.listed() if p.name == "Road Trip")
    uploads = [row for row in trip.rows if row.startswith("i.") and library.song(row)]
    song = library.song(uploads[-1])
    assert song is not None
    library.remove_song(song)
    assert song.id not in trip.rows


def test_a_tiny_catalogue_makes_a_tiny_library() -> None:
    song = Song("1", "One", "9", "8", 1, 1, 8_000, 5, "XX", "Pop", "Nobody", "2020-01-01")
    catalogue = Catalogue(
        artists={"9": Artist("9", "Artist", "Pop", ("8",))},
        albums={"8": Album("8", "Album", "9", ("1",), "Pop", "2020-01-01", "1", "Label")},
        songs={"1": song},
    )
    library = Libraries(with_depth(catalogue), lambda: NOW, 1).of("demo")
    assert library.song_with("1") is not None


@given(st.integers(0, 9_999_999))
def test_deep_songs_stand_on_their_albums_and_are_found_by_isrc(number: int) -> None:
    album = album_number_of(number)
    assert number in song_range(album)
    song = make_song(number)
    assert make_album(album).song_ids[song.track_number - 1] == song.id
    assert song_id_of_isrc(song.isrc) == song.id


@given(st.text(max_size=20))
def test_no_isrc_breaks_the_search(text: str) -> None:
    found = song_id_of_isrc(text)
    assert not found or with_depth(Catalogue()).songs[found].isrc == text


@given(st.sampled_from("iplr"), st.integers(0, 2**40))
def test_ids_lead_back_to_their_number(letter: str, number: int) -> None:
    ids = LibraryIds(1, "demo")
    made = ids.make(letter, number)
    assert made.startswith(f"{letter}.")
    assert ids.number(letter, made) == number


@given(
    st.one_of(st.text(), st.from_regex(r"[ilpr]\.[0-9A-Za-z]{7}([0-9A-Za-z]{7})?", fullmatch=True))
)
def test_any_text_is_an_id_or_is_not(text: str) -> None:
    ids = LibraryIds(1, "demo")
    for letter in "iplr":
        number = ids.number(letter, text)
        assert number is None or ids.make(letter, number) == text


@given(st.text(max_size=12))
def test_any_text_is_in_the_deep_catalogue_or_is_not(text: str) -> None:
    songs = with_depth(Catalogue()).songs
    assert text not in songs or songs[text].id == text
