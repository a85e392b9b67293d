"""What Apple recommends, and what was played."""

from typing import Unpack

from applemusic.calls import Calls, Paged, Read
from applemusic.convert import to_model, to_models, to_union
from applemusic.models.recommendation import Recommendation, Replay
from applemusic.models.resource import Resource, Track
from applemusic.paging import Pager
from applemusic.v1 import recommendation_service_pb2 as pb


class Recommendations:
    """Recommendations and history. Every method needs an account."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def groups(self, **call: Unpack[Paged]) -> Pager[Recommendation]:
        """List the groups of recommendations, each with its first items."""
        request = pb.ListRecommendationsRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.recommendations.ListRecommendations
        return self._calls.pager(
            method, request, lambda page: to_models(Recommendation, page.recommendations), call
        )

    def items(self, recommendation_id: str, **call: Unpack[Paged]) -> Pager[Resource]:
        """List the items of one group; `Recommendation.next_page_token` goes on after its own."""
        request = pb.ListRecommendationItemsRequest(
            recommendation_id=recommendation_id, **self._calls.read_fields(call)
        )
        method = self._calls.stubs.recommendations.ListRecommendationItems
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.resources), call
        )

    def recently_played(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List albums, playlists and stations that were played last, newest first."""
        request = pb.ListRecentlyPlayedRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.recommendations.ListRecentlyPlayed
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.resources), call
        )

    def recently_played_tracks(self, **call: Unpack[Paged]) -> Pager[Track]:
        """List songs and music videos that were played last, newest first."""
        request = pb.ListRecentlyPlayedTracksRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.recommendations.ListRecentlyPlayedTracks
        return self._calls.pager(method, request, lambda page: to_union(Track, page.tracks), call)

    def heavy_rotation(self, **call: Unpack[Paged]) -> Pager[Resource]:
        """List what was played most in the last weeks."""
        request = pb.ListHeavyRotationRequest(**self._calls.read_fields(call))
        method = self._calls.stubs.recommendations.ListHeavyRotation
        return self._calls.pager(
            method, request, lambda page: to_union(Resource, page.resources), call
        )

    async def replay(self, *, year: int = 0, month: int = 0, **call: Unpack[Read]) -> Replay:
        """Return what was played most in a year or month.

        Args:
            year: Year; 0 means the latest that Apple has.
            month: 1 to 12; 0 means the whole year.
            **call: Account, options and timeout.

        Raises:
            ResourceNotFoundError: Apple has no summary of that time.
        """
        request = pb.GetReplayRequest(year=year, month=month, **self._calls.read_fields(call))
        method = self._calls.stubs.recommendations.GetReplay
        response = await self._calls.unary(method, request, call)
        return to_model(Replay, response)
