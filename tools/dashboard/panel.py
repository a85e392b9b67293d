"""What a panel of the dashboard is, and how Grafana writes it down.

Written by the types of Grafana's own package `@grafana/schema`; fields that Grafana fills with what
is meant anyway are left out.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from string import ascii_uppercase
from types import MappingProxyType
from typing import Any, ClassVar, Final, NamedTuple

Json = dict[str, Any]

DATASOURCE: Final[Json] = {"type": "prometheus", "uid": "${datasource}"}
_RUNBOOK: Final = "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/docs/runbook.md"
GOOD, FAIR, BAD, PLAIN = "green", "orange", "red", "blue"
DAYS, PER_MINUTE = "suffix:days", "suffix:/min"
"""Grafana's own units turn 170 days into weeks, and write `cpm` for events per minute."""


class Query(NamedTuple):
    """What is asked of Prometheus.

    Attributes:
        expression: In PromQL, with Grafana's variables.
        legend: What a series is called; `{{label}}` is replaced.
        exemplars: Whether traces of single calls are shown, where tracing is on.
    """

    expression: str
    legend: str = ""
    exemplars: bool = False


class Step(NamedTuple):
    """From a value on, a colour."""

    value: float | None
    color: str


class Word(NamedTuple):
    """What is shown instead of a value."""

    text: str
    color: str


Words = Mapping[float | str | None, Word]


