"""Stations that play songs: the next ones, and what follows a queue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.errors import AppleError, bad_body, bad_parameter
from applemusic_simulator.model import Catalogue, Song
from applemusic_simulator.social.social import Social

_TRACKS, _MOST_TRACKS = 2, 10
_LIMIT = "limit[results:tracks]"


class RadioEndpoints:
    """`/v1/me/stations/...`.

    Args:
        catalogue: Songs and videos that a queue may end with.
        social: Stations, and how far each has come.
        writer: Words catalogue resources for the listener.
    """

    def __init__(
        self, catalogue: Catalogue, social: Social, writer: Callable[[Call], ResourceWriter]
    ) -> None:
        self._catalogue = catalogue
        self._social = social
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        next_tracks = "/me/stations/next-tracks/{id}"
        return (
            Route("POST", next_tracks, self._next, listener=True),
            Route("GET", next_tracks, self._not_by_get, listener=True),
            Route("POST", "/me/stations/continuous", self._continue, listener=True),
        )

    def _next(self, call: Call) -> Answer:
        call.json()
        count = call.query.limit(_TRACKS, _MOST_TRACKS)
        songs = self._social.radio.next_songs(call.listener, call.names["id"], count)
        return Answer({"data": self._writer(call).listed("songs", songs)})

    def _not_by_get(self, _call: Call) -> Answer:
        raise AppleError(405, empty=True)

    def _continue(self, call: Call) -> Answer:
        count = self._tracks_wanted(call)
        seeds = call.json().get("data")
        if not isinstance(seeds, list) or not all(isinstance(seed, dict) for seed in seeds):
            raise bad_body("/data")
        if not seeds:
            return Answer({"results": {}})
        seed = seeds[-1]
        if seed.get("type") not in ("songs", "library-songs", "music-videos"):
            # Seen with status 200: the refusal is in the body (reference section 6).
            return Answer({"errors": [bad_body("/data/0/type", "Unsupported type").entry()]})
        song = self._song(call, seed)
        station = None if song is None else self._social.stations.of_song(song)
        if station is None:
            return Answer({"results": {}})
        writer = self._writer(call)
        results: dict[str, Any] = {"station": writer.listed("stations", [station.id])[0]}
        if "tracks" in call.query.names("with"):
            songs = self._social.radio.next_songs(call.listener, station.id, count)
            results["tracks"] = writer.listed("songs", songs)
        return Answer({"results": results})

    def _tracks_wanted(self, call: Call) -> int:
        try:
            return call.query.limit(_TRACKS, _MOST_TRACKS, _LIMIT)
        except AppleError as error:
            # The overflow text lacks its second half here (reference section 13.10).
            detail = error.detail.partition(", but was")[0]
            raise bad_parameter(_LIMIT, detail) from error

    def _song(self, call: Call, seed: Mapping[str, Any]) -> Song | None:
        item_id = str(seed.get("id", ""))
        if seed["type"] == "library-songs":
            item_id = self._social.library.catalog_id(call.listener.id, item_id)
        if seed["type"] == "music-videos":
            video = self._catalogue.music_videos.get(item_id)
            item_id = "" if video is None else video.song_id
        return self._catalogue.songs.get(item_id)
