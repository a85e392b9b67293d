"""Pages as iterators, and batches of any size."""

import asyncio
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from applemusic import Client, ClientConfig, ReadOptions, View, errors
from applemusic.models import FavoriteState, ResourceRef, ResourceType, Song
from applemusic.v1 import catalog_service_pb2 as catalog
from applemusic.v1 import favorites_service_pb2 as favorites
from applemusic.v1 import library_service_pb2 as library
from applemusic.v1 import media_pb2 as media


def song(name: str) -> media.Song:
    return media.Song(id=name, name=f"Song {name}")


class TopSongs:
    """Seven songs in pages of three, the second page empty."""

    def __init__(self) -> None:
        self.requests: list[catalog.ListArtistTopSongsRequest] = []

    async def __call__(
        self, request: catalog.ListArtistTopSongsRequest, _: Any
    ) -> catalog.ListArtistTopSongsResponse:
        self.requests.append(request)
        pages = {"": ("abc", "p2"), "p2": ("", "p3"), "p3": ("def", "p4"), "p4": ("g", "")}
        names, token = pages[request.page_token]
        return catalog.ListArtistTopSongsResponse(
            songs=[song(name) for name in names], next_page_token=token
        )


async def test_items_come_from_all_pages_in_order(serve: Any) -> None:
    top = TopSongs()
    target = await serve({"CatalogService.ListArtistTopSongs": top})
    config = ClientConfig(account="anna", options=ReadOptions(language="de-DE", view=View.FULL))
    async with Client(target, config=config) as music:
        songs = [item.id async for item in music.catalog.artist_top_songs("9", page_size=3)]
    assert songs == list("abcdefg")
    assert [request.page_token for request in top.requests] == ["", "p2", "p3", "p4"]
    first = top.requests[0]
    assert (first.artist_id, first.page_size, first.account) == ("9", 3, "anna")
    assert first.options == media.ReadOptions(language="de-DE", view=media.VIEW_FULL)
    for request in top.requests[1:]:
        request.page_token = ""
        assert request == first


async def test_pages_are_read_only_as_far_as_needed(serve: Any) -> None:
    top = TopSongs()
    target = await serve({"CatalogService.ListArtistTopSongs": top})
    async with Client(target) as music:
        pager = music.catalog.artist_top_songs("9")
        assert top.requests == []
        assert await pager.first() == Song(id="a", name="Song a")
        assert len(top.requests) == 1
        assert [item.id for item in await pager.to_list(4)] == list("abcd")
        assert await pager.to_list(0) == []
        assert [len(page) async for page in pager.pages()] == [3, 0, 3, 1]
        later = music.catalog.artist_top_songs("9", page_token="p3")
        assert [item.id for item in await later.to_list()] == list("defg")


async def test_a_page_token_that_repeats_is_an_error(serve: Any) -> None:
    async def top(*_: Any) -> catalog.ListArtistTopSongsResponse:
        return catalog.ListArtistTopSongsResponse(songs=[song("a")], next_page_token="again")

    target = await serve({"CatalogService.ListArtistTopSongs": top})
    async with Client(target) as music:
        with pytest.raises(errors.ProtocolError):
            await music.catalog.artist_top_songs("9").to_list()


async def test_a_failure_in_the_middle_of_a_list_is_raised(serve: Any, fail: Any) -> None:
    async def top(request: Any, context: Any) -> catalog.ListArtistTopSongsResponse:
        if request.page_token:
            await fail(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "UPSTREAM_THROTTLED")
        return catalog.ListArtistTopSongsResponse(songs=[song("a")], next_page_token="next")

    target = await serve({"CatalogService.ListArtistTopSongs": top})
    async with Client(target) as music:
        items = aiter(music.catalog.artist_top_songs("9"))
        assert (await anext(items)).id == "a"
        with pytest.raises(errors.UpstreamThrottledError):
            await anext(items)


async def test_search_of_a_library_goes_through_its_pages(serve: Any) -> None:
    tokens: list[str] = []

    async def search(request: library.SearchLibraryRequest, _: Any) -> Any:
        tokens.append(request.page_token)
        more = "" if request.page_token else "more"
        return library.SearchLibraryResponse(songs=[song(str(len(tokens)))], next_page_token=more)

    async with Client(await serve({"LibraryService.SearchLibrary": search})) as music:
        pages = [page async for page in music.library.search_pages("x")]
    assert [page.songs[0].id for page in pages] == ["1", "2"]
    assert tokens == ["", "more"]


async def test_search_goes_through_its_pages(serve: Any) -> None:
    async def search(request: catalog.SearchRequest, _: Any) -> catalog.SearchResponse:
        if request.page_token:
            return catalog.SearchResponse(albums=[media.Album(id="2")])
        return catalog.SearchResponse(
            songs=[song("1")],
            top_results=[media.Resource(artist=media.Artist(id="3")), media.Resource()],
            next_page_token="more",
        )

    target = await serve({"CatalogService.Search": search})
    async with Client(target) as music:
        first = await music.catalog.search("x", include_top_results=True)
        pages = [page async for page in music.catalog.search_pages("x")]
    assert [item.id for item in first.top_results] == ["3"]
    assert [[item.id for item in page.albums] for page in pages] == [[], ["2"]]


