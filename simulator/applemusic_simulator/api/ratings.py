"""Ratings of the listener: a like or a dislike per thing."""

from collections.abc import Callable, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.errors import bad_body, bad_path, not_found
from applemusic_simulator.social.opinions import DISLIKE, LIKE, RATED
from applemusic_simulator.social.social import Social

# One client sends 200; nobody wrote down where Apple stops.
_MOST_IDS = 200
# Apple's schema says the second, its examples the first; both go through (reference section 5).
_TYPES = ("rating", "ratings")


class RatingEndpoints:
    """`/v1/me/ratings/{type}`; nine types, artists are none of them.

    Args:
        social: Where ratings are kept.
        exists: Whether the catalogue has an id of a type.
    """

    def __init__(self, social: Social, exists: Callable[[str, str], bool]) -> None:
        self._social = social
        self._opinions = social.opinions
        self._exists = exists

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        one = "/me/ratings/{kind}/{id}"
        return (
            Route("GET", "/me/ratings/{kind}", self._many, listener=True),
            Route("GET", one, self._one, listener=True),
            Route("PUT", one, self._put, listener=True),
            Route("DELETE", one, self._delete, listener=True),
        )

    def _many(self, call: Call) -> Answer:
        kind = _kind(call)
        rated = []
        for item_id in call.query.ids("ids", _MOST_IDS):
            value = self._opinions.rating(call.listener, kind, item_id)
            if value is not None:
                rated.append(self._resource(kind, item_id, value, batch=True))
        return Answer({"data": rated})

    def _one(self, call: Call) -> Answer:
        kind, item_id = _kind(call), call.names["id"]
        value = self._opinions.rating(call.listener, kind, item_id)
        if value is None:
            raise not_found()
        return Answer({"data": [self._resource(kind, item_id, value)]})

    def _put(self, call: Call) -> Answer:
        kind, item_id = _kind(call), call.names["id"]
        value = _value(call)
        if not self._is_there(call, kind, item_id):
            raise not_found()
        self._opinions.rate(call.listener, kind, item_id, value)
        return Answer({"data": [self._resource(kind, item_id, value)]})

    def _delete(self, call: Call) -> Answer:
        kind, item_id = _kind(call), call.names["id"]
        if not self._opinions.is_rated(call.listener, kind, item_id):
            raise not_found()
        self._opinions.rate(call.listener, kind, item_id, None)
        return Answer(None, 204)

    def _is_there(self, call: Call, kind: str, item_id: str) -> bool:
        if kind.startswith("library-"):
            return self._social.library.knows(call.listener.id, item_id)
        return self._exists(kind, item_id)

    def _resource(
        self, kind: str, item_id: str, value: int, *, batch: bool = False
    ) -> dict[str, Any]:
        prefixed = (
            batch and self._social.settings.prefixed_rating_ids and not kind.startswith("library-")
        )
        return {
            "id": f"r.{item_id}" if prefixed else item_id,
            "type": "ratings",
            "href": f"/v1/me/ratings/{kind}/{item_id}",
            "attributes": {"value": value},
        }


def _kind(call: Call) -> str:
    kind = call.names["kind"]
    if kind not in RATED:
        raise bad_path(f"Invalid type '{kind}'")
    return kind


def _value(call: Call) -> int:
    body = call.json()
    if body.get("type") not in _TYPES:
        raise bad_body("/type", "Invalid type")
    attributes = body.get("attributes")
    value = attributes.get("value") if isinstance(attributes, dict) else None
    if isinstance(value, bool) or value not in (LIKE, DISLIKE):
        raise bad_body("/attributes/value", "Value must be 1 or -1")
    return int(value)
