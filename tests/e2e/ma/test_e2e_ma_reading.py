"""What the host reads: every method, on the simulator's catalog and library."""

from typing import Any

import pytest
from music_assistant_models import media_items as ma_models
from music_assistant_models.enums import ExternalID, MediaType
from music_assistant_models.errors import (
    MediaNotFoundError,
    ResourceTemporarilyUnavailable,
    UnsupportedFeaturedException,
)

from applemusic.models import Album, Song
from applemusic_simulator.social.lyrics import Timing, timing_of
from tests.e2e.ma.conftest import Loaded
from tests.support.ma.host import as_sent, round_trip

ALL = [MediaType.TRACK, MediaType.ALBUM, MediaType.ARTIST, MediaType.PLAYLIST, MediaType.RADIO]


def check(items: Any, loaded: Loaded) -> None:
    """Everything passes the host's conversion and belongs to the instance."""
    for item in items:
        assert as_sent(round_trip(item)) == as_sent(item)
        assert item.provider == loaded.host.instance_id
        for mapping in getattr(item, "provider_mappings", ()):
            assert mapping.item_id == item.item_id


async def test_search_finds_each_kind_and_no_more_than_asked_for(ma: Loaded) -> None:
    found = await ma.provider.search("the", ALL, 4)
    for each in (found.tracks, found.albums, found.artists, found.playlists):
        assert 1 < len(each) <= 4
        check(each, ma)
    only = await ma.provider.search("the", [MediaType.ALBUM], 30)
    assert (len(only.tracks), len(only.artists)) == (0, 0)
    assert 4 < len(only.albums) <= 30
    stations = await ma.provider.search("simulated", [MediaType.RADIO], 5)
    assert "Simulated One" in {each.name for each in stations.radio}
    every = await ma.provider.search("the", None, 2)
    assert every.tracks
    assert every.artists
    nothing = await ma.provider.search("  ", ALL, 4)
    assert not nothing.tracks


async def test_search_takes_apostrophes(ma: Loaded) -> None:
    plain = await ma.provider.search("paper", [MediaType.TRACK], 5)
    found = await ma.provider.search("paper's", [MediaType.TRACK], 5)
    assert {each.item_id for each in found.tracks} <= {each.item_id for each in plain.tracks}


async def test_one_of_each_by_catalog_id(ma: Loaded) -> None:
    for kind, method in (
        (MediaType.ARTIST, "get_artist"),
        (MediaType.ALBUM, "get_album"),
        (MediaType.TRACK, "get_track"),
        (MediaType.PLAYLIST, "get_playlist"),
    ):
        found = await ma.search(kind)
        full = await getattr(ma.provider, method)(found.item_id)
        check([full], ma)
        assert (full.item_id, full.name, full.media_type) == (found.item_id, found.name, kind)
        with pytest.raises(MediaNotFoundError):
            await getattr(ma.provider, method)("pl.none" if kind == "playlist" else "999")


async def test_one_of_each_by_library_id(ma: Loaded) -> None:
    library = ma.stage.music.library
    song = next(each for each in await library.songs().to_list() if not each.catalog_id)
    track = await ma.provider.get_track(song.library_id)
    assert (track.item_id, track.name) == (song.library_id, song.name)
    assert track.artists, "the host drops tracks without an artist"
    album = (await library.albums().to_list(1))[0]
    assert (await ma.provider.get_album(album.library_id)).name == album.name
    artist = (await library.artists().to_list(1))[0]
    assert (await ma.provider.get_artist(artist.library_id)).name == artist.name
    playlist = (await library.playlists().to_list(1))[0]
    assert (await ma.provider.get_playlist(playlist.library_id)).name == playlist.name
    for method in ("get_track", "get_album", "get_artist", "get_playlist"):
        with pytest.raises(MediaNotFoundError):
            await getattr(ma.provider, method)("i.nothing")
    tracks = await ma.provider.get_album_tracks(album.library_id)
    assert len(tracks) == len(await library.album_tracks(album.library_id).to_list())
    assert await ma.provider.get_artist_albums(artist.library_id)
    assert await ma.provider.get_artist_toptracks(artist.library_id)


async def test_an_artist_of_whom_only_the_name_is_known(ma: Loaded) -> None:
    artist = await ma.provider.get_artist("artist-name:Me")
    assert artist.name == "Me"
    for method in (
        "get_artist_albums",
        "get_artist_tracks",
        "get_artist_toptracks",
        "get_artist_topalbums",
        "get_similar_artists",
    ):
        assert await getattr(ma.provider, method)("artist-name:Me") == []


