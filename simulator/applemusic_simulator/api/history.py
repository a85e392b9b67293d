"""What the listener played."""

from collections.abc import Callable, Sequence

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.pages import mixed_page
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.social.history import CONTAINERS, TRACKS
from applemusic_simulator.social.social import Social

_PAGE, _TRACK_PAGE = 10, 30
_LIBRARY_CONTAINERS = ("library-albums", "library-playlists")
_LIBRARY_TRACKS = ("library-songs", "library-music-videos")


class HistoryEndpoints:
    """`/v1/me/recent/...` and `/v1/me/history/heavy-rotation`.

    Args:
        social: Remembers plays.
        writer: Words catalogue resources for the listener.
    """

    def __init__(self, social: Social, writer: Callable[[Call], ResourceWriter]) -> None:
        self._history = social.history
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        return (
            Route("GET", "/me/recent/played", self._played, listener=True),
            Route("GET", "/me/recent/played/tracks", self._tracks, listener=True),
            Route("GET", "/me/recent/radio-stations", self._stations, listener=True),
            Route("GET", "/me/history/heavy-rotation", self._rotation, listener=True),
        )

    def _played(self, call: Call) -> Answer:
        types = self._types(call, (*CONTAINERS, *_LIBRARY_CONTAINERS))
        found = self._history.recent_containers(call.listener.id)
        wanted = [reference for reference in found if reference[0] in types]
        return Answer(mixed_page(call, self._writer(call), wanted, _PAGE, _PAGE))

    def _tracks(self, call: Call) -> Answer:
        types = self._types(call, (*TRACKS, *_LIBRARY_TRACKS))
        found = self._history.recent_tracks(call.listener.id)
        wanted = [reference for reference in found if reference[0] in types]
        return Answer(mixed_page(call, self._writer(call), wanted, _TRACK_PAGE, _TRACK_PAGE))

    def _stations(self, call: Call) -> Answer:
        found = self._history.recent_containers(call.listener.id)
        stations = [reference for reference in found if reference[0] == "stations"]
        return Answer(mixed_page(call, self._writer(call), stations, _PAGE, _PAGE))

    def _rotation(self, call: Call) -> Answer:
        found = self._history.heavy_rotation(call.listener.id)
        page = mixed_page(call, self._writer(call), found, _PAGE, _PAGE)
        # The recorded answer has its own address, limit and all; no other list has.
        query = f"?limit={call.query.text('limit')}" if "limit" in call.query else ""
        return Answer({"href": f"{call.path}{query}", **page})

    def _types(self, call: Call, known: tuple[str, ...]) -> Sequence[str]:
        # Apple's page says that `types` is required, its clients leave it out.
        return call.query.one_of("types", known) if "types" in call.query else known
