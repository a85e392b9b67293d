"""Replay: what the listener played most in a year or a month."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from applemusic_simulator.accounts import Account
from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.errors import bad_parameter, not_found
from applemusic_simulator.social.replay import Period
from applemusic_simulator.social.social import Social

_PATH = "/me/music-summaries"
_TYPE = "music-summaries"
_LATEST = "latest"
# View, type of its entries' relationship target, title.
_VIEWS = {
    "top-artists": ("artists", "Top Artists"),
    "top-albums": ("albums", "Top Albums"),
    "top-songs": ("songs", "Top Songs"),
}
_PAGE, _MOST = 10, 100


class ReplayEndpoints:
    """`/v1/me/music-summaries`.

    No answer of Apple's is recorded; the shape is what two clients read (reference section 4.5).

    Args:
        social: Counts.
        writer: Words catalogue resources for the listener.
    """

    def __init__(self, social: Social, writer: Callable[[Call], ResourceWriter]) -> None:
        self._replay = social.replay
        self._mixes = social.mixes
        self._writer = writer

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token."""
        return (
            Route("GET", _PATH, self._latest, listener=True),
            Route("GET", f"{_PATH}/search", self._search, listener=True),
            Route("GET", f"{_PATH}/{{id}}", self._one, listener=True),
            Route("GET", f"{_PATH}/{{id}}/view/{{view}}", self._view, listener=True),
        )

    def _latest(self, call: Call) -> Answer:
        wanted = call.query.required("filter[year]")
        if wanted != _LATEST:
            raise bad_parameter("filter[year]", f"Invalid value '{wanted}'")
        years = [period for period in self._replay.periods() if not period.month]
        return Answer({"data": [self._resource(call, years[0])]})

    def _search(self, call: Call) -> Answer:
        (name,) = call.query.one_of("period", ("year", "month"))
        periods = [period for period in self._replay.periods() if period.name == name]
        return Answer({"data": [self._resource(call, period) for period in periods]})

    def _one(self, call: Call) -> Answer:
        return Answer({"data": [self._resource(call, self._period(call))]})

    def _view(self, call: Call) -> Answer:
        period, name = self._period(call), call.names["view"]
        if name not in _VIEWS:
            raise not_found()
        limit, offset = call.query.limit(_PAGE, _MOST), call.query.offset()
        return Answer(self._entries(call, period, name, limit, offset))

    def _period(self, call: Call) -> Period:
        period = self._replay.find(call.names["id"])
        if period is None:
            raise not_found()
        return period

    def _resource(self, call: Call, period: Period) -> dict[str, Any]:
        attributes: dict[str, Any] = {"period": period.name, "year": period.year}
        if period.month:
            attributes["month"] = period.month
        resource: dict[str, Any] = {
            "id": period.id,
            "type": _TYPE,
            "href": f"/v1{_PATH}/{period.id}",
            "attributes": attributes,
        }
        if not period.month:
            resource["relationships"] = {"playlist": self._playlist(call, period)}
        views = [name for name in call.query.names("views") if name in _VIEWS]
        if views:
            resource["views"] = {
                name: self._entries(call, period, name, _PAGE, 0) for name in views
            }
        return resource

    def _playlist(self, call: Call, period: Period) -> dict[str, Any]:
        key = self._mixes.replay(call.listener, period.year).id
        included = {*call.query.names("include"), *call.query.names(f"include[{_TYPE}]")}
        writer = self._writer(call)
        data = (
            writer.listed("playlists", [key])
            if "playlist" in included
            else [writer.identifier("playlists", key)]
        )
        return {"href": f"/v1{_PATH}/{period.id}/playlist", "data": data}

    def _entries(
        self, call: Call, period: Period, name: str, limit: int, offset: int
    ) -> dict[str, Any]:
        kind, title = _VIEWS[name]
        counts = list(self._counts(call.listener, period, kind).items())
        href = f"/v1{_PATH}/{period.id}/view/{name}"
        view: dict[str, Any] = {"href": href, "attributes": {"title": title}}
        if offset + limit < len(counts):
            view["next"] = call.query.next_path(href, offset + limit)
        writer = self._writer(call)
        singular = kind.removesuffix("s")
        included = singular in call.query.names("include")
        view["data"] = [
            {
                "id": f"{period.id}-{item_id}",
                "type": f"{singular}-period-summaries",
                "href": f"{href}/{item_id}",
                "attributes": {"period": period.name, "year": period.year, "playCount": count},
                "relationships": {
                    singular: {
                        "data": writer.listed(kind, [item_id])
                        if included
                        else [writer.identifier(kind, item_id)]
                    }
                },
            }
            for item_id, count in counts[offset : offset + limit]
        ]
        return view

    def _counts(self, account: Account, period: Period, kind: str) -> Mapping[str, int]:
        if kind == "songs":
            return self._replay.songs(account.id, period)
        if kind == "albums":
            return self._replay.albums(account.id, period)
        return self._replay.artists(account.id, period)
