"""`LibraryService` on the wire: requests become calls, changes become messages."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry

from applemusic.v1 import library_service_pb2 as pb
from applemusic.v1 import library_service_pb2_grpc, media_pb2
from applemusic_server.domain.resources import (
    Album,
    Found,
    Page,
    PlaylistFolder,
    ResourceRef,
    ResourceType,
    SearchResults,
    Song,
)
from applemusic_server.domain.sync import (
    Checkpoint,
    PlaylistTracks,
    Progress,
    Removal,
    SyncChange,
    SyncRequest,
    Upsert,
)
from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.wire.interceptors.access import OpenAccess
from applemusic_server.wire.library import LibraryServicer
from applemusic_server.wire.library_lists import LibraryListServicer
from applemusic_server.wire.listener import Limits, Listener
from applemusic_server.wire.redaction import secret_field_names
from tests.support.wire_server import LogOutput, failure_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FOLDER = media_pb2.RESOURCE_TYPE_PLAYLIST_FOLDER


class FakeLibrary:
    """Answers anything, and notes what it was asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.more = frozenset({ResourceType.SONG})

    def __getattr__(self, name: str) -> Any:
        async def page(*args: Any, **values: Any) -> Page[Any]:
            self.calls.append((name, args, values))
            item: Any = Album("l.1", "A") if name == "artist_albums" else Song("i.1", "One")
            if name == "list":
                item = args[0]("x.1", "One")
            return Page((item,), next_offset=values["offset"] + values["limit"], total_count=999)

        return page

    async def batch_get(
        self, items: Sequence[ResourceRef], account: str, options: Any
    ) -> Found[Any]:
        self.calls.append(("batch_get", (items, account, options), {}))
        return Found((PlaylistFolder("p.1", "Folder", "p.0", NOW),), ("i.9",))

    async def search(self, *args: Any, **values: Any) -> SearchResults:
        self.calls.append(("search", args, values))
        return SearchResults(
            songs=(Song("i.1", "One"),), albums=(Album("l.1", "A"),), more=self.more
        )


class FakeSync:
    """Yields given changes; an exception among them is raised."""

    def __init__(self) -> None:
        self.script: list[SyncChange | BaseException] = []
        self.requests: list[SyncRequest] = []
        self.closed = False

    async def sync(self, request: SyncRequest) -> AsyncGenerator[SyncChange, None]:
        self.requests.append(request)
        try:
            for step in self.script:
                if isinstance(step, BaseException):
                    raise step
                yield step
        finally:
            self.closed = True


class Setting:
    def __init__(self) -> None:
        self.library, self.sync = FakeLibrary(), FakeSync()
        self.stub: Any = None


@pytest.fixture
async def setting(stack: AsyncExitStack) -> Setting:
    made = Setting()
    log = open_log(LogOutput(), form="json", level="debug", redactor=Redactor(secret_field_names()))
    listener = Listener(
        [LibraryListServicer(made.library), LibraryServicer(made.library, made.sync)],
        metrics=Metrics(CollectorRegistry(), "0.0.0").calls,
        log=log,
        access=OpenAccess(),
        limits=Limits(),
    )
    address = f"127.0.0.1:{await listener.start('127.0.0.1', 0)}"
    stack.push_async_callback(listener.stop, timedelta(0))
    channel = await stack.enter_async_context(grpc.aio.insecure_channel(address))
    made.stub = library_service_pb2_grpc.LibraryServiceStub(channel)
    return made


LISTS: list[tuple[str, Any, str, int]] = [
    ("ListLibrarySongs", pb.ListLibrarySongsRequest(), "songs", 100),
    ("ListLibraryAlbums", pb.ListLibraryAlbumsRequest(), "albums", 100),
    ("ListLibraryArtists", pb.ListLibraryArtistsRequest(), "artists", 100),
    ("ListLibraryPlaylists", pb.ListLibraryPlaylistsRequest(), "playlists", 100),
    ("ListLibraryMusicVideos", pb.ListLibraryMusicVideosRequest(), "music_videos", 100),
    ("ListPlaylistFolderChildren", pb.ListPlaylistFolderChildrenRequest(), "children", 100),
    ("ListLibraryAlbumTracks", pb.ListLibraryAlbumTracksRequest(album_id="l.1"), "tracks", 100),
    (
        "ListLibraryPlaylistTracks",
        pb.ListLibraryPlaylistTracksRequest(playlist_id="p.1"),
        "tracks",
        100,
    ),
    (
        "ListLibraryArtistAlbums",
        pb.ListLibraryArtistAlbumsRequest(artist_id="r.1"),
        "albums",
        100,
    ),
    ("ListRecentlyAdded", pb.ListRecentlyAddedRequest(), "resources", 25),
]


@pytest.mark.parametrize(("method", "request_", "field", "default"), LISTS)
async def test_lists(
    setting: Setting, method: str, request_: Any, field: str, default: int
) -> None:
    call = getattr(setting.stub, method)
    answer = await call(request_)
    assert len(getattr(answer, field)) == 1
    if field != "resources":
        assert answer.total_count == 999
    _, _, values = setting.library.calls[-1]
    assert (values["limit"], values["offset"]) == (default, 0)

    request_.page_token, request_.page_size = answer.next_page_token, 5000
    await call(request_)
    _, _, values = setting.library.calls[-1]
    assert (values["limit"], values["offset"]) == (100, default)
    request_.account = "other"
    assert (await failure_of(call(request_))).reason == "INVALID_PAGE_TOKEN"
    request_.page_token = ""
    request_.page_size = -1
    assert (await failure_of(call(request_))).violations.keys() == {"page_size"}
    request_.page_size, request_.account = 0, ""


