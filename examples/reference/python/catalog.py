"""CatalogService: a function for each RPC, with ids of the simulator's catalog."""

from applemusic import ArtistAlbumKind, Client, ReadOptions, ResourceRef, ResourceType, View
from applemusic.models import LyricsTiming, Relation


async def search(music: Client) -> None:
    kinds = [ResourceType.SONG, ResourceType.ALBUM]
    found = await music.catalog.search("interlude", types=kinds, page_size=5)
    for song in found.songs:
        print(song.name, "by", song.artist_name, song.duration)
    for album in found.albums:
        print(album.name, "with", album.track_count, "tracks")


async def search_suggestions(music: Client) -> None:
    found = await music.catalog.search_suggestions("inter", term_limit=5)
    for suggestion in found.suggestions:
        print(suggestion.display_term)


async def get_song(music: Client) -> None:
    song = await music.catalog.get_song("1603789145", options=ReadOptions(view=View.FULL))
    print(song.name, "by", song.artist_name, song.isrc, song.release_date)


async def batch_get_songs(music: Client) -> None:
    songs = await music.catalog.batch_get_songs(["1603789145", "1603789151", "999999999"])
    for song in songs:
        print(song.id, song.name)
    print("not there:", songs.missing)


async def get_album(music: Client) -> None:
    album = await music.catalog.get_album("1603789138")
    print(album.name, "by", album.artist_name, album.track_count, "tracks")


async def batch_get_albums(music: Client) -> None:
    for album in await music.catalog.batch_get_albums(["1603789138", "1603878704"]):
        print(album.name, album.upc)


async def get_artist(music: Client) -> None:
    artist = await music.catalog.get_artist("1400000701")
    print(artist.name, artist.genre_names)


async def batch_get_artists(music: Client) -> None:
    for artist in await music.catalog.batch_get_artists(["1400000701", "1409000119"]):
        print(artist.name)


async def get_playlist(music: Client) -> None:
    playlist = await music.catalog.get_playlist("pl.a97a854fad0b33ce654d1172cd872023")
    print(playlist.name, "by", playlist.curator_name)


async def batch_get_playlists(music: Client) -> None:
    ids = ["pl.a97a854fad0b33ce654d1172cd872023"]
    for playlist in await music.catalog.batch_get_playlists(ids):
        print(playlist.name, playlist.last_modified_time)


async def get_station(music: Client) -> None:
    station = await music.catalog.get_station("ra.6005892543")
    print(station.name, station.kind)


async def batch_get_stations(music: Client) -> None:
    for station in await music.catalog.batch_get_stations(["ra.6005892543", "ra.187476016"]):
        print(station.name)


async def get_music_video(music: Client) -> None:
    video = await music.catalog.get_music_video("1500000009")
    print(video.name, "by", video.artist_name, video.duration)


async def batch_get_music_videos(music: Client) -> None:
    for video in await music.catalog.batch_get_music_videos(["1500000009", "1500000008"]):
        print(video.name)


async def get_genre(music: Client) -> None:
    genre = await music.catalog.get_genre("20")
    print(genre.id, genre.name)


async def batch_get_genres(music: Client) -> None:
    for genre in await music.catalog.batch_get_genres(["20", "5"]):
        print(genre.name)


async def get_curator(music: Client) -> None:
    curator = await music.catalog.get_curator("987984386")
    print(curator.name, "is Apple:", curator.apple)


async def get_record_label(music: Client) -> None:
    label = await music.catalog.get_record_label("1543301417")
    print(label.name, label.url)


async def list_album_tracks(music: Client) -> None:
    async for track in music.catalog.album_tracks("1603789138"):
        print(track.name, track.duration)


async def list_playlist_tracks(music: Client) -> None:
    tracks = music.catalog.playlist_tracks("pl.a97a854fad0b33ce654d1172cd872023")
    for track in await tracks.to_list(10):
        print(track.name, "by", track.artist_name)


async def list_artist_albums(music: Client) -> None:
    async for album in music.catalog.artist_albums("1400000701", ArtistAlbumKind.FULL_ALBUMS):
        print(album.name, album.release_date)


async def list_artist_top_songs(music: Client) -> None:
    for song in await music.catalog.artist_top_songs("1400000701").to_list(5):
        print(song.name)


async def list_similar_artists(music: Client) -> None:
    async for artist in music.catalog.similar_artists("1400000701"):
        print(artist.name)


async def list_related(music: Client) -> None:
    artist = ResourceRef(ResourceType.ARTIST, "1400000701")
    async for playlist in music.catalog.related(artist, Relation.FEATURED_PLAYLISTS):
        print(playlist.name)


async def list_charts(music: Client) -> None:
    kinds = [ResourceType.SONG]
    async for page in music.catalog.charts(types=kinds, genre_id="20", page_size=5):
        for chart in page:
            print(chart.name, [song.name for song in chart.items])
        break  # the first five of each chart


async def list_genres(music: Client) -> None:
    async for genre in music.catalog.genres():
        print(genre.id, genre.name)


async def list_storefronts(music: Client) -> None:
    async for storefront in music.catalog.storefronts(language="en-US"):
        print(storefront.id, storefront.name)


async def lookup_isrc(music: Client) -> None:
    for match in await music.catalog.lookup_isrc(["QZSIM0800024"]):
        print(match.isrc, [song.name for song in match.songs])


async def lookup_upc(music: Client) -> None:
    for match in await music.catalog.lookup_upc(["195992543775"]):
        print(match.upc, [album.name for album in match.albums])


async def lookup_equivalents(music: Client) -> None:
    german = ReadOptions(storefront="de")
    matches = music.catalog.lookup_equivalents(ResourceType.SONG, ["1603789145"], options=german)
    for match in await matches:
        print(match.id, "is", [song.id for song in match.resources])


async def resolve_url(music: Client) -> None:
    url = "https://music.apple.com/us/album/estuary-attic/1603878704?i=1603878712"
    resource = await music.catalog.resolve_url(url)
    print(type(resource).__name__, resource.name)


async def get_lyrics(music: Client) -> None:
    lyrics = await music.catalog.lyrics("1603789145", timing=LyricsTiming.LINE)
    for line in lyrics.lines:
        print(line.start_offset, line.text)