class Look(NamedTuple):
    """How one series differs from the others of its panel.

    Attributes:
        color: Always this one.
        unit: Its own; in graphs it has the axis on the right then.
        steps: Thresholds of its own.
        words: Words of its own for single values.
    """

    color: str = ""
    unit: str = ""
    steps: tuple[Step, ...] = ()
    words: Words = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Panel(ABC):
    """One panel.

    Attributes:
        title: A few words.
        description: What it tells, and what to do about it.
        unit: Grafana's name of a unit.
        queries: What is asked.
        width: Columns, of 24.
        height: Lines, of about 38 pixels each.
        runbook: The section of docs/runbook.md that says more; none if empty.
        decimals: How many are shown; None leaves it to Grafana.
        bounds: Lowest and highest value of the axis; None leaves it to Grafana.
        steps: Thresholds, the first from None on.
        words: Words for single values; that of None for "not a number".
        nothing: What is shown where there is no series.
        looks: How single series look, by their legend.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    width: int = 8
    height: int = 8
    runbook: str = ""
    decimals: int | None = None
    bounds: tuple[float | None, float | None] = (None, None)
    steps: Sequence[Step] = ()
    words: Words = field(default_factory=dict)
    nothing: str = ""
    looks: Mapping[str, Look] = field(default_factory=dict)

    kind: ClassVar[str]
    instant: ClassVar[bool] = False
    format: ClassVar[str] = "time_series"

    @abstractmethod
    def options(self) -> Json:
        """What this kind of panel has of its own."""

    def drawing(self) -> Json:
        """How values are drawn: the `custom` part of the fields."""
        return {}

    def color(self) -> Json:
        """Where the colours of series come from."""
        return {"mode": "thresholds"}

    def transformations(self) -> list[Json]:
        """What is done to the answers before they are shown."""
        return []

    def to_json(self, number: int, x: int, y: int) -> Json:
        """Write the panel as Grafana does.

        Args:
            number: Its id.
            x: Its first column.
            y: Its first line.
        """
        written = {
            "id": number,
            "type": self.kind,
            "title": self.title,
            "description": self.description,
            "datasource": DATASOURCE,
            "gridPos": {"x": x, "y": y, "w": self.width, "h": self.height},
            "fieldConfig": {"defaults": self._defaults(), "overrides": self._overrides()},
            "options": self.options(),
            "targets": [
                self._target(letter, query)
                for letter, query in zip(ascii_uppercase, self.queries, strict=False)
            ],
        }
        if changes := self.transformations():
            written["transformations"] = changes
        if self.runbook:
            written["links"] = [runbook_link(self.runbook)]
        return written

    def _target(self, letter: str, query: Query) -> Json:
        target = {
            "refId": letter,
            "datasource": DATASOURCE,
            "editorMode": "code",
            "expr": query.expression,
            "legendFormat": query.legend or "__auto",
            "format": self.format,
            "instant": self.instant,
            "range": not self.instant,
        }
        if query.exemplars:
            target["exemplar"] = True
        return target

    def _defaults(self) -> Json:
        steps = self.steps or (Step(None, GOOD),)
        defaults: Json = {
            "unit": self.unit,
            "color": self.color(),
            "thresholds": _thresholds(steps),
            "mappings": _mappings(self.words),
            "custom": self.drawing(),
        }
        for name, value in (
            ("decimals", self.decimals),
            ("min", self.bounds[0]),
            ("max", self.bounds[1]),
            ("noValue", self.nothing or None),
        ):
            if value is not None:
                defaults[name] = value
        return defaults

    def _overrides(self) -> list[Json]:
        return [
            {
                "matcher": {"id": "byName", "options": name},
                "properties": _properties(look, self.kind),
            }
            for name, look in self.looks.items()
        ]


class Stat(Panel):
    """A number, or a word, of the whole range that is shown."""

    kind = "stat"
    instant = True

    def options(self) -> Json:
        """See `Panel`."""
        return {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "orientation": "auto",
            "textMode": "value_and_name" if len(self.queries) > 1 else "value",
            "colorMode": "value",
            "graphMode": "none",
            "justifyMode": "center",
            "wideLayout": True,
            "showPercentChange": False,
            "percentChangeColorMode": "standard",
        }


class NameStat(Stat):
    """The names of series: the panel says which there are."""

    def options(self) -> Json:
        """See `Panel`."""
        return {**super().options(), "textMode": "name"}


class Gauge(Panel):
    """A bar for each series, of the whole range that is shown."""

    kind = "bargauge"
    instant = True

    def options(self) -> Json:
        """See `Panel`."""
        return {
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
            "orientation": "horizontal",
            "displayMode": "basic",
            "valueMode": "color",
            "namePlacement": "auto",
            "showUnfilled": True,
            "sizing": "auto",
            "minVizWidth": 8,
            "minVizHeight": 16,
            "maxVizHeight": 40,
            "legend": {
                "showLegend": False,
                "displayMode": "list",
                "placement": "bottom",
                "calcs": [],
            },
        }


@dataclass(frozen=True, kw_only=True)
class Lines(Panel):
    """Series over time.

    Attributes:
        stacked: Areas on top of each other.
        marks: Draw the thresholds as lines, too.
    """

    bounds: tuple[float | None, float | None] = (0, None)
    nothing: str = "None in this range"
    stacked: bool = False
    marks: bool = False

    kind: ClassVar[str] = "timeseries"

    def options(self) -> Json:
        """See `Panel`."""
        return {
            "legend": {
                "showLegend": True,
                "displayMode": "list",
                "placement": "bottom",
                "calcs": [],
            },
            "tooltip": {"mode": "multi", "sort": "desc"},
        }

    def color(self) -> Json:
        """See `Panel`."""
        return {"mode": "palette-classic"}

    def drawing(self) -> Json:
        """See `Panel`."""
        return {
            "drawStyle": "line",
            "lineInterpolation": "linear",
            # The line of a series that is nought would lie over the one below it.
            "lineWidth": 0 if self.stacked else 1,
            "fillOpacity": 75 if self.stacked else 0,
            "showPoints": "never" if self.stacked else "auto",
            "pointSize": 4,
            "spanNulls": False,
            "stacking": {"mode": "normal" if self.stacked else "none", "group": "A"},
            "thresholdsStyle": {"mode": "dashed" if self.marks else "off"},
        }


class Heat(Panel):
    """A histogram over time: the darker, the more fell between two edges."""

    kind = "heatmap"
    format = "heatmap"

    def options(self) -> Json:
        """See `Panel`."""
        return {
            "calculate": False,
            "cellGap": 1,
            "cellValues": {"unit": "short"},
            "color": {
                "mode": "scheme",
                "scheme": "Oranges",
                "scale": "exponential",
                "exponent": 0.5,
                "steps": 64,
                "fill": "dark-orange",
                "reverse": False,
            },
            "exemplars": {"color": "rgba(255,0,255,0.7)"},
            # Zeroes are no cells.
            "filterValues": {"le": 1e-9},
            "legend": {"show": True},
            "rowsFrame": {"layout": "auto"},
            "showValue": "never",
            "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": True},
            "yAxis": {"axisPlacement": "left", "reverse": False, "unit": self.unit},
        }

    def color(self) -> Json:
        """See `Panel`."""
        return {"mode": "palette-classic"}

    def drawing(self) -> Json:
        """See `Panel`."""
        return {"scaleDistribution": {"type": "linear"}}


@dataclass(frozen=True, kw_only=True)
class Table(Panel):
    """A line for each combination of labels; the answers are joined by what they share.

    Attributes:
        columns: What the columns are called, by label or `Value #A`, in their order; others are
            left out.
        sort: The column to sort by, the lowest first.
    """

    columns: Mapping[str, str]
    sort: str

    kind: ClassVar[str] = "table"
    instant: ClassVar[bool] = True
    format: ClassVar[str] = "table"

    def options(self) -> Json:
        """See `Panel`."""
        return {
            "cellHeight": "sm",
            "frameIndex": 0,
            "showHeader": True,
            "sortBy": [{"displayName": self.sort, "desc": False}],
        }

    def drawing(self) -> Json:
        """See `Panel`."""
        return {
            "align": "auto",
            "cellOptions": {"type": "color-text"},
            "inspect": False,
            "filterable": False,
        }

    def transformations(self) -> list[Json]:
        """See `Panel`."""
        names = [f"Value #{letter}" for letter in ascii_uppercase[: len(self.queries)]]
        left_out = [name for name in ("Time", *names) if name not in self.columns]
        organize: Json = {
            "excludeByName": dict.fromkeys(left_out, True),
            "indexByName": {name: place for place, name in enumerate(self.columns)},
            "renameByName": dict(self.columns),
        }
        return [{"id": "merge", "options": {}}, {"id": "organize", "options": organize}]


def runbook_link(section: str = "") -> Json:
    """A link to a section of the runbook, or to the whole of it."""
    url = f"{_RUNBOOK}#{section.lower()}" if section else _RUNBOOK
    return link("Runbook", url, section or "What each alert means, and what to do")


def link(title: str, url: str, tooltip: str) -> Json:
    """A link out of the dashboard."""
    return {
        "type": "link",
        "title": title,
        "url": url,
        "tooltip": tooltip,
        "icon": "doc",
        "tags": [],
        "targetBlank": True,
        "asDropdown": False,
        "includeVars": False,
        "keepTime": False,
    }


def _thresholds(steps: Sequence[Step]) -> Json:
    return {
        "mode": "absolute",
        "steps": [{"value": step.value, "color": step.color} for step in steps],
    }


def _mappings(words: Words) -> list[Json]:
    written: list[Json] = []
    for index, (value, word) in enumerate(words.items()):
        result = {"text": word.text, "color": word.color, "index": index}
        if value is None:
            written.append({"type": "special", "options": {"match": "null+nan", "result": result}})
        else:
            name = value if isinstance(value, str) else f"{value:g}"
            written.append({"type": "value", "options": {name: result}})
    return written


def _properties(look: Look, kind: str) -> list[Json]:
    properties: list[Json] = []
    if look.color:
        properties.append({"id": "color", "value": {"mode": "fixed", "fixedColor": look.color}})
    if look.unit:
        properties.append({"id": "unit", "value": look.unit})
        if kind == Lines.kind:
            properties.append({"id": "custom.axisPlacement", "value": "right"})
    if look.steps:
        properties.append({"id": "thresholds", "value": _thresholds(look.steps)})
    if look.words:
        properties.append({"id": "mappings", "value": _mappings(look.words)})
    return properties
