"""How a panel is to look, read from the dashboard's file."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tools.dashboard.drawing.units import written
from tools.dashboard.prometheus import Series
from tools.dashboard.screen import Screen, legend

COLORS: Final = {
    "green": "#3d9a40",
    "orange": "#e5701b",
    "red": "#d42a3c",
    "blue": "#2a6fd1",
    "yellow": "#c99700",
    "purple": "#8a3fb5",
    "dark-red": "#7d0f1c",
    "text": "#24292e",
}
"""Grafana's names, in shades that can be read on white."""
PALETTE: Final = (
    *("#3d9a40", "#c99700", "#2a6fd1", "#e5701b", "#d42a3c", "#8a3fb5", "#1a8f9c"),
    *("#a3602b", "#d873b4", "#6b7785", "#7fb800", "#4b4fa8"),
)
INK, FAINT, LINE = "#24292e", "#6b7785", "#e4e6e9"


@dataclass(frozen=True)
class Answer:
    """What came back for a query of a panel.

    Attributes:
        target: The query, as the dashboard has it.
        series: What Prometheus answered.
    """

    target: Mapping[str, Any]
    series: Sequence[Series]

    def named(self) -> Iterator[tuple[str, Series]]:
        """Each series with what Grafana calls it."""
        for series in self.series:
            yield legend(self.target, series, self.series), series


@dataclass(frozen=True)
class Canvas:
    """A panel with its answers, and where to draw it.

    Attributes:
        figure: Of the whole row.
        axes: They fill the panel below its title.
        size: Of the axes, in inches.
        panel: As the dashboard has it.
        answers: What came back.
        screen: What was asked for.
        starts: When servers started, in Unix seconds.
    """

    figure: Figure
    axes: Axes
    size: tuple[float, float]
    panel: Mapping[str, Any]
    answers: Sequence[Answer]
    screen: Screen
    starts: Sequence[float]

    @property
    def fields(self) -> Any:
        """What holds for all series of the panel."""
        return self.panel["fieldConfig"]["defaults"]

    def named(self) -> list[tuple[str, Series]]:
        """All series, with what Grafana calls them."""
        return [each for answer in self.answers for each in answer.named()]

    def latest(self) -> list[tuple[str, float]]:
        """The last value of each series."""
        return [(name, series.points[-1][1]) for name, series in self.named()]

    def own(self, name: str, what: str) -> Any:
        """What a series has of its own, or None."""
        for override in self.panel["fieldConfig"]["overrides"]:
            if override["matcher"]["options"] == name:
                for each in override["properties"]:
                    if each["id"] == what:
                        return each["value"]
        return None

    def unit(self, name: str) -> str:
        """The unit of a series."""
        return str(self.own(name, "unit") or self.fields["unit"])

    def color(self, name: str, place: int) -> str:
        """The colour of a series in a graph, the so many-th there."""
        fixed = self.own(name, "color")
        return COLORS[fixed["fixedColor"]] if fixed else PALETTE[place % len(PALETTE)]

    def shown(self, name: str, value: float | str) -> tuple[str, str]:
        """A value as a word, or with its unit; and its colour."""
        key = value if isinstance(value, str) else f"{value:g}"
        for mapping in self.own(name, "mappings") or self.fields["mappings"]:
            options = mapping["options"]
            is_special = mapping["type"] == "special"
            if is_special and isinstance(value, float) and math.isnan(value):
                return options["result"]["text"], COLORS[options["result"]["color"]]
            if not is_special and key in options:
                return options[key]["text"], COLORS[options[key]["color"]]
        if isinstance(value, str):
            return value, INK
        steps = (self.own(name, "thresholds") or self.fields["thresholds"])["steps"]
        reached = [each for each in steps if each["value"] is None or value >= each["value"]]
        text = written(value, self.unit(name), self.fields.get("decimals"))
        return text, COLORS[reached[-1]["color"]]

    def blank(self) -> Axes:
        """Return the axes, without any lines, from 0 to 1."""
        self.axes.set_axis_off()
        self.axes.set_xlim(0, 1)
        self.axes.set_ylim(0, 1)
        return self.axes

    def nothing(self) -> None:
        """Say that there is nothing."""
        text = self.fields.get("noValue", "No data")
        self.blank().text(0.5, 0.5, text, ha="center", va="center", fontsize=12, color=FAINT)
