"""Favourites of the listener."""

from collections.abc import Callable, Iterator, Sequence

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import missing_parameter
from applemusic_simulator.social.opinions import FAVORED
from applemusic_simulator.social.permissions import FAVORITES
from applemusic_simulator.social.social import Social

_MOST_IDS = 100


class FavoriteEndpoints:
    """`/v1/me/favorites`.

    Args:
        social: Where favourites are kept.
        exists: Whether the catalogue has an id of a type.
    """

    def __init__(self, social: Social, exists: Callable[[str, str], bool]) -> None:
        self._social = social
        self._exists = exists

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        return (
            Route("POST", "/me/favorites", self._add, listener=True),
            Route("DELETE", "/me/favorites", self._remove, listener=True),
        )

    def _add(self, call: Call) -> Answer:
        for kind, item_id in self._named(call):
            self._social.opinions.favor(call.listener, kind, item_id)
        return Answer(None, 202)

    def _remove(self, call: Call) -> Answer:
        for kind, item_id in self._named(call):
            self._social.opinions.unfavor(call.listener, kind, item_id)
        return Answer(None, 202)

    def _named(self, call: Call) -> Iterator[tuple[str, str]]:
        """What the catalogue knows of the ids asked for; the others are ignored silently."""
        self._social.permissions.check(FAVORITES, call.team, call.listener)
        asked = {kind: f"ids[{kind}]" for kind in FAVORED if f"ids[{kind}]" in call.query}
        if not asked:
            raise missing_parameter("ids")
        named = {kind: call.query.ids(name, _MOST_IDS) for kind, name in asked.items()}
        for kind, ids in named.items():
            yield from ((kind, item_id) for item_id in ids if self._exists(kind, item_id))
