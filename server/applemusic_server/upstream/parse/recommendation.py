"""Groups of recommendations, and summaries of what was played."""

import re
from collections.abc import Iterator

from applemusic_server.domain.recommendations import Recommendation, Replay, ReplayItem
from applemusic_server.domain.resources import Page, Playlist, Resource, Station
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_identity
from applemusic_server.upstream.parse.resource import parse_resource, read_next_offset
from applemusic_server.upstream.parse.times import read_moment

# `year-2024`, `month-2025-8`.
_PERIOD = re.compile(r"(?:year|month)-([0-9]{4})(?:-([0-9]{1,2}))?")


def parse_recommendations(answer: JsonReader, offset: int) -> Page[Recommendation]:
    """Build a page of groups that was asked for from `offset` on.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    groups = tuple(_parse_group(each) for each in answer.children("data"))
    return Page(groups, read_next_offset(answer, offset))


def parse_contents(answer: JsonReader, offset: int) -> Page[Resource]:
    """Build a page of a group's items; a bare station is kept, to be looked up.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    return Page(tuple(_items(answer)), read_next_offset(answer, offset))


def parse_replay(summary: JsonReader, year: int, month: int) -> Replay:
    """Build a summary.

    Args:
        summary: A `music-summaries` resource.
        year: What was asked for, where the summary does not say; 0 for the latest.
        month: As `year`; 0 for the whole year.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    attributes = summary.child("attributes")
    named = _PERIOD.fullmatch(read_identity(summary)[1])
    if named is not None:
        year, month = int(named[1]), int(named[2] or 0)
    elif attributes is not None:
        year, month = attributes.count("year") or year, attributes.count("month") or month
    relationships = summary.child("relationships")
    playlist = relationships.child("playlist") if relationships else None
    playlists = (parse_resource(each) for each in playlist.children("data")) if playlist else ()
    return Replay(
        year=year,
        month=month,
        top_songs=parse_replay_items(summary, "top-songs"),
        top_albums=parse_replay_items(summary, "top-albums"),
        top_artists=parse_replay_items(summary, "top-artists"),
        playlist=next((each for each in playlists if isinstance(each, Playlist)), None),
    )


def parse_replay_items(summary: JsonReader, view: str) -> tuple[ReplayItem, ...]:
    """Build a view of a summary, what was played most first."""
    found = replay_view(summary, view)
    return parse_replay_view(found, view) if found else ()


def parse_replay_view(found: JsonReader, view: str) -> tuple[ReplayItem, ...]:
    """Build the items of a view; those that Apple does not describe are left out."""
    relationship = view.removeprefix("top-").removesuffix("s")
    items: list[ReplayItem] = []
    for entry in found.children("data"):
        attributes, relationships = entry.child("attributes"), entry.child("relationships")
        related = relationships.child(relationship) if relationships else None
        played = next(related.children("data"), None) if related else None
        resource = parse_resource(played) if played else None
        if resource is not None:
            count = attributes.count("playCount") if attributes else 0
            items.append(ReplayItem(resource, count))
    return tuple(items)


def replay_view(summary: JsonReader, view: str) -> JsonReader | None:
    """Return a view of a summary as it came."""
    views = summary.child("views")
    return views.child(view) if views else None


def _parse_group(group: JsonReader) -> Recommendation:
    group_id = read_identity(group)[1]
    attributes = group.child("attributes")
    if not group_id or attributes is None:
        raise invalid_answer(group.endpoint, "a group without id or attributes", group.path)
    relationships = group.child("relationships")
    contents = relationships.child("contents") if relationships else None
    return Recommendation(
        id=group_id,
        title=_display(attributes, "title"),
        reason=_display(attributes, "reason"),
        recently_played=attributes.text("kind") == "recently-played",
        next_update_time=read_moment(attributes, "nextUpdateDate"),
        items=tuple(_items(contents)) if contents else (),
        next_offset=read_next_offset(contents, 0) if contents else None,
    )


def _items(contents: JsonReader) -> Iterator[Resource]:
    for each in contents.children("data"):
        resource = parse_resource(each)
        apple_type, resource_id = read_identity(each)
        if resource is None and apple_type == "stations" and not each.has("attributes"):
            resource = Station(resource_id, "")
        if resource is not None:
            yield resource


def _display(attributes: JsonReader, key: str) -> str:
    words = attributes.child(key)
    return words.text("stringForDisplay") if words else ""
