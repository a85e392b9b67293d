"""Names for stations that Apple lists without one."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from applemusic_server.domain.gateways import CatalogGateway, CatalogScope
from applemusic_server.domain.resources import Resource, Station

R = TypeVar("R", bound=Resource)


async def with_names(
    resources: Sequence[R], catalog: CatalogGateway, scope: CatalogScope
) -> tuple[R, ...]:
    """Look up the stations without a name, all at once, and leave out what still has none."""
    known = await named_stations(resources, catalog, scope)
    return tuple(fill(resources, known))


async def named_stations(
    resources: Iterable[Resource], catalog: CatalogGateway, scope: CatalogScope
) -> dict[str, Station]:
    """Return the stations that some resources only point to, by id.

    Recommendations hold such stations (reference: observed).
    """
    nameless = {each.id for each in resources if isinstance(each, Station) and not each.name}
    if not nameless:
        return {}
    found = await catalog.fetch(Station, sorted(nameless), scope)
    return {station.id: station for station in found.items if station.name}


def fill(resources: Iterable[R], known: dict[str, Station]) -> Iterable[R]:
    """Yield resources, nameless stations as they are known, or not at all."""
    for each in resources:
        if not isinstance(each, Station) or each.name:
            yield each
        elif each.id in known:
            yield known[each.id]  # type: ignore[misc]  # mypy does not see that R is Station here
