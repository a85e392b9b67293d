"""Charts."""

from collections.abc import Iterator

from applemusic_server.domain.catalog_answers import Chart, Charts
from applemusic_server.domain.resources import ResourceType
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import RESOURCE_TYPES
from applemusic_server.upstream.parse.resource import parse_data

# Charts of playlists that Apple sends on request, under names of their own.
_CITY_AND_GLOBAL = ("cityCharts", "dailyGlobalTopCharts")


def parse_charts(answer: JsonReader, *, with_types: bool = True) -> Charts:
    """Build charts from an answer with `results`: per type a list of charts, maybe empty ones.

    Args:
        answer: What Apple answered.
        with_types: False leaves out all but the city and the global charts.
    """
    results = answer.child("results") or JsonReader({}, answer.endpoint, "results")
    charts: list[Chart] = []
    more: set[ResourceType] = set()
    more_city_and_global = False
    for name in results.members() if with_types else _CITY_AND_GLOBAL:
        for chart, goes_on in _charts(results, name):
            charts.append(chart)
            if goes_on and name in _CITY_AND_GLOBAL:
                more_city_and_global = True
            elif goes_on:
                more.add(chart.type)
    return Charts(tuple(charts), frozenset(more), more_city_and_global)


def _charts(results: JsonReader, name: str) -> Iterator[tuple[Chart, bool]]:
    """Yield the charts of one name that have places, and whether there are further places."""
    is_extra = name in _CITY_AND_GLOBAL
    chart_type = ResourceType.PLAYLIST if is_extra else RESOURCE_TYPES.get(name)
    if chart_type is None:
        return
    for group in results.children(name):
        items = tuple(parse_data(group))
        if items:
            yield (
                Chart(group.text("chart") or name, group.text("name"), chart_type, items),
                group.has("next"),
            )