async def test_albums_and_their_tracks(ma: Loaded) -> None:
    catalogue = ma.stage.simulator.world.catalogue
    longest = max(catalogue.albums.values(), key=lambda album: len(album.song_ids))
    tracks = await ma.provider.get_album_tracks(longest.id)
    assert [each.item_id for each in tracks] == list(longest.song_ids)
    check(tracks, ma)
    assert await ma.provider.get_album_versions("l.mine") == []
    for album in catalogue.albums.values():
        versions = await ma.provider.get_album_versions(album.id)
        if versions:
            check(versions, ma)
            assert album.id not in {each.item_id for each in versions}
            break


async def test_artists_and_what_is_like_them(ma: Loaded) -> None:
    artist = await ma.search(MediaType.ARTIST)
    albums = await ma.provider.get_artist_albums(artist.item_id)
    top = await ma.provider.get_artist_toptracks(artist.item_id)
    tracks = await ma.provider.get_artist_tracks(artist.item_id)
    assert [each.item_id for each in tracks][: len(top)] == [each.item_id for each in top]
    assert await ma.provider.get_artist_topalbums(artist.item_id)
    similar = await ma.provider.get_similar_artists(artist.item_id, 3)
    assert 0 < len(similar) <= 3
    assert artist.item_id not in {each.item_id for each in similar}
    for each in (albums, top, tracks, similar):
        check(each, ma)


async def test_songs_like_another(ma: Loaded) -> None:
    track = await ma.search(MediaType.TRACK)
    similar = await ma.provider.get_similar_tracks(track.item_id, 12)
    ids = [each.item_id for each in similar]
    assert 5 < len(ids) <= 12
    assert len(set(ids)) == len(ids)
    assert track.item_id not in ids
    check(similar, ma)
    assert await ma.provider.get_similar_tracks(track.item_id, 0) == []


async def test_playlists_page_by_page(ma: Loaded) -> None:
    playlist = await ma.search(MediaType.PLAYLIST)
    whole = await ma.stage.music.catalog.playlist_tracks(playlist.item_id).to_list()
    songs = {at: each for at, each in enumerate(whole, 1) if isinstance(each, Song)}
    pages: list[Any] = []
    while page := await ma.provider.get_playlist_tracks(playlist.item_id, len(pages)):
        pages.append(page)
    assert len(pages) > 1
    tracks = [track for page in pages for track in page]
    check(tracks, ma)
    assert {each.position: each.name for each in tracks} == {
        at: song.name for at, song in songs.items()
    }
    # A page out of turn, as after a restart: nothing is remembered of the pages before.
    ma.provider.playlists._places.clear()
    again = await ma.provider.get_playlist_tracks(playlist.item_id, 1)
    assert [(each.item_id, each.position) for each in again] == [
        (each.item_id, each.position) for each in pages[1]
    ]
    ma.provider.playlists._places.clear()
    assert await ma.provider.get_playlist_tracks(playlist.item_id, 9) == []


async def test_codes_lead_to_songs_and_albums(ma: Loaded) -> None:
    track = await ma.provider.get_track((await ma.search(MediaType.TRACK)).item_id)
    isrc = next(value for kind, value in track.external_ids if kind == ExternalID.ISRC)
    dashed = f"{isrc[:2]}-{isrc[2:5]}-{isrc[5:7]}-{isrc[7:]}".lower()
    for code in (isrc, dashed):
        found = await ma.provider.get_track_by_external_id(code, ExternalID.ISRC)
        assert (ExternalID.ISRC, isrc) in found.external_ids
    assert await ma.provider.get_track_by_external_id("QZAAA2400000", ExternalID.ISRC) is None
    assert await ma.provider.get_track_by_external_id(isrc, ExternalID.BARCODE) is None
    album = await ma.search(MediaType.ALBUM)
    upc = next(value for _, value in album.external_ids)
    found = await ma.provider.get_album_by_external_id(upc, ExternalID.BARCODE)
    assert (ExternalID.BARCODE, upc) in found.external_ids
    assert await ma.provider.get_album_by_external_id(upc, ExternalID.ASIN) is None


async def test_lyrics_come_with_the_full_song(ma: Loaded) -> None:
    catalogue = ma.stage.simulator.world.catalogue.songs.values()
    timed = next(song for song in catalogue if timing_of(song) is not Timing.NONE)
    track = await ma.provider.get_track(timed.id)
    assert track.metadata.lyrics
    assert track.metadata.lrc_lyrics.lstrip().startswith("[")
    silent = next(song for song in catalogue if not song.has_lyrics)
    track = await ma.provider.get_track(silent.id)
    assert (track.metadata.lyrics, track.metadata.lrc_lyrics) == (None, None)


async def test_a_song_whose_lyrics_fail_is_still_a_song(ma: Loaded) -> None:
    songs = await ma.stage.music.catalog.batch_get_songs(
        list(ma.stage.simulator.world.catalogue.songs)[:150]
    )
    timed = next(song for song in songs if song.has_lyrics)
    ma.stage.fault("api", "status", status=500, subject="lyrics", count=None)
    track = await ma.provider.get_track(timed.id)
    assert (track.name, track.metadata.lyrics) == (timed.name, None)


