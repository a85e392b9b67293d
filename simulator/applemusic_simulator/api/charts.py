"""The charts: what an invented public hums most."""

from collections.abc import Callable, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.index import CatalogueIndex, popularity
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.errors import bad_parameter

_TITLES = {
    "songs": "Top Songs",
    "albums": "Top Albums",
    "playlists": "Top Playlists",
    "music-videos": "Top Music Videos",
}
_CHART = "most-played"
_PLAYLIST_CHARTS = {
    "cityCharts": ("city-top", "City Charts"),
    "dailyGlobalTopCharts": ("daily-global-top", "Daily Top 100"),
}
_PAGE, _MOST = 20, 200
_ROOT_GENRE = "34"


class ChartEndpoints:
    """`/v1/catalog/{storefront}/charts`.

    Args:
        index: The catalogue.
        writer: Makes the words for one request's answer; checks the storefront.
    """

    def __init__(self, index: CatalogueIndex, writer: Callable[[Call], ResourceWriter]) -> None:
        self._catalogue = index.catalogue
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """The one route."""
        return (Route("GET", "/catalog/{storefront}/charts", self._charts),)

    def _charts(self, call: Call) -> Answer:
        writer = self._writer(call)
        types = call.query.one_of("types", tuple(_TITLES))
        if "chart" in call.query:
            call.query.one_of("chart", (_CHART,))
        genre = self._genre(call)
        limit, offset = call.query.limit(_PAGE, _MOST), call.query.offset()
        results = {}
        for kind in types:
            ids = sorted(self._candidates(kind, genre), key=popularity, reverse=True)
            page = self._chart(call, kind, offset)
            if offset + limit < len(ids):
                page["next"] = _path(call, kind, offset + limit)
            page["data"] = writer.listed(kind, ids[offset : offset + limit])
            results[kind] = [page]
        for name in call.query.names("with"):
            results[name] = self._playlist_chart(call, writer, name, limit)
        order = list(results)
        return Answer(
            {"results": results, "meta": {"results": {"order": order, "rawOrder": order}}}
        )

    def _playlist_chart(
        self, call: Call, writer: ResourceWriter, name: str, limit: int
    ) -> list[dict[str, Any]]:
        """Playlists that are charts themselves, of cities or of the world."""
        if name not in _PLAYLIST_CHARTS:
            raise bad_parameter("with", f"Invalid value '{name}' for parameter 'with'")
        chart, title = _PLAYLIST_CHARTS[name]
        offset = call.query.offset()
        playlists = self._catalogue.playlists.values()
        ids = [found.id for found in playlists if found.chart == chart]
        others = {"chart": _CHART, "types": "playlists", "with": name}
        page: dict[str, Any] = {
            "chart": chart,
            "name": title,
            "orderId": f"{chart}:playlists",
            "href": call.query.next_path(call.path, offset, **others),
        }
        if offset + limit < len(ids):
            page["next"] = call.query.next_path(call.path, offset + limit, **others)
        page["data"] = writer.listed("playlists", ids[offset : offset + limit])
        return [page]

    def _chart(self, call: Call, kind: str, offset: int) -> dict[str, Any]:
        return {
            "chart": _CHART,
            "name": _TITLES[kind],
            "orderId": f"{_CHART}:{kind}",
            "href": _path(call, kind, offset),
        }

    def _genre(self, call: Call) -> str:
        genre_id = call.query.text("genre") or _ROOT_GENRE
        if genre_id not in self._catalogue.genres:
            raise bad_parameter("genre", f"Invalid genre '{genre_id}'")
        return "" if genre_id == _ROOT_GENRE else self._catalogue.genres[genre_id]

    def _candidates(self, kind: str, genre: str) -> list[str]:
        songs = self._catalogue.songs
        if kind == "songs":
            # One recording once, however many albums it is on.
            recordings = {s.isrc: s for s in reversed(list(songs.values())) if s.playable}
            return [song.id for song in recordings.values() if genre in ("", song.genre)]
        if kind == "albums":
            albums = self._catalogue.albums.values()
            return [album.id for album in albums if genre in ("", album.genre)]
        if kind == "music-videos":
            videos = self._catalogue.music_videos.values()
            return [video.id for video in videos if genre in ("", songs[video.song_id].genre)]
        return [] if genre else list(self._catalogue.playlists)


def _path(call: Call, kind: str, offset: int) -> str:
    others = {"chart": _CHART, "types": kind}
    if "genre" in call.query:
        others["genre"] = call.query.text("genre")
    return call.query.next_path(call.path, offset, **others)