class BatchSongs:
    """Knows even ids; counts how many calls run at once. The first waits for a second."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.running = self.most = 0
        self._company = asyncio.Event()

    async def __call__(
        self, request: catalog.BatchGetSongsRequest, _: Any
    ) -> catalog.BatchGetSongsResponse:
        self.running += 1
        self.most = max(self.most, self.running)
        self.sizes.append(len(request.ids))
        if self.running > 1:
            self._company.set()
        await self._company.wait()
        self.running -= 1
        return catalog.BatchGetSongsResponse(
            songs=[song(name) for name in request.ids if int(name) % 2 == 0],
            missing_ids=[name for name in request.ids if int(name) % 2],
        )


async def test_batches_of_any_size_keep_their_order(serve: Any) -> None:
    known = BatchSongs()
    target = await serve({"CatalogService.BatchGetSongs": known})
    ids = [str(number) for number in range(10_000, 0, -1)]
    async with Client(target, config=ClientConfig(concurrency=3)) as music:
        batch = await music.catalog.batch_get_songs([*ids, *ids])
    assert [item.id for item in batch] == [name for name in ids if int(name) % 2 == 0]
    assert batch.missing == tuple(name for name in ids if int(name) % 2)
    assert sorted(known.sizes) == [1000, *[1500] * 6]
    assert 1 < known.most <= 3
    assert (len(batch), batch[0].id) == (5000, "10000")


async def test_a_batch_can_be_read_while_it_comes(serve: Any) -> None:
    known = BatchSongs()
    target = await serve({"CatalogService.BatchGetSongs": known})
    ids = [str(number) for number in range(10_000)]
    async with Client(target, config=ClientConfig(concurrency=2)) as music:
        batcher = music.catalog.batch_get_songs(ids)
        found: list[str] = []
        async for item in batcher:
            found.append(item.id)
            if len(found) == 100:
                assert len(known.sizes) <= 2  # not all of it was asked for
        assert found == [name for name in ids if int(name) % 2 == 0]
        assert 1 < known.most <= 2
        sizes = [(len(part), len(part.missing)) async for part in batcher.parts()]
    assert sizes == [(750, 750)] * 6 + [(500, 500)]


async def test_leaving_a_batch_ends_what_it_asks(serve: Any) -> None:
    asked, left = asyncio.Event(), asyncio.Event()

    async def songs(request: catalog.BatchGetSongsRequest, _: Any) -> catalog.BatchGetSongsResponse:
        if request.ids[0] == "0":
            await asked.wait()
            return catalog.BatchGetSongsResponse(songs=[song("0")])
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            left.set()
        raise AssertionError

    async with Client(await serve({"CatalogService.BatchGetSongs": songs})) as music:
        batcher = music.catalog.batch_get_songs(str(number) for number in range(3000))
        async with aclosing(batcher.parts()) as parts:
            assert [item.id for item in await anext(parts)] == ["0"]
        await left.wait()


async def test_an_empty_batch_asks_nobody() -> None:
    async with Client("127.0.0.1:9") as music:
        assert len(await music.catalog.batch_get_songs([])) == 0


async def test_a_failing_part_fails_the_batch(serve: Any, fail: Any) -> None:
    async def songs(request: Any, context: Any) -> catalog.BatchGetSongsResponse:
        if "1600" in request.ids:
            await fail(context, grpc.StatusCode.INTERNAL, "UPSTREAM_RESPONSE_INVALID")
        return catalog.BatchGetSongsResponse()

    target = await serve({"CatalogService.BatchGetSongs": songs})
    async with Client(target) as music:
        with pytest.raises(errors.UpstreamResponseInvalidError):
            await music.catalog.batch_get_songs(str(number) for number in range(5000))


async def test_resources_can_be_given_as_they_are(serve: Any) -> None:
    requests: list[favorites.SetFavoritesRequest] = []

    async def set_favorites(request: Any, _: Any) -> favorites.SetFavoritesResponse:
        requests.append(request)
        return favorites.SetFavoritesResponse(refused_ids=[request.items[-1].id])

    target = await serve({"FavoritesService.SetFavorites": set_favorites})
    items: list[Song | ResourceRef] = [Song(id="1")]
    items += (ResourceRef(ResourceType.ALBUM, str(n)) for n in range(2, 602))
    async with Client(target) as music:
        refused = await music.favorites.set(items, state=FavoriteState.DISLIKED, account="anna")
    assert [len(request.items) for request in requests] == [500, 101]
    assert refused == ("500", "601")
    assert requests[0].items[0] == media.ResourceRef(type=media.RESOURCE_TYPE_SONG, id="1")
    assert requests[0].state == media.FAVORITE_STATE_DISLIKED
