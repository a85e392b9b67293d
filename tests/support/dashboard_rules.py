"""What holds for every dashboard: each rule yields a sentence for what breaks it.

The rules are those of Grafana's own `dashboard-linter`, and some of this project. Where that one
takes expressions apart with Prometheus' parser, `promql` does here.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.support.promql import Matcher, groupings, selectors

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/"
VARIABLES = {"namespace": ".*", "job": ".+", "instance": ".+"}
# Of Grafana's units those that fit what is shown; see `tools.dashboard.panel` for the last two.
UNITS = {
    *("none", "short", "percentunit", "s", "bytes", "Bps", "reqps", "ops"),
    *("suffix:days", "suffix:/min"),
}
# Of Prometheus itself: these have a page of their own.
OWN = {"up", "ALERTS"}
COUNTED = ("_total", "_bucket", "_count", "_sum")
# Documented and not shown, and why.
NOT_SHOWN = {
    "process_virtual_memory_bytes": "says nothing: address space is not memory",
}

Board = dict[str, Any]
Rule = Callable[[Board], Iterator[str]]


def panels(board: Board) -> list[Any]:
    """All panels but the headings of rows."""
    return [panel for panel in board["panels"] if panel["type"] != "row"]


def targets(board: Board) -> Iterator[tuple[Any, Any]]:
    """Each panel with each of its queries."""
    for panel in panels(board):
        for target in panel["targets"]:
            yield panel, target


def annotations(board: Board) -> list[Any]:
    """What is marked in graphs, without Grafana's own."""
    return [each for each in board["annotations"]["list"] if not each.get("builtIn")]


def expressions(board: Board) -> Iterator[tuple[str, str]]:
    """Where each expression stands, and the expression."""
    for panel, target in targets(board):
        yield f"{panel['title']} {target['refId']}", target["expr"]
    for each in annotations(board):
        yield each["name"], each["expr"]


def variables(board: Board) -> dict[str, Any]:
    """What may be chosen, by name."""
    return {each["name"]: each for each in board["templating"]["list"]}


def datasource_variable(board: Board) -> Iterator[str]:
    """The data source can be chosen."""
    found = variables(board).get("datasource", {})
    wanted = {"type": "datasource", "query": "prometheus", "label": "Data source"}
    if not wanted.items() <= found.items():
        yield "there is no variable for the data source"


def datasource_used(board: Board) -> Iterator[str]:
    """Everything that asks, asks the data source that was chosen."""
    asking = [
        *((panel["title"], panel) for panel in panels(board)),
        *((panel["title"], target) for panel, target in targets(board)),
        *((each["name"], each) for each in annotations(board)),
        *((name, each) for name, each in variables(board).items() if each["type"] == "query"),
    ]
    wanted = {"type": "prometheus", "uid": "${datasource}"}
    for name, each in asking:
        if each.get("datasource") != wanted:
            yield f"{name}: asks another data source"


def target_variables(board: Board) -> Iterator[str]:
    """Namespace, job and instance can be chosen, several or all of each."""
    for name, anything in VARIABLES.items():
        found = variables(board).get(name, {})
        wanted = {
            "type": "query",
            "label": name.title(),
            "multi": True,
            "includeAll": True,
            "allValue": anything,
        }
        if not wanted.items() <= found.items():
            yield f"the variable {name} is not as it should be"


def variables_reload(board: Board) -> Iterator[str]:
    """What may be chosen is asked anew when the time range changes."""
    for name, each in variables(board).items():
        if each["type"] == "query" and each["refresh"] != 2:
            yield f"the variable {name} is not reloaded on time change"


def targets_chosen(board: Board) -> Iterator[str]:
    """Every series that is asked for is of the chosen targets."""
    for place, expression in expressions(board):
        for selector in selectors(expression):
            # Alerts speak of an installation, so most have no instance.
            names = set(VARIABLES) - ({"instance"} if selector.metric == "ALERTS" else set())
            for name in sorted(names):
                if Matcher(name, "=~", f"${name}") not in selector.matchers:
                    yield f"{place}: {selector.metric} of any {name}"


def titles_and_descriptions(board: Board) -> Iterator[str]:
    """Everything has a title of its own and says in sentences what it tells."""
    for panel in panels(board):
        description = panel.get("description", "")
        if not panel.get("title"):
            yield f"panel {panel['id']} has no title"
        if not description.endswith(".") or description == panel.get("title"):
            yield f"{panel.get('title')}: no description in sentences"
    headings = [panel for panel in board["panels"] if panel["type"] == "row"]
    if not all(heading.get("title") for heading in headings):
        yield "a row has no title"


def units(board: Board) -> Iterator[str]:
    """Every panel and every series that differs has a unit that Grafana knows."""
    for panel in panels(board):
        fields = panel["fieldConfig"]
        found = [fields["defaults"].get("unit")]
        for override in fields["overrides"]:
            found += [each["value"] for each in override["properties"] if each["id"] == "unit"]
        for unit in found:
            if unit not in UNITS:
                yield f"{panel['title']}: unknown unit {unit}"


