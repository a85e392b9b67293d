"""Radio stations."""

from datetime import timedelta

from applemusic_server.domain.resources import Station, StationKind
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import (
    read_artwork,
    read_notes,
    read_rating,
    read_url,
)
from applemusic_server.upstream.parse.references import read_identity
from applemusic_server.upstream.parse.times import read_duration

# Apple's own live stations are protected.
_PLAYABLE = frozenset({StationKind.TRACKS, StationKind.BROADCAST})


def parse_station(resource: JsonReader, attributes: JsonReader) -> Station:
    """Build a station from a `stations` resource; some come without a name."""
    station_id = read_identity(resource)[1]
    kind = _kind(attributes)
    return Station(
        id=station_id,
        name=attributes.text("name"),
        kind=kind,
        personal=station_id.startswith("ra.u-"),
        playable=kind in _PLAYABLE and attributes.has("playParams"),
        provider_name=attributes.text("stationProviderName"),
        duration=read_duration(attributes, "durationInMillis") or None,
        content_rating=read_rating(attributes),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        editorial_notes=read_notes(attributes),
    )


def _kind(attributes: JsonReader) -> StationKind:
    """Tell by `playParams.format`, `isLive` and protection: Apple's own live stations have it."""
    play = attributes.child("playParams")
    form = play.text("format") if play else ""
    if form == "tracks":
        return StationKind.TRACKS
    if attributes.truth("isLive"):
        has_drm = attributes.has("supportedDrms") or bool(play and play.truth("hasDrm"))
        return StationKind.LIVE if has_drm else StationKind.BROADCAST
    is_episode = read_duration(attributes, "durationInMillis") > timedelta(0)
    if is_episode or attributes.has("episodeNumber") or form == "stream":
        return StationKind.EPISODE
    return StationKind.UNKNOWN
