"""Playlists: their tracks page by page, and changes."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from music_assistant_models import media_items as ma
from music_assistant_models.errors import InvalidDataError

from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.resource import Track
from applemusic.models.song import Song
from applemusic.paging import Page, Pager

from .errors import translated
from .items import Items
from .session import Session

_PAGE: Final = 100
_REMEMBERED: Final = 64


class PlaylistPart:
    """Reads and changes playlists for the host."""

    def __init__(self, session: Session, items: Items) -> None:
        self._session = session
        self._items = items
        # (playlist, page) -> (page token, position of the first track): the host counts pages,
        # the server names them.
        self._places: OrderedDict[tuple[str, int], tuple[str | None, int]] = OrderedDict()

    @translated
    async def tracks(self, playlist_id: str, page: int) -> list[ma.Track]:
        """Return one page of a playlist's songs; an empty one is behind the last.

        Music videos are left out and keep their positions, by which the host removes tracks.
        """
        token, first = await self._place(playlist_id, page)
        while token is not None:
            found = await self._read(playlist_id, token)
            songs = [
                self._items.track(track, position=position)
                for position, track in enumerate(found.items, first)
                if isinstance(track, Song)
            ]
            first += len(found.items)
            token = found.next_page_token or None
            if songs:
                self._remember((playlist_id, page + 1), token, first)
                return songs
        return []

    @translated
    async def create(self, name: str) -> ma.Playlist:
        """Create a playlist."""
        return self._items.playlist(await self._session.client.library.create_playlist(name))

    @translated
    async def add(self, playlist_id: str, track_ids: Iterable[str]) -> None:
        """Append songs.

        Raises:
            InvalidDataError: Apple could not add some of them; the others are there.
        """
        songs = [ResourceRef(ResourceType.SONG, each) for each in track_ids]
        refused = await self._session.client.library.add_playlist_tracks(playlist_id, songs)
        self._forget(playlist_id)
        if refused:
            raise InvalidDataError(f"Apple could not add {', '.join(refused)} to the playlist")

    @translated
    async def remove(self, playlist_id: str, positions: Iterable[int]) -> None:
        """Remove tracks by position, counted from 1 as the host does."""
        await self._session.client.library.remove_playlist_tracks(
            playlist_id, positions=[each - 1 for each in positions]
        )
        self._forget(playlist_id)

    async def _place(self, playlist_id: str, page: int) -> tuple[str | None, int]:
        """Return where a page begins: its token and first position; None behind the end."""
        if page == 0:
            return "", 1
        known = self._places.get((playlist_id, page))
        if known is not None:
            self._places.move_to_end((playlist_id, page))
            return known
        token: str | None = ""
        first, passed = 1, 0
        while token is not None and passed < page:
            found = await self._read(playlist_id, token)
            first += len(found.items)
            passed += any(isinstance(track, Song) for track in found.items)
            token = found.next_page_token or None
        return token, first

    async def _read(self, playlist_id: str, token: str) -> Page[Track]:
        client = self._session.client
        pager: Pager[Track]
        if ResourceRef(ResourceType.PLAYLIST, playlist_id).in_library:
            pager = client.library.playlist_tracks(playlist_id, page_size=_PAGE, page_token=token)
        else:
            pager = client.catalog.playlist_tracks(playlist_id, page_size=_PAGE, page_token=token)
        async for page in pager.pages():
            return page
        return Page((), "")

    def _remember(self, key: tuple[str, int], token: str | None, first: int) -> None:
        # Behind the last page too: the host asks once more, and no walk through all is needed.
        self._places[key] = (token, first)
        while len(self._places) > _REMEMBERED:
            self._places.popitem(last=False)

    def _forget(self, playlist_id: str) -> None:
        for key in [key for key in self._places if key[0] == playlist_id]:
            del self._places[key]
