"""What Apple says of a listener's liking."""

from collections.abc import Collection, Iterator

from applemusic_server.domain.resources import FavoriteState
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_favorite, read_identity

_STATES = {1: FavoriteState.FAVORITE, -1: FavoriteState.DISLIKED}


def parse_ratings(
    answer: JsonReader, asked: Collection[str]
) -> Iterator[tuple[str, FavoriteState]]:
    """Yield the rated ids of an answer and what is thought of them.

    Ids can come back with `r.` before them (reference: observed); exactly that is taken away, and
    only where the id as it stands was not asked for: library artists begin like this, too.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    for rating in answer.children("data"):
        rated_id = read_identity(rating)[1]
        if rated_id not in asked:
            rated_id = rated_id.removeprefix("r.")
        attributes = rating.child("attributes")
        state = _STATES.get(attributes.whole("value")) if attributes else None
        if rated_id in asked and state is not None:
            yield rated_id, state


def parse_favorites(answer: JsonReader) -> Iterator[tuple[str, FavoriteState]]:
    """Yield the ids of resources and whether they are favorites, where Apple tells.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID.
    """
    for resource in answer.children("data"):
        attributes = resource.child("attributes")
        state = read_favorite(attributes) if attributes else FavoriteState.UNKNOWN
        if state is not FavoriteState.UNKNOWN:
            yield read_identity(resource)[1], state
