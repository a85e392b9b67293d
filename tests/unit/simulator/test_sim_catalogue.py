"""The fictional catalogue holds what tests and the demo rely on."""

from collections import Counter

from applemusic_simulator.catalogue import INTERLUDES, VARIOUS_ARTISTS, make_catalogue
from applemusic_simulator.model import Catalogue


def test_is_large_enough_and_the_same_for_a_seed() -> None:
    one, again, other = make_catalogue(1), make_catalogue(1), make_catalogue(2)
    assert one == again
    assert one.songs.keys() != other.songs.keys()
    for catalogue in (one, other):
        assert len(catalogue.artists) >= 12
        assert len(catalogue.albums) >= 40
        assert 400 <= len(catalogue.songs) <= 550
        assert len(catalogue.playlists) >= 6
        assert max(len(found.song_ids) for found in catalogue.playlists.values()) > 100


def test_ids_are_digits_and_belong_to_one_thing(catalogue: Catalogue) -> None:
    ids = [*catalogue.artists, *catalogue.albums, *catalogue.songs, *catalogue.music_videos]
    assert all(item_id.isdecimal() for item_id in ids)
    assert len(set(ids)) == len(ids)


def test_everything_points_at_something(catalogue: Catalogue) -> None:
    for song in catalogue.songs.values():
        assert song.id in catalogue.albums[song.album_id].song_ids
        assert {song.artist_id, *song.featured_artist_ids} <= catalogue.artists.keys()
        assert song.genre in catalogue.genres.values()
        assert len(song.isrc) == 12
    for artist in catalogue.artists.values():
        assert set(artist.album_ids) <= catalogue.albums.keys()
        assert set(artist.similar_ids) <= catalogue.artists.keys() - {artist.id}
        assert bool(artist.similar_ids) == (artist.name != VARIOUS_ARTISTS)
    for playlist in catalogue.playlists.values():
        assert set(playlist.song_ids) <= catalogue.songs.keys()
        assert len(set(playlist.song_ids)) == len(playlist.song_ids)


def test_has_the_special_albums(catalogue: Catalogue) -> None:
    albums = list(catalogue.albums.values())
    assert sum(album.is_compilation for album in albums) == 1
    assert sum(album.is_continuous_mix for album in albums) == 1
    assert any(album.is_live for album in albums)
    assert any(album.is_single for album in albums)
    explicit = {album.name for album in albums if album.content_rating == "explicit"}
    clean = {album.name for album in albums if album.content_rating == "clean"}
    assert explicit & clean
    for album in albums:
        ratings = {catalogue.songs[song_id].content_rating for song_id in album.song_ids}
        assert ratings == {album.content_rating}
    assert {len(album.upc) for album in albums} == {12, 14}
    assert any(
        song.disc_number == 2 and song.track_number == 1 for song in catalogue.songs.values()
    )


def test_interludes_are_short_and_the_rest_is_not(catalogue: Catalogue) -> None:
    (interludes,) = (album for album in catalogue.albums.values() if album.name == INTERLUDES)
    short = [catalogue.songs[song_id].duration_ms for song_id in interludes.song_ids]
    assert all(8_000 <= duration <= 20_000 for duration in short)
    others = [
        song.duration_ms
        for song in catalogue.songs.values()
        if song.album_id != interludes.id and song.mix is None
    ]
    assert min(others) > 90_000
    assert sum(150_000 <= duration <= 260_000 for duration in others) / len(others) > 0.75


def test_the_songs_of_the_continuous_mix_are_parts_of_one_piece(catalogue: Catalogue) -> None:
    (mix,) = (album for album in catalogue.albums.values() if album.is_continuous_mix)
    songs = [catalogue.songs[song_id] for song_id in mix.song_ids]
    assert all(20_500 <= song.duration_ms <= 30_000 for song in songs)
    for index, song in enumerate(songs):
        assert song.mix
        assert song.mix.index == index
        assert song.mix.lengths_ms == tuple(each.duration_ms for each in songs)
        assert song.mix.seed == songs[0].seed
    assert sum(song.mix is not None for song in catalogue.songs.values()) >= len(songs)


def test_recordings_are_shared_and_some_are_withdrawn(catalogue: Catalogue) -> None:
    shared = Counter(song.isrc for song in catalogue.songs.values())
    assert max(shared.values()) >= 2
    withdrawn = [song for song in catalogue.songs.values() if not song.playable]
    assert 2 <= len(withdrawn) <= 10
    twins = [
        other
        for song in withdrawn
        for other in catalogue.songs.values()
        if other.isrc == song.isrc and other.playable
    ]
    assert twins, "no withdrawn song can be replaced by another release of it"


def test_the_same_recording_sounds_the_same(catalogue: Catalogue) -> None:
    by_isrc: dict[str, set[tuple[int, int]]] = {}
    for song in catalogue.songs.values():
        by_isrc.setdefault(song.isrc, set()).add((song.seed, song.duration_ms))
    assert all(len(sounds) == 1 for sounds in by_isrc.values())
    assert len({seed for sounds in by_isrc.values() for seed, _ in sounds}) == len(by_isrc)
