"""Draws a row of the dashboard, from what Prometheus answers to the queries of its panels.

It is a likeness, drawn by matplotlib: places, colours, words, units and thresholds come from the
dashboard's file, the rest is not Grafana's.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from tools.dashboard.drawing.graphs import draw_heat, draw_lines
from tools.dashboard.drawing.look import INK, Answer, Canvas
from tools.dashboard.drawing.values import draw_bars, draw_stat, draw_table
from tools.dashboard.screen import Screen

_DRAW: Final[Mapping[str, Callable[[Canvas], None]]] = {
    "stat": draw_stat,
    "bargauge": draw_bars,
    "table": draw_table,
    "timeseries": draw_lines,
    "heatmap": draw_heat,
}
# Inches; Grafana's lines are a little higher.
_WIDTH, _COLUMNS, _LINE, _HEADING, _GAP = 10.0, 24, 0.3, 0.3, 0.04
_TITLE: Final = 0.24


@dataclass(frozen=True)
class Sheet:
    """A row with its answers.

    Attributes:
        title: The row's heading.
        panels: As the dashboard has them.
        answers: For each panel, by its id.
        screen: What was asked for.
        starts: When servers started, in Unix seconds.
    """

    title: str
    panels: Sequence[Mapping[str, Any]]
    answers: Mapping[int, Sequence[Answer]]
    screen: Screen
    starts: Sequence[float]

    def draw(self) -> Figure:
        """Draw all panels in their places."""
        places = [panel["gridPos"] for panel in self.panels]
        top = min(place["y"] for place in places)
        lines = max(place["y"] + place["h"] for place in places) - top
        height = lines * _LINE + _HEADING
        figure = Figure(figsize=(_WIDTH, height), facecolor="#f0f1f3")
        # It knows how wide words are.
        FigureCanvasAgg(figure)
        figure.text(0.006, 1 - 0.21 / height, self.title, fontsize=11, color=INK, weight="bold")
        for panel, place in zip(self.panels, places, strict=True):
            column = _WIDTH / _COLUMNS
            low = (lines - (place["y"] - top) - place["h"]) * _LINE
            box = (place["x"] * column, low, place["w"] * column, place["h"] * _LINE)
            self._draw_panel(figure, height, box, panel)
        return figure

    def _draw_panel(
        self,
        figure: Figure,
        height: float,
        box: tuple[float, float, float, float],
        panel: Mapping[str, Any],
    ) -> None:
        left, low, wide, high = box[0] + _GAP, box[1] + _GAP, box[2] - 2 * _GAP, box[3] - 2 * _GAP
        card = Rectangle(
            (left / _WIDTH, low / height),
            wide / _WIDTH,
            high / height,
            facecolor="white",
            edgecolor="#d5d8dc",
            linewidth=0.6,
            transform=figure.transFigure,
            zorder=-1,
        )
        figure.add_artist(card)
        at = ((left + 0.08) / _WIDTH, (low + high - 0.17) / height)
        figure.text(*at, panel["title"], fontsize=7.4, color=INK, weight="bold")
        size = (wide - 0.16, high - _TITLE - 0.06)
        axes = figure.add_axes(
            (
                (left + 0.08) / _WIDTH,
                (low + 0.06) / height,
                size[0] / _WIDTH,
                size[1] / height,
            )
        )
        answers = self.answers[panel["id"]]
        canvas = Canvas(figure, axes, size, panel, answers, self.screen, self.starts)
        _DRAW[panel["type"]](canvas)
