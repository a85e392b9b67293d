"""LibraryService: a function for each RPC. Ids that only a listener has are parameters."""

from applemusic import Client, ResourceRef, ResourceType
from applemusic.models import SyncCheckpoint, SyncRemoval, SyncUpsert


async def list_library_songs(music: Client) -> None:
    async for page in music.library.songs(page_size=50).pages():
        for song in page:
            print(song.id, song.name, "by", song.artist_name)
        print(len(page), "of", page.total_count)
        break  # the others in the same way; what is not asked for is not read


async def list_library_albums(music: Client) -> None:
    for album in await music.library.albums().to_list(10):
        print(album.id, album.name)


async def list_library_artists(music: Client) -> None:
    for artist in await music.library.artists().to_list(10):
        print(artist.id, artist.name)


async def list_library_playlists(music: Client) -> None:
    async for playlist in music.library.playlists():
        print(playlist.id, playlist.name, "editable:", playlist.editable)


async def list_library_music_videos(music: Client) -> None:
    for video in await music.library.music_videos().to_list(10):
        print(video.id, video.name)


async def list_playlist_folder_children(music: Client) -> None:
    async for child in music.library.folder_children():  # of the root; else folder_children(id)
        print(type(child).__name__, child.id, child.name)


async def list_library_album_tracks(music: Client, album_id: str) -> None:
    async for track in music.library.album_tracks(album_id):
        print(track.name)


async def list_library_playlist_tracks(music: Client, playlist_id: str) -> None:
    async for track in music.library.playlist_tracks(playlist_id):
        print(track.id, track.name)


async def list_library_artist_albums(music: Client, artist_id: str) -> None:
    async for album in music.library.artist_albums(artist_id):
        print(album.name)


async def batch_get_library_items(music: Client, song_id: str) -> None:
    items = await music.library.batch_get([ResourceRef(ResourceType.SONG, song_id)])
    print([item.name for item in items], "not there:", items.missing)


async def search_library(music: Client) -> None:
    found = await music.library.search("amber", types=[ResourceType.SONG])
    for song in found.songs:
        print(song.name, "by", song.artist_name)


async def list_recently_added(music: Client) -> None:
    for item in await music.library.recently_added().to_list(5):
        print(type(item).__name__, item.name)


async def sync_library(music: Client, sync_token: str) -> None:
    """A copy of the library's albums; `sync_token` is empty the first time."""
    albums: dict[str, str] = {}  # kept with the token for the next time
    async for change in music.library.sync(types=[ResourceType.ALBUM], sync_token=sync_token):
        match change:
            case SyncUpsert(resource=resource) if resource is not None:
                albums[resource.id] = resource.name
            case SyncRemoval(resource=resource) if resource is not None:
                albums.pop(resource.id, None)
            case SyncCheckpoint(sync_token=token, complete=complete):
                sync_token = token
                print(len(albums), "albums; complete:", complete)


async def add_to_library(music: Client) -> None:
    refused = await music.library.add([ResourceRef(ResourceType.SONG, "1603789145")])
    print("refused by Apple:", refused)


async def remove_from_library(music: Client, song_id: str) -> None:
    absent = await music.library.remove([ResourceRef(ResourceType.SONG, song_id)])
    print("were not there:", absent)


async def create_playlist(music: Client) -> None:
    songs = await music.catalog.batch_get_songs(["1603789145", "1603789151"])
    playlist = await music.library.create_playlist(
        "Rainy Days", description="For the window seat", tracks=songs
    )
    print(playlist.id, playlist.name)


async def update_playlist(music: Client, playlist_id: str) -> None:
    playlist = await music.library.update_playlist(playlist_id, name="Rainier Days")
    print(playlist.name)  # the description is what it was


async def delete_playlist(music: Client, playlist_id: str) -> None:
    await music.library.delete_playlist(playlist_id)
    print("deleted", playlist_id)


async def add_playlist_tracks(music: Client, playlist_id: str) -> None:
    songs = [ResourceRef(ResourceType.SONG, "1603789143")]
    refused = await music.library.add_playlist_tracks(playlist_id, songs, skip_duplicates=True)
    print("refused by Apple:", refused)


async def remove_playlist_tracks(music: Client, playlist_id: str) -> None:
    count = await music.library.remove_playlist_tracks(playlist_id, positions=[0])
    print(count, "removed")


async def move_playlist_tracks(music: Client, playlist_id: str) -> None:
    await music.library.move_playlist_tracks(playlist_id, start_index=1, count=1, target_index=0)
    print("the second is the first now")


async def replace_playlist_tracks(music: Client, playlist_id: str) -> None:
    songs = [ResourceRef(ResourceType.SONG, "1603789143")]
    refused = await music.library.replace_playlist_tracks(playlist_id, songs)
    print("refused by Apple:", refused)


async def create_playlist_folder(music: Client) -> None:
    folder = await music.library.create_playlist_folder("Weather")
    print(folder.id, folder.name)


async def update_playlist_folder(music: Client, folder_id: str) -> None:
    folder = await music.library.rename_playlist_folder(folder_id, "All weathers")
    print(folder.name)


async def delete_playlist_folder(music: Client, folder_id: str) -> None:
    await music.library.delete_playlist_folder(folder_id)
    print("deleted", folder_id)


async def move_to_playlist_folder(music: Client, playlist_id: str, folder_id: str) -> None:
    playlist = ResourceRef(ResourceType.PLAYLIST, playlist_id)
    await music.library.move_to_playlist_folder(playlist, folder_id)
    print(playlist_id, "is in", folder_id)
