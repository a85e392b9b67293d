"""Every method of every controller makes the call that it is named for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from typing import Any

import pytest
from google.protobuf import descriptor_pool, message_factory

from applemusic import Client, Pager, ResourceRef, ResourceType, blocking, errors
from applemusic.models import Relation, Song, StationList

SERVICES = (
    "Auth",
    "Catalog",
    "Library",
    "Favorites",
    "Radio",
    "Recommendation",
    "Audio",
    "Server",
)
ALBUM = ResourceRef(ResourceType.ALBUM, "1")

METHODS: dict[str, Callable[[Any], Any]] = {
    "BeginSignIn": lambda m: m.auth.begin_sign_in(),
    "CancelSignIn": lambda m: m.auth.cancel_sign_in("s"),
    "SubmitMusicUserToken": lambda m: m.auth.submit_music_user_token("token", account="anna"),
    "ListAccounts": lambda m: m.auth.accounts(),
    "GetAccount": lambda m: m.auth.get_account("anna"),
    "RenewMusicUserToken": lambda m: m.auth.renew_music_user_token("anna"),
    "SignOut": lambda m: m.auth.sign_out("anna"),
    "Search": lambda m: m.catalog.search("x"),
    "SearchSuggestions": lambda m: m.catalog.search_suggestions("x", types=[ResourceType.SONG]),
    "GetSong": lambda m: m.catalog.get_song("1"),
    "GetAlbum": lambda m: m.catalog.get_album("1"),
    "GetArtist": lambda m: m.catalog.get_artist("1"),
    "GetPlaylist": lambda m: m.catalog.get_playlist("1"),
    "GetStation": lambda m: m.catalog.get_station("1"),
    "GetMusicVideo": lambda m: m.catalog.get_music_video("1"),
    "GetGenre": lambda m: m.catalog.get_genre("1"),
    "GetCurator": lambda m: m.catalog.get_curator("1"),
    "GetRecordLabel": lambda m: m.catalog.get_record_label("1"),
    "BatchGetSongs": lambda m: m.catalog.batch_get_songs(["1"]),
    "BatchGetAlbums": lambda m: m.catalog.batch_get_albums(["1"]),
    "BatchGetArtists": lambda m: m.catalog.batch_get_artists(["1"]),
    "BatchGetPlaylists": lambda m: m.catalog.batch_get_playlists(["1"]),
    "BatchGetStations": lambda m: m.catalog.batch_get_stations(["1"]),
    "BatchGetMusicVideos": lambda m: m.catalog.batch_get_music_videos(["1"]),
    "BatchGetGenres": lambda m: m.catalog.batch_get_genres(["1"]),
    "ListAlbumTracks": lambda m: m.catalog.album_tracks("1"),
    "ListPlaylistTracks": lambda m: m.catalog.playlist_tracks("1"),
    "ListArtistAlbums": lambda m: m.catalog.artist_albums("1"),
    "ListArtistTopSongs": lambda m: m.catalog.artist_top_songs("1"),
    "ListSimilarArtists": lambda m: m.catalog.similar_artists("1"),
    "ListRelated": lambda m: m.catalog.related(ALBUM, Relation.RELATED_ALBUMS),
    "ListCharts": lambda m: m.catalog.charts(),
    "ListGenres": lambda m: m.catalog.genres(),
    "ListStorefronts": lambda m: m.catalog.storefronts(),
    "LookupIsrc": lambda m: m.catalog.lookup_isrc(["a"]),
    "LookupUpc": lambda m: m.catalog.lookup_upc(["1"]),
    "LookupEquivalents": lambda m: m.catalog.lookup_equivalents(ResourceType.SONG, ["1"]),
    "ResolveUrl": lambda m: m.catalog.resolve_url("https://music.apple.com/us/album/1"),
    "GetLyrics": lambda m: m.catalog.lyrics("1"),
    "ListLibrarySongs": lambda m: m.library.songs(),
    "ListLibraryAlbums": lambda m: m.library.albums(),
    "ListLibraryArtists": lambda m: m.library.artists(),
    "ListLibraryPlaylists": lambda m: m.library.playlists(),
    "ListLibraryMusicVideos": lambda m: m.library.music_videos(),
    "ListPlaylistFolderChildren": lambda m: m.library.folder_children(),
    "ListLibraryAlbumTracks": lambda m: m.library.album_tracks("l.1"),
    "ListLibraryPlaylistTracks": lambda m: m.library.playlist_tracks("p.1"),
    "ListLibraryArtistAlbums": lambda m: m.library.artist_albums("r.1"),
    "BatchGetLibraryItems": lambda m: m.library.batch_get([Song(id="i.1")]),
    "SearchLibrary": lambda m: m.library.search("x"),
    "ListRecentlyAdded": lambda m: m.library.recently_added(),
    "SyncLibrary": lambda m: m.library.sync(types=[ResourceType.SONG]),
    "AddToLibrary": lambda m: m.library.add([ALBUM]),
    "RemoveFromLibrary": lambda m: m.library.remove([ALBUM]),
    "CreatePlaylist": lambda m: m.library.create_playlist("x", tracks=[Song(id="1")]),
    "UpdatePlaylist": lambda m: m.library.update_playlist("p.1", name="y"),
    "DeletePlaylist": lambda m: m.library.delete_playlist("p.1"),
    "AddPlaylistTracks": lambda m: m.library.add_playlist_tracks("p.1", [Song(id="1")]),
    "RemovePlaylistTracks": lambda m: m.library.remove_playlist_tracks("p.1", positions=[0]),
    "MovePlaylistTracks": lambda m: m.library.move_playlist_tracks(
        "p.1", start_index=0, target_index=1
    ),
    "ReplacePlaylistTracks": lambda m: m.library.replace_playlist_tracks("p.1", [Song(id="1")]),
    "CreatePlaylistFolder": lambda m: m.library.create_playlist_folder("x"),
    "UpdatePlaylistFolder": lambda m: m.library.rename_playlist_folder("p.1", "y"),
    "DeletePlaylistFolder": lambda m: m.library.delete_playlist_folder("p.1"),
    "MoveToPlaylistFolder": lambda m: m.library.move_to_playlist_folder(ALBUM),
    "SetFavorites": lambda m: m.favorites.set([ALBUM]),
    "ClearFavorites": lambda m: m.favorites.clear([ALBUM]),
    "BatchGetFavorites": lambda m: m.favorites.batch_get([ALBUM]),
    "ListStations": lambda m: m.radio.stations(StationList.LIVE),
    "ListStationGenres": lambda m: m.radio.genres(),
    "GetSeededStation": lambda m: m.radio.seeded_station(ALBUM),
    "NextTracks": lambda m: m.radio.next_tracks("ra.1"),
    "ListRecommendations": lambda m: m.recommendations.groups(),
    "ListRecommendationItems": lambda m: m.recommendations.items("1"),
    "ListRecentlyPlayed": lambda m: m.recommendations.recently_played(),
    "ListRecentlyPlayedTracks": lambda m: m.recommendations.recently_played_tracks(),
    "ListHeavyRotation": lambda m: m.recommendations.heavy_rotation(),
    "GetReplay": lambda m: m.recommendations.replay(year=2025),
    "PrepareAudio": lambda m: m.audio.prepare(["1"]),
    "ListPreparedAudio": lambda m: m.audio.prepared(),
    "GetServerInfo": lambda m: m.server.info(),
    "GetDiagnostics": lambda m: m.server.diagnostics(),
    "AudioStream": lambda m: m.audio.stream("1").start(),
    "WatchSignIn": lambda m: m.auth.watch_sign_in("s"),
    "WatchAccounts": lambda m: m.auth.watch_accounts(["anna"]),
}
# An empty answer says nothing there, and the client must not take it for a result.
REFUSED: dict[str, type[Exception]] = {
    "SyncLibrary": errors.IncompleteStreamError,
    "WatchSignIn": errors.IncompleteStreamError,
    "AudioStream": errors.IncompleteStreamError,
    "ResolveUrl": errors.UnsupportedUrlError,
}
METHODS_OF_CONTRACT = {
    method.name: (f"{name}Service.{method.name}", method)
    for name in SERVICES
    for method in descriptor_pool.Default()
    .FindServiceByName(f"applemusic.v1.{name}Service")
    .methods
}


def test_every_rpc_is_in_the_table() -> None:
    assert METHODS.keys() == METHODS_OF_CONTRACT.keys()


async def finish(result: Awaitable[Any] | Pager[Any] | AsyncIterator[Any]) -> None:
    if isinstance(result, Awaitable):
        await result
        return
    async for _ in result:
        pass


def finish_blocking(result: Any) -> None:
    if isinstance(result, Iterable):
        for _ in result:
            pass


class Answers:
    """Answers one RPC with nothing."""

    def __init__(self, rpc: str) -> None:
        self.name, self.descriptor = METHODS_OF_CONTRACT[rpc]
        self._response = message_factory.GetMessageClass(self.descriptor.output_type)
        self.requests: list[Any] = []

    def methods(self) -> dict[str, Any]:
        return {self.name: self.stream if self.descriptor.server_streaming else self.unary}

    async def unary(self, request: Any, _: Any) -> Any:
        self.requests.append(request)
        return self._response()

    async def stream(self, request: Any, _: Any) -> AsyncIterator[Any]:
        self.requests.append(request)
        nothing: list[Any] = []
        for message in nothing:
            yield message

    def check(self) -> None:
        assert len(self.requests) == 1
        if "request_id" in self.descriptor.input_type.fields_by_name:
            assert self.requests[0].request_id


@pytest.mark.parametrize("rpc", METHODS)
async def test_a_method_makes_its_call(serve: Any, rpc: str) -> None:
    answers = Answers(rpc)
    async with Client(await serve(answers.methods())) as music:
        if rpc in REFUSED:
            with pytest.raises(REFUSED[rpc]):
                await finish(METHODS[rpc](music))
        else:
            await finish(METHODS[rpc](music))
    answers.check()


@pytest.mark.parametrize("rpc", METHODS)
async def test_a_blocking_method_makes_its_call(serve: Any, rpc: str) -> None:
    answers = Answers(rpc)
    target = await serve(answers.methods())

    def script() -> None:
        with blocking.Client(target) as music:
            if rpc in REFUSED:
                with pytest.raises(REFUSED[rpc]):
                    finish_blocking(METHODS[rpc](music))
            else:
                finish_blocking(METHODS[rpc](music))

    await asyncio.to_thread(script)
    answers.check()