@pytest.mark.parametrize(
    ("method", "request_", "field"),
    [
        ("ListLibraryAlbumTracks", pb.ListLibraryAlbumTracksRequest(), "album_id"),
        ("ListLibraryPlaylistTracks", pb.ListLibraryPlaylistTracksRequest(), "playlist_id"),
        ("ListLibraryArtistAlbums", pb.ListLibraryArtistAlbumsRequest(artist_id="/"), "artist_id"),
        (
            "ListPlaylistFolderChildren",
            pb.ListPlaylistFolderChildrenRequest(folder_id="../x"),
            "folder_id",
        ),
        ("BatchGetLibraryItems", pb.BatchGetLibraryItemsRequest(), "items"),
        (
            "BatchGetLibraryItems",
            pb.BatchGetLibraryItemsRequest(items=[media_pb2.ResourceRef(id="i.1")]),
            "items[0].type",
        ),
        (
            "BatchGetLibraryItems",
            pb.BatchGetLibraryItemsRequest(items=[media_pb2.ResourceRef(type=FOLDER)]),
            "items[0].id",
        ),
        ("SearchLibrary", pb.SearchLibraryRequest(term=" "), "term"),
    ],
)
async def test_fields_at_fault(setting: Setting, method: str, request_: Any, field: str) -> None:
    failure = await failure_of(getattr(setting.stub, method)(request_))
    assert failure.reason == "INVALID_FIELD"
    assert field in failure.violations
    assert not setting.library.calls


async def test_items_by_id(setting: Setting) -> None:
    request = pb.BatchGetLibraryItemsRequest(
        account="anna",
        items=[
            media_pb2.ResourceRef(type=FOLDER, id="p.1"),
            media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_SONG, id="i.9"),
        ],
    )
    answer = await setting.stub.BatchGetLibraryItems(request)
    folder = answer.resources[0].playlist_folder
    assert (folder.id, folder.name, folder.parent_folder_id) == ("p.1", "Folder", "p.0")
    assert folder.date_added.ToDatetime(UTC) == NOW
    assert list(answer.missing_ids) == ["i.9"]
    _, (items, account, _), _ = setting.library.calls[0]
    assert items == [
        ResourceRef(ResourceType.PLAYLIST_FOLDER, "p.1"),
        ResourceRef(ResourceType.SONG, "i.9"),
    ]
    assert account == "anna"


async def test_a_later_page_of_a_search_asks_for_what_has_more(setting: Setting) -> None:
    request = pb.SearchLibraryRequest(term="one", page_size=7)
    answer = await setting.stub.SearchLibrary(request)
    assert [song.id for song in answer.songs] == ["i.1"]
    assert [album.id for album in answer.albums] == ["l.1"]
    request.page_token = answer.next_page_token
    setting.library.more = frozenset()
    last = await setting.stub.SearchLibrary(request)
    assert not last.next_page_token
    (_, first, _), (_, second, values) = setting.library.calls
    assert first[1] == ()
    assert second[1] == (ResourceType.SONG,)
    assert values == {"limit": 7, "offset": 7}


async def test_a_sync_says_each_kind_of_change(setting: Setting) -> None:
    ref = ResourceRef(ResourceType.SONG, "i.2", "Two")
    setting.sync.script = [
        Upsert(Song("i.1", "One")),
        Removal(ref),
        PlaylistTracks("p.1", (ref,), 500, last=True),
        Progress(ResourceType.SONG, 100, 250),
        Checkpoint("sealed", complete=True, read_time=NOW),
    ]
    request = pb.SyncLibraryRequest(
        account="anna",
        types=[media_pb2.RESOURCE_TYPE_SONG],
        sync_token="before",
        include_playlist_tracks=True,
    )
    request.options.view = media_pb2.VIEW_FULL
    upsert, removal, tracks, progress, checkpoint = [
        message async for message in setting.stub.SyncLibrary(request)
    ]
    assert upsert.upsert.resource.song.name == "One"
    assert (removal.removal.resource.id, removal.removal.resource.name) == ("i.2", "Two")
    assert tracks.playlist_tracks.start_index == 500
    assert tracks.playlist_tracks.tracks[0].id == "i.2"
    assert tracks.playlist_tracks.last
    assert (progress.progress.done_count, progress.progress.total_count) == (100, 250)
    assert checkpoint.checkpoint.sync_token == "sealed"
    assert checkpoint.checkpoint.complete
    assert checkpoint.checkpoint.read_time.ToDatetime(UTC) == NOW
    (asked,) = setting.sync.requests
    assert (asked.account, asked.types, asked.sync_token) == (
        "anna",
        (ResourceType.SONG,),
        "before",
    )
    assert asked.include_playlist_tracks
    assert asked.options.full
    assert "before" not in repr(asked)


async def test_a_caller_that_leaves_ends_the_sync(setting: Setting) -> None:
    setting.sync.script = [Upsert(Song(f"i.{number}", "x" * 1000)) for number in range(20_000)]
    call = setting.stub.SyncLibrary(pb.SyncLibraryRequest())
    await call.read()
    call.cancel()
    for _ in range(1000):
        if setting.sync.closed:
            break
        await failure_of(setting.stub.SearchLibrary(pb.SearchLibraryRequest()))
    assert setting.sync.closed
