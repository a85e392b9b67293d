"""What a search found."""

from collections.abc import Iterable
from typing import TypeVar

from applemusic_server.domain.resources import (
    Album,
    Artist,
    Curator,
    MusicVideo,
    Playlist,
    RecordLabel,
    Resource,
    ResourceType,
    SearchResults,
    Song,
    Station,
)
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import RESOURCE_TYPES
from applemusic_server.upstream.parse.resource import parse_data

R = TypeVar("R", bound=Resource)

# `topResults` is what the parameter is called, `top` what observers saw in the answer.
_TOP = ("top", "topResults")


def parse_search(answer: JsonReader) -> SearchResults:
    """Build search results from an answer with `results`; a type without hits is absent there."""
    results = answer.child("results") or JsonReader({}, answer.endpoint, "results")
    found: list[Resource] = []
    more: set[ResourceType] = set()
    for name in results.members():
        group = results.child(name) if name in RESOURCE_TYPES else None
        if group is None:
            continue
        found.extend(parse_data(group))
        if group.has("next"):
            more.add(RESOURCE_TYPES[name])
    return SearchResults(
        songs=_only(Song, found),
        albums=_only(Album, found),
        artists=_only(Artist, found),
        playlists=_only(Playlist, found),
        stations=_only(Station, found),
        music_videos=_only(MusicVideo, found),
        curators=_only(Curator, found),
        record_labels=_only(RecordLabel, found),
        top_results=_top_results(results),
        more=frozenset(more),
    )


def _top_results(results: JsonReader) -> tuple[Resource, ...]:
    for name in _TOP:
        group = results.child(name)
        if group is not None:
            return tuple(parse_data(group))
    return ()


def _only(kind: type[R], resources: Iterable[Resource]) -> tuple[R, ...]:
    return tuple(each for each in resources if isinstance(each, kind))
