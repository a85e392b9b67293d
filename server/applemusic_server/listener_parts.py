"""Puts together what serves one listener: favorites, radio and recommendations."""

from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.favorites import Favorites
from applemusic_server.application.library_memory import FavoriteWrites
from applemusic_server.application.listening import Listening
from applemusic_server.application.radio import Radio
from applemusic_server.application.recommendations import Recommendations
from applemusic_server.application.station_seeds import StationSeeds
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.favorites import AppleFavorites
from applemusic_server.upstream.lists import ListReader
from applemusic_server.upstream.radio import AppleRadio
from applemusic_server.upstream.recommendations import AppleRecommendations
from applemusic_server.upstream.twins import AppleTwins
from applemusic_server.wire.favorites import FavoritesServicer
from applemusic_server.wire.radio import RadioServicer
from applemusic_server.wire.recommendations import RecommendationServicer


def listener_servicers(
    api: ApiClient,
    listening: Listening,
    catalog: AppleCatalog,
    refused: CapabilityMemory,
    liked: FavoriteWrites,
) -> list[object]:
    """Return what serves `FavoritesService`, `RadioService` and `RecommendationService`.

    Args:
        api: Asks Apple.
        listening: Who listens, and where.
        catalog: Fills in what lists leave out.
        refused: What Apple does not let accounts do.
        liked: What was written; shared with whoever shows it elsewhere.
    """
    lists, twins = ListReader(api), AppleTwins(api)
    radio, recommendations = AppleRadio(api, lists), AppleRecommendations(api, lists)
    seeds = StationSeeds(radio, catalog, twins)
    return [
        FavoritesServicer(Favorites(listening, AppleFavorites(api), twins, refused, liked)),
        RadioServicer(Radio(listening, radio, catalog, recommendations, seeds)),
        RecommendationServicer(Recommendations(listening, recommendations, catalog)),
    ]
