"""Browsing: folders of playlists, stations, charts and recommendations."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from music_assistant_models import media_items as ma

from applemusic.models.reference import ResourceType
from applemusic.models.station import StationList

from .errors import translated
from .items import Items
from .recommendations import RecommendationPart
from .session import Session
from .texts import Texts

Found: TypeAlias = Sequence[Any]
"""Items and folders: the host's own type for it differs between its versions."""

_LISTS: Final = {
    "live": StationList.LIVE,
    "personal": StationList.PERSONAL,
    "featured": StationList.FEATURED,
    "recent": StationList.RECENT,
}
_CHARTED: Final = {
    "songs": ResourceType.SONG,
    "albums": ResourceType.ALBUM,
    "playlists": ResourceType.PLAYLIST,
}
_CHART_ITEMS: Final = 100


class BrowsePart:
    """Answers what is behind a path such as `instance://stations/live`."""

    def __init__(
        self,
        session: Session,
        items: Items,
        recommendations: RecommendationPart,
        instance: str,
        texts: Texts,
    ) -> None:
        self._texts = texts
        self._session = session
        self._items = items
        self._recommendations = recommendations
        self._instance = instance

    @translated
    async def browse(self, path: str, host: Callable[[str], Awaitable[Found]]) -> Found:
        """Return what is behind a path.

        Args:
            path: The path.
            host: The host's own way, for the lists of its library.
        """
        parts = [part for part in path.partition("://")[2].split("/") if part]
        can = self._session.capabilities
        match parts:
            case []:
                return await self._root(path, host)
            case ["playlists", *folder] if can.library:
                return await self._playlists(folder[-1] if folder else "")
            case ["stations", *rest] if can.radio:
                return await self._stations(rest)
            case ["charts", *rest] if can.charts:
                return await self._charts(rest)
            case ["recommendations", *row] if can.recommendations:
                return await (
                    self._recommendations.items(row[0])
                    if row
                    else self._recommendations.browse(path)
                )
        return await host(path)

    async def _root(self, path: str, host: Callable[[str], Awaitable[Found]]) -> Found:
        can = self._session.capabilities
        folders = list(await host(path))
        known = {getattr(folder, "item_id", "") for folder in folders}
        own = (
            ("recommendations", can.recommendations),
            ("stations", can.radio),
            ("charts", can.charts),
        )
        for name, there in own:
            if there and name not in known:
                title = self._texts.get(f"media.folder.{name}.name")
                folders.append(self._folder(name, title, translation_key=name))
        return folders

    async def _playlists(self, folder_id: str) -> Found:
        children = await self._session.client.library.folder_children(folder_id).to_list()
        return self._items.items(children)

    async def _stations(self, parts: list[str]) -> Found:
        radio = self._session.client.radio
        match parts:
            case []:
                return [
                    self._folder(
                        f"stations/{name}", self._texts.get(f"media.folder.stations_{name}.name")
                    )
                    for name in (*_LISTS, "genres")
                ]
            case ["genres"]:
                genres = await radio.genres().to_list()
                return [self._folder(f"stations/genres/{each.id}", each.name) for each in genres]
            case ["genres", genre]:
                pager = radio.stations(StationList.GENRE, genre_id=genre)
                return [self._items.station(each) for each in await pager.to_list()]
            case [name] if name in _LISTS:
                pager = radio.stations(_LISTS[name])
                return [self._items.station(each) for each in await pager.to_list()]
        return []

    async def _charts(self, parts: list[str]) -> Found:
        catalog = self._session.client.catalog
        match parts:
            case []:
                async for charts in catalog.charts(types=list(_CHARTED.values())):
                    return [
                        self._folder(f"charts/{_name(chart.type)}/{chart.id}", chart.name)
                        for chart in charts
                    ]
            case [name, chart_id] if name in _CHARTED:
                found: list[Any] = []
                async for charts in catalog.charts(types=[_CHARTED[name]]):
                    for chart in charts:
                        if chart.id == chart_id:
                            found += self._items.media(chart.items)
                    if len(found) >= _CHART_ITEMS:
                        break
                return found[:_CHART_ITEMS]
        return []

    def _folder(self, name: str, title: str, **values: Any) -> ma.BrowseFolder:
        return ma.BrowseFolder(
            item_id=name,
            provider=self._instance,
            name=title,
            path=f"{self._instance}://{name}",
            **values,
        )


def _name(kind: ResourceType) -> str:
    return next(name for name, known in _CHARTED.items() if known is kind)
