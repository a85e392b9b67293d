"""Serves `RecommendationService`."""

from collections.abc import Iterable
from typing import Protocol

from applemusic.v1 import recommendation_service_pb2 as pb
from applemusic_server.domain.recommendations import Recommendation, Replay, ReplayItem
from applemusic_server.domain.resources import Page, ReadOptions, Resource, Track
from applemusic_server.wire.convert import Converter, read_options, timestamp
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.paging import next_page_token, page_limit


class Recommendations(Protocol):
    """The use cases of recommendations and history; see `application.recommendations`."""

    async def groups(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Recommendation]:
        """Return a page of groups with their first items."""
        ...

    async def items(
        self,
        recommendation_id: str,
        account: str,
        options: ReadOptions,
        *,
        limit: int,
        offset: int,
    ) -> Page[Resource]:
        """Return a page of a group's items."""
        ...

    async def recently_played(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of albums, playlists and stations that were played last."""
        ...

    async def recently_played_tracks(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Track]:
        """Return a page of songs and music videos that were played last."""
        ...

    async def heavy_rotation(
        self, account: str, options: ReadOptions, *, limit: int, offset: int
    ) -> Page[Resource]:
        """Return a page of what was played most lately."""
        ...

    async def replay(self, year: int, month: int, account: str, options: ReadOptions) -> Replay:
        """Return what was played most in a year or month."""
        ...


class RecommendationServicer:
    """Says what Apple recommends, and what was played."""

    def __init__(self, recommendations: Recommendations) -> None:
        self._recommendations = recommendations

    async def list_recommendations(
        self, request: pb.ListRecommendationsRequest, context: Context
    ) -> pb.ListRecommendationsResponse:
        """List groups of recommendations, each with its first items."""
        del context
        page = await self._recommendations.groups(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=12, largest=30),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListRecommendationsResponse(
            recommendations=[_group(request, each, convert) for each in page.items],
            next_page_token=next_page_token(request, page),
        )

    async def list_recommendation_items(
        self, request: pb.ListRecommendationItemsRequest, context: Context
    ) -> pb.ListRecommendationItemsResponse:
        """List the items of one group."""
        del context
        page = await self._recommendations.items(
            request.recommendation_id,
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=10, largest=50),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListRecommendationItemsResponse(
            resources=map(convert.resource, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def list_recently_played(
        self, request: pb.ListRecentlyPlayedRequest, context: Context
    ) -> pb.ListRecentlyPlayedResponse:
        """List what was played last."""
        del context
        page = await self._recommendations.recently_played(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=10, largest=50),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListRecentlyPlayedResponse(
            resources=map(convert.resource, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def list_recently_played_tracks(
        self, request: pb.ListRecentlyPlayedTracksRequest, context: Context
    ) -> pb.ListRecentlyPlayedTracksResponse:
        """List the tracks that were played last."""
        del context
        page = await self._recommendations.recently_played_tracks(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=30, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListRecentlyPlayedTracksResponse(
            tracks=map(convert.track, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_heavy_rotation(
        self, request: pb.ListHeavyRotationRequest, context: Context
    ) -> pb.ListHeavyRotationResponse:
        """List what was played most in the last weeks."""
        del context
        page = await self._recommendations.heavy_rotation(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=10, largest=50),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListHeavyRotationResponse(
            resources=map(convert.resource, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def get_replay(
        self, request: pb.GetReplayRequest, context: Context
    ) -> pb.GetReplayResponse:
        """Return what was played most in a year or month."""
        del context
        replay = await self._recommendations.replay(
            request.year, request.month, request.account, read_options(request.options)
        )
        convert = Converter(request.options.artwork_size)
        return pb.GetReplayResponse(
            year=replay.year,
            month=replay.month,
            top_songs=_replay_items(replay.top_songs, convert),
            top_albums=_replay_items(replay.top_albums, convert),
            top_artists=_replay_items(replay.top_artists, convert),
            playlist=convert.playlist(replay.playlist) if replay.playlist else None,
        )


def _group(
    request: pb.ListRecommendationsRequest, group: Recommendation, convert: Converter
) -> pb.Recommendation:
    return pb.Recommendation(
        id=group.id,
        title=group.title,
        reason=group.reason,
        recently_played=group.recently_played,
        next_update_time=timestamp(group.next_update_time),
        items=map(convert.resource, group.items),
        next_page_token=_items_token(request, group),
    )


def _items_token(request: pb.ListRecommendationsRequest, group: Recommendation) -> str:
    """Return the token with which ListRecommendationItems goes on after a group's first items."""
    if group.next_offset is None:
        return ""
    following = pb.ListRecommendationItemsRequest(
        account=request.account,
        recommendation_id=group.id,
        options=request.options if request.HasField("options") else None,
    )
    return encode(following, Position(group.next_offset))


def _replay_items(items: Iterable[ReplayItem], convert: Converter) -> list[pb.ReplayItem]:
    return [
        pb.ReplayItem(resource=convert.resource(item.resource), play_count=item.play_count)
        for item in items
    ]