def windows(board: Board) -> Iterator[str]:
    """Graphs look back `$__rate_interval`; single values over the range, by `increase`."""
    for panel, target in targets(board):
        wanted = "$__range" if target["instant"] else "$__rate_interval"
        for function, window in re.findall(r"(\w+)\([^()]*\[([^\]]*)\]", target["expr"]):
            if window != wanted:
                yield f"{panel['title']}: looks back {window}"
            if target["instant"] and function == "rate":
                yield f"{panel['title']}: rate of the whole range"


def counters(board: Board) -> Iterator[str]:
    """Counters are looked at by how they grow, since they begin anew with the process."""
    for place, expression in expressions(board):
        for selector in selectors(expression):
            if selector.metric.endswith(COUNTED):
                asked = len(re.findall(rf"\b{selector.metric}\b", expression))
                grown = len(re.findall(rf"\b(?:rate|increase)\({selector.metric}\b", expression))
                if asked != grown:
                    yield f"{place}: {selector.metric} as such"


def legends(board: Board) -> Iterator[str]:
    """A legend names labels that the answer has."""
    for panel, target in targets(board):
        for label in re.findall(r"\{\{\s*(\w+)\s*\}\}", target["legendFormat"]):
            if label not in groupings(target["expr"]):
                yield f"{panel['title']}: the answer has no {label}"


def editable(board: Board) -> Iterator[str]:
    """It comes from a file, which wins: nobody is to change it by hand and lose that."""
    if board["editable"] is not False:
        yield "it can be edited"


def starts_marked(board: Board) -> Iterator[str]:
    """Restarts are seen in every graph."""
    if not any(
        each["enable"] and "process_start_time_seconds" in each["expr"]
        for each in annotations(board)
    ):
        yield "starts of servers are not marked"


def links(board: Board) -> Iterator[str]:
    """There are links to the runbook, and each leads to a page and a section that is there."""
    everywhere = [
        *board["links"],
        *(link for each in panels(board) for link in each.get("links", ())),
    ]
    if not any(link["url"] == f"{REPOSITORY}docs/runbook.md" for link in board["links"]):
        yield "no link to the runbook"
    for link in everywhere:
        page, _, section = link["url"].removeprefix(REPOSITORY).partition("#")
        path = ROOT / page
        if not path.is_file():
            yield f"{link['url']}: there is no such page"
        elif section and f"\n### {link['tooltip']}\n" not in path.read_text("utf-8"):
            yield f"{link['url']}: there is no such section"
        elif section and link["tooltip"].lower() != section:
            yield f"{link['url']}: is not {link['tooltip']}"


def places(board: Board) -> Iterator[str]:
    """Panels have ids of their own and lie beside each other, in 24 columns."""
    twice = [each for each, count in Counter(p["id"] for p in board["panels"]).items() if count > 1]
    if twice:
        yield f"ids are used twice: {twice}"
    for panel in board["panels"]:
        place = panel["gridPos"]
        if place["x"] + place["w"] > 24:
            yield f"{panel['title']}: beyond the right edge"
    for one, other in combinations(board["panels"], 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} lies over {other['title']}"


def _overlap(one: Any, other: Any) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    apart = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not apart


def metrics_documented(board: Board) -> Iterator[str]:
    """What is asked for is in docs/metrics.md, with the labels that it is told apart by."""
    rows = documented()
    for place, expression in expressions(board):
        for selector in selectors(expression):
            if selector.metric in OWN:
                continue
            name = selector.metric
            if name not in rows:
                name = re.sub(r"_(bucket|count|sum)$", "", name)
            if name not in rows:
                yield f"{place}: {selector.metric} is not documented"
                continue
            asked = {each.label for each in selector.matchers} - VARIABLES.keys() - {"le"}
            if not asked <= rows[name]:
                yield f"{place}: {name} has no {', '.join(sorted(asked - rows[name]))}"


def metrics_shown(board: Board) -> Iterator[str]:
    """Every metric that is documented is shown, or there is a reason."""
    asked = {
        re.sub(r"_(bucket|count|sum)$", "", selector.metric)
        for _, expression in expressions(board)
        for selector in selectors(expression)
    }
    for name in sorted(documented().keys() - asked - NOT_SHOWN.keys()):
        yield f"{name} is shown nowhere"


def documented() -> dict[str, set[str]]:
    """The metrics of docs/metrics.md with their labels."""
    rows = re.findall(
        r"^\| `(\w+)` \| (?:counter|gauge|histogram) \| ([^|]*) \|",
        (ROOT / "docs" / "metrics.md").read_text("utf-8"),
        re.MULTILINE,
    )
    return {name: {label.strip() for label in labels.split(",")} for name, labels in rows}


RULES: tuple[Rule, ...] = (
    datasource_variable,
    datasource_used,
    target_variables,
    variables_reload,
    targets_chosen,
    titles_and_descriptions,
    units,
    windows,
    counters,
    legends,
    editable,
    starts_marked,
    links,
    places,
    metrics_documented,
    metrics_shown,
)
