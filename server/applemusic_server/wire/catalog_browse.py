"""Serves the browsing part of `CatalogService`: relations, charts, genres, suggestions."""

from typing import Final

from applemusic.v1 import catalog_service_pb2 as pb
from applemusic.v1 import media_pb2
from applemusic_server.domain.catalog_answers import Charts
from applemusic_server.domain.errors import invalid_field
from applemusic_server.domain.gateways import Storefront
from applemusic_server.domain.resources import ResourceRef, ResourceType
from applemusic_server.wire.catalog_ports import Browse
from applemusic_server.wire.convert import Converter, read_options
from applemusic_server.wire.enums import RELATIONS, RESOURCE_TYPES, resource_type
from applemusic_server.wire.grpc_types import Context
from applemusic_server.wire.page_token import Position, decode, encode
from applemusic_server.wire.paging import next_page_token, page_limit

_CHARTED_BY_DEFAULT: Final = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.PLAYLIST,
    ResourceType.MUSIC_VIDEO,
)
_RELATIONS: Final = {number: relation for relation, number in RELATIONS.items()}
# In the page token of charts, beside the numbers of types that go on.
_CITY_AND_GLOBAL: Final = 0


class CatalogBrowseServicer:
    """Looks around in the catalog."""

    def __init__(self, browse: Browse) -> None:
        self._browse = browse

    async def list_related(
        self, request: pb.ListRelatedRequest, context: Context
    ) -> pb.ListRelatedResponse:
        """List what stands in a relation to a resource."""
        del context
        if request.relation not in _RELATIONS:
            raise invalid_field("relation", "must not be unspecified")
        page = await self._browse.related(
            _parent(request.resource),
            _RELATIONS[request.relation],
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=25, largest=100),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListRelatedResponse(
            resources=map(convert.resource, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def list_charts(
        self, request: pb.ListChartsRequest, context: Context
    ) -> pb.ListChartsResponse:
        """List charts; a later page asks only for the charts that have more."""
        del context
        named = tuple(dict.fromkeys(resource_type(number) for number in request.types))
        types = named or _CHARTED_BY_DEFAULT
        city_and_global = request.include_city_and_global
        position = decode(request)
        if position.offset:
            types = tuple(kind for kind in types if RESOURCE_TYPES[kind] in position.kinds)
            city_and_global = _CITY_AND_GLOBAL in position.kinds
        limit = page_limit(request.page_size, default=20, largest=200)
        charts = await self._browse.charts(
            types,
            request.genre_id,
            request.account,
            read_options(request.options),
            limit=limit,
            offset=position.offset,
            city_and_global=city_and_global,
        )
        response = _charts_response(charts, Converter(request.options.artwork_size))
        kinds = sorted(RESOURCE_TYPES[kind] for kind in charts.more)
        if charts.more_city_and_global:
            kinds.append(_CITY_AND_GLOBAL)
        if kinds:
            response.next_page_token = encode(
                request, Position(position.offset + limit, tuple(kinds))
            )
        return response

    async def list_genres(
        self, request: pb.ListGenresRequest, context: Context
    ) -> pb.ListGenresResponse:
        """List the genres of a storefront."""
        del context
        page = await self._browse.genres(
            request.account,
            read_options(request.options),
            limit=page_limit(request.page_size, default=100, largest=500),
            offset=decode(request).offset,
        )
        convert = Converter(request.options.artwork_size)
        return pb.ListGenresResponse(
            genres=map(convert.genre, page.items), next_page_token=next_page_token(request, page)
        )

    async def list_storefronts(
        self, request: pb.ListStorefrontsRequest, context: Context
    ) -> pb.ListStorefrontsResponse:
        """List Apple's storefronts."""
        del context
        page = await self._browse.storefronts(
            request.language,
            limit=page_limit(request.page_size, default=200, largest=500),
            offset=decode(request).offset,
        )
        return pb.ListStorefrontsResponse(
            storefronts=map(_storefront, page.items),
            next_page_token=next_page_token(request, page),
        )

    async def search_suggestions(
        self, request: pb.SearchSuggestionsRequest, context: Context
    ) -> pb.SearchSuggestionsResponse:
        """Complete what was typed."""
        del context
        found = await self._browse.suggestions(
            request.term,
            tuple(resource_type(number) for number in request.types),
            request.account,
            read_options(request.options),
            limit=page_limit(request.term_limit, default=5, largest=10),
        )
        convert = Converter(request.options.artwork_size)
        return pb.SearchSuggestionsResponse(
            suggestions=[
                pb.SearchSuggestion(search_term=each.search_term, display_term=each.display_term)
                for each in found.terms
            ],
            top_results=map(convert.resource, found.top_results),
        )


def _parent(reference: media_pb2.ResourceRef) -> ResourceRef:
    if reference.type == media_pb2.RESOURCE_TYPE_UNSPECIFIED:
        raise invalid_field("resource.type", "must not be unspecified")
    return ResourceRef(resource_type(reference.type), reference.id)


def _charts_response(charts: Charts, convert: Converter) -> pb.ListChartsResponse:
    return pb.ListChartsResponse(
        charts=[
            pb.Chart(
                id=chart.id,
                name=chart.name,
                type=RESOURCE_TYPES[chart.type],
                items=map(convert.resource, chart.items),
            )
            for chart in charts.charts
        ]
    )


def _storefront(storefront: Storefront) -> pb.Storefront:
    return pb.Storefront(
        id=storefront.id,
        name=storefront.name,
        default_language_tag=storefront.default_language_tag,
        supported_language_tags=storefront.supported_language_tags,
        explicit_content_prohibited=storefront.explicit_content_prohibited,
    )
