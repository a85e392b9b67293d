"""Track lists with what Apple does not show yet: every page size, whatever Apple shows by now."""

from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.application.library_memory import LibraryMemory
from applemusic_server.application.recent_tracks import RecentTracks
from applemusic_server.application.recent_writes import RecentWrites
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.library import LibraryScope
from applemusic_server.domain.resources import Page, ResourceRef, ResourceType, Song
from applemusic_server.domain.secret import Secret

SCOPE = LibraryScope(Listener("anna", Secret("x"), "de"))


class Apple:
    """A playlist as Apple shows it; asking past its end is an error there."""

    def __init__(self, shown: list[Song]) -> None:
        self._shown = shown

    async def playlist_tracks(
        self, playlist_id: str, scope: Any, *, limit: int, offset: int
    ) -> Page[Song]:
        assert playlist_id == "p.1"
        assert scope is SCOPE
        assert offset == 0 or offset < len(self._shown)
        end = offset + limit
        following = end if end < len(self._shown) else None
        return Page(tuple(self._shown[offset:end]), following, len(self._shown))

    async def playlist_track_refs(self, playlist_id: str, scope: Any) -> tuple[ResourceRef, ...]:
        assert (playlist_id, scope) == ("p.1", SCOPE)
        return tuple(ResourceRef(ResourceType.SONG, each.id, each.name) for each in self._shown)


def songs(prefix: str, count: int) -> list[Song]:
    return [Song(f"{prefix}{number}", f"{prefix} {number}") for number in range(count)]


def memory() -> LibraryMemory:
    return LibraryMemory(lambda: 0.0, RecentWrites(lambda: 0.0))


async def read(tracks: RecentTracks, size: int) -> list[str]:
    found: list[str] = []
    offset: int | None = 0
    while offset is not None:
        page = await tracks.page("p.1", SCOPE, limit=size, offset=offset)
        assert len(page.items) <= size
        assert page.next_offset is None or page.next_offset > offset
        found += [each.id for each in page.items]
        offset = page.next_offset
    return found


@given(
    before=st.integers(0, 12),
    parts=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    shown=st.integers(0, 15),
    size=st.integers(1, 7),
)
async def test_pages_of_what_was_appended_make_the_whole(
    before: int, parts: list[int], shown: int, size: int
) -> None:
    written, whole = memory(), songs("old", before)
    for place, count in enumerate(parts):
        new = songs(f"new{place}-", count)
        written.appended("anna", "p.1", tuple(new), len(whole))
        whole += new
    by_now = whole[: min(len(whole), before + shown)]
    tracks = RecentTracks(cast("Any", Apple(by_now)), written)
    wanted = [each.id for each in whole]
    assert await read(tracks, size) == wanted
    assert [ref.id for ref in await tracks.refs("p.1", SCOPE)] == wanted


@given(count=st.integers(0, 12), more=st.integers(0, 4), size=st.integers(1, 7))
async def test_a_list_that_was_set_is_what_was_set(count: int, more: int, size: int) -> None:
    written = memory()
    written.set_tracks("anna", "p.1", tuple(songs("set", count)))
    if more:
        written.appended("anna", "p.1", tuple(songs("more", more)), count)
    tracks = RecentTracks(cast("Any", Apple(songs("old", 3))), written)
    wanted = [each.id for each in songs("set", count) + songs("more", more)]
    assert await read(tracks, size) == wanted
    written.doubt_tracks("anna", "p.1")
    assert await read(tracks, size) == [each.id for each in songs("old", 3)]


async def test_accounts_are_apart_and_what_is_forgotten_is_apples() -> None:
    written = memory()
    written.set_tracks("berta", "p.1", ())
    tracks = RecentTracks(cast("Any", Apple(songs("old", 3))), written)
    assert len(await read(tracks, 2)) == 3
    written.set_tracks("anna", "p.1", ())
    assert await read(tracks, 2) == []
    written.forget("anna")
    assert len(await read(tracks, 2)) == 3
