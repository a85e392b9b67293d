"""Search, hints and suggestions."""

from collections.abc import Callable, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.finder import Finder, Hit
from applemusic_simulator.api.resources import ResourceWriter

TYPES = (
    "activities",
    "albums",
    "apple-curators",
    "artists",
    "curators",
    "music-videos",
    "playlists",
    "record-labels",
    "songs",
    "stations",
)
_PAGE, _MOST = 5, 25
_SUGGESTIONS = 10


class SearchEndpoints:
    """`/v1/catalog/{storefront}/search...`.

    Args:
        finder: Finds by words.
        writer: Makes the words for one request's answer; checks the storefront.
    """

    def __init__(self, finder: Finder, writer: Callable[[Call], ResourceWriter]) -> None:
        self._finder = finder
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """All routes."""
        base = "/catalog/{storefront}/search"
        return (
            Route("GET", base, self._search),
            Route("GET", f"{base}/hints", self._hints),
            Route("GET", f"{base}/suggestions", self._suggestions),
        )

    def _search(self, call: Call) -> Answer:
        writer = self._writer(call)
        term = call.query.required("term")
        types = call.query.one_of("types", TYPES)
        limit, offset = call.query.limit(_PAGE, _MOST), call.query.offset()
        results: dict[str, Any] = {}
        if "topResults" in call.query.names("with"):
            top = self._top(term, types, limit)
            if top:
                results["top"] = {"data": _words(writer, top)}
        for kind in types:
            hits = self._finder.find(term, kind)
            page = hits[offset : offset + limit]
            if not page:
                continue
            others = {"term": term, "types": kind}
            results[kind] = {"href": call.query.next_path(call.path, offset, **others)}
            if offset + limit < len(hits):
                later = call.query.next_path(call.path, offset + limit, **others)
                results[kind]["next"] = later
            results[kind]["data"] = _words(writer, page)
        order = list(results)
        return Answer(
            {"results": results, "meta": {"results": {"order": order, "rawOrder": order}}}
        )

    def _hints(self, call: Call) -> Answer:
        self._writer(call)
        term = call.query.required("term")
        count = call.query.limit(_SUGGESTIONS, _SUGGESTIONS)
        return Answer({"results": {"terms": self._finder.complete(term, count)}})

    def _suggestions(self, call: Call) -> Answer:
        writer = self._writer(call)
        term = call.query.required("term")
        kinds = call.query.one_of("kinds", ("terms", "topResults"))
        count = call.query.limit(_PAGE, _SUGGESTIONS)
        suggestions: list[dict[str, Any]] = []
        if "terms" in kinds:
            suggestions += [
                {"kind": "terms", "searchTerm": found, "displayTerm": found}
                for found in self._finder.complete(term, count)
            ]
        if "topResults" in kinds:
            top = self._top(term, call.query.one_of("types", TYPES), count)
            suggestions += [
                {"kind": "topResults", "content": found} for found in _words(writer, top)
            ]
        return Answer({"results": {"suggestions": suggestions}})

    def _top(self, term: str, types: Sequence[str], count: int) -> list[Hit]:
        hits = [hit for kind in types for hit in self._finder.find(term, kind)]
        return sorted(hits, key=lambda hit: hit.rank)[:count]


def _words(writer: ResourceWriter, hits: Sequence[Hit]) -> list[dict[str, Any]]:
    return [resource for hit in hits for resource in writer.listed(hit.kind, [hit.id])]
