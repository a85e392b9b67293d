"""Recommendations for the listener."""

from collections.abc import Callable, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.pages import mixed, mixed_page
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.errors import no_related, not_found
from applemusic_simulator.social.advice import Recommendation
from applemusic_simulator.social.social import Social
from applemusic_simulator.social.times import text_of

_PAGE, _MOST = 10, 30
_CONTENTS = 10
_PATH = "/me/recommendations"


class RecommendationEndpoints:
    """`/v1/me/recommendations`.

    Args:
        social: Chooses.
        writer: Words catalogue resources for the listener.
    """

    def __init__(self, social: Social, writer: Callable[[Call], ResourceWriter]) -> None:
        self._advice = social.advice
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        return (
            Route("GET", _PATH, self._many, listener=True),
            Route("GET", f"{_PATH}/{{id}}", self._one, listener=True),
            Route("GET", f"{_PATH}/{{id}}/contents", self._contents, listener=True),
        )

    def _many(self, call: Call) -> Answer:
        groups = self._advice.to(call.listener)
        body: dict[str, Any] = {}
        if "ids" in call.query:
            by_id = {group.id: group for group in groups}
            groups = [by_id[key] for key in call.query.ids("ids", _MOST) if key in by_id]
        else:
            limit, offset = call.query.limit(_PAGE, _MOST), call.query.offset()
            if offset + limit < len(groups):
                body["next"] = call.query.next_path(call.path, offset + limit)
            groups = groups[offset : offset + limit]
        writer = self._writer(call)
        body["data"] = [self._resource(call, writer, group) for group in groups]
        return Answer(body)

    def _one(self, call: Call) -> Answer:
        return Answer({"data": [self._resource(call, self._writer(call), self._group(call))]})

    def _contents(self, call: Call) -> Answer:
        contents = self._group(call).contents
        page = mixed_page(call, self._writer(call), contents, _CONTENTS, _CONTENTS)
        if not page["data"]:
            raise no_related("contents")
        return Answer(page)

    def _group(self, call: Call) -> Recommendation:
        groups = self._advice.to(call.listener)
        found = next((group for group in groups if group.id == call.names["id"]), None)
        if found is None:
            raise not_found()
        return found

    def _resource(
        self, call: Call, writer: ResourceWriter, group: Recommendation
    ) -> dict[str, Any]:
        href = f"/v1{_PATH}/{group.id}"
        attributes: dict[str, Any] = {
            "title": {"stringForDisplay": group.title},
            "kind": group.kind,
            "resourceTypes": group.resource_types,
            "nextUpdateDate": text_of(group.next_update),
            "isGroupRecommendation": False,
        }
        if group.reason:
            attributes["reason"] = {"stringForDisplay": group.reason}
        limit = call.query.limit(_CONTENTS, _CONTENTS, "limit[contents]")
        contents: dict[str, Any] = {"href": f"{href}/contents"}
        if limit < len(group.contents):
            contents["next"] = call.query.next_path(f"{href}/contents", limit)
        contents["data"] = mixed(writer, group.contents[:limit])
        return {
            "id": group.id,
            "type": "personal-recommendation",
            "href": href,
            "attributes": attributes,
            "relationships": {"contents": contents},
        }