async def test_recommendations_are_playlists_and_albums_too(ma: Loaded) -> None:
    await ma.provider.recommended._reading
    rows = await ma.provider.get_recommendations()
    assert len(rows) > 3
    assert all(not row.items for row in rows)
    kinds = set()
    for row in rows:
        items = await ma.provider.get_recommendation_items(row.item_id)
        check(items, ma)
        kinds |= {each.media_type for each in items}
    assert {MediaType.ALBUM, MediaType.PLAYLIST} <= kinds
    folders = await ma.provider.recommendations()
    assert [each.item_id for each in folders] == [each.item_id for each in rows]
    for folder in folders:
        assert folder.items
        check(folder.items, ma)
        assert ma_models.RecommendationFolder.from_dict(folder.to_dict()).name == folder.name


async def test_rows_never_wait_for_anybody(ma: Loaded) -> None:
    await ma.provider.recommended._reading
    ma.stage.fault("api", "status", status=500, count=None)
    assert await ma.provider.get_recommendations()
    with pytest.raises(ResourceTemporarilyUnavailable):
        await ma.provider.get_recommendation_items("heavy_rotation")


async def test_browsing(ma: Loaded) -> None:
    root = f"{ma.host.instance_id}://"
    top = {each.item_id: each for each in await ma.provider.browse(root)}
    assert {
        "artists",
        "albums",
        "tracks",
        "playlists",
        "recommendations",
        "stations",
        "charts",
    } <= (top.keys())
    pages, folders, kinds = [each.path for each in top.values()], 0, set()
    for path in pages:
        name = path.partition("://")[2]
        if name in {"artists", "albums", "tracks", "radios"}:
            with pytest.raises(KeyError):
                await ma.provider.browse(path)  # the host's own answer
            continue
        found = await ma.provider.browse(path)
        assert found, path
        check([each for each in found if each.media_type != MediaType.FOLDER], ma)
        kinds |= {each.media_type for each in found}
        if folders < 60:
            pages += [each.path for each in found if each.media_type == MediaType.FOLDER]
            folders += 1
    assert {MediaType.TRACK, MediaType.ALBUM, MediaType.PLAYLIST, MediaType.RADIO} <= kinds


async def test_stations_play_on_and_on(ma: Loaded) -> None:
    ours = [
        each
        for each in await ma.provider.browse("x://stations/personal")
        if each.name.endswith("Station")
    ]
    (station,) = ours
    method = (
        ma.provider.get_dynamic_radio_tracks
        if station.media_type == MediaType.RADIO
        else ma.provider.get_playlist_tracks
    )
    first = await method(station.item_id)
    second = await method(station.item_id)
    check(first, ma)
    assert first
    assert [each.item_id for each in first] != [each.item_id for each in second]
    place = dict(ma.provider.radio._sessions)
    assert await ma.provider.get_dynamic_radio_tracks(station.item_id, sample=True)
    assert ma.provider.radio._sessions == place, "a look does not move what is played"
    assert await ma.provider.get_playlist_tracks(station.item_id, 1) == []
    get, other = ma.provider.get_radio, ma.provider.get_playlist
    if station.media_type == MediaType.PLAYLIST:
        get, other = other, get
    assert (await get(station.item_id)).name == station.name
    with pytest.raises(MediaNotFoundError):
        await other(station.item_id)
    live = (await ma.provider.browse("x://stations/live"))[0]
    with pytest.raises(UnsupportedFeaturedException):
        await ma.provider.get_dynamic_radio_tracks(live.item_id)


async def test_short_lived_pictures_are_fetched_anew(ma: Loaded) -> None:
    lasting = [
        image
        for playlist in await ma.library("playlists")
        for image in playlist.metadata.images or ()
        if not image.remotely_accessible
    ]
    assert lasting, "covers of own playlists are short-lived"
    address = await ma.provider.resolve_image(lasting[0].path)
    assert address.startswith("http")
    assert await ma.provider.resolve_image("https://elsewhere.example/x.jpg") == (
        "https://elsewhere.example/x.jpg"
    )
    for gone in ("song/i.gone", "album/123"):
        with pytest.raises(MediaNotFoundError):
            await ma.provider.resolve_image(gone)


async def test_what_apple_refuses_is_told_in_the_hosts_words(ma: Loaded) -> None:
    ma.stage.fault("api", "status", status=503, count=None)
    with pytest.raises(ResourceTemporarilyUnavailable) as caught:
        await ma.provider.search("elephant", [MediaType.ALBUM], 3)
    assert "Apple" in str(caught.value)


def test_a_model_of_the_client_is_never_what_the_host_gets() -> None:
    assert not issubclass(Album, ma_models.MediaItem)
