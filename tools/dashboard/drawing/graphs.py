"""Draws what changes over time: lines, areas, and histograms."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from tools.dashboard.drawing.look import COLORS, FAINT, INK, LINE, Canvas
from tools.dashboard.drawing.units import written
from tools.dashboard.prometheus import Series

_LETTER: Final = 0.056
_LEGEND_LINE: Final = 0.15
_MOST_LEGEND_LINES: Final = 4
"""Inches."""


def draw_lines(canvas: Canvas) -> None:
    """Draw a line for each series, or areas on top of each other."""
    found = canvas.named()
    if not found:
        canvas.nothing()
        return
    right = canvas.axes.twinx() if any(_is_right(canvas, name) for name, _ in found) else None
    is_stacked = canvas.fields["custom"]["stacking"]["mode"] == "normal"
    base: list[float] = []
    entries = []
    for place, (name, series) in enumerate(found):
        color = canvas.color(name, place)
        axes = right if right is not None and _is_right(canvas, name) else canvas.axes
        times, values = _steps(canvas, series)
        if is_stacked and axes is canvas.axes:
            base = base or [0.0] * len(times)
            top = [low + (0 if math.isnan(v) else v) for low, v in zip(base, values, strict=True)]
            axes.fill_between(times, base, top, color=color, alpha=0.35, linewidth=0)
            # Where there is no value, there is no line either.
            values = [t + 0 * v for t, v in zip(top, values, strict=True)]
            base = top
        axes.plot(times, values, color=color, linewidth=1.1, marker=".", markersize=1.6)
        entries.append((name, color))
    _scale(canvas, canvas.axes, [name for name, _ in found if not _is_right(canvas, name)])
    if right is not None:
        _scale(canvas, right, [name for name, _ in found if _is_right(canvas, name)])
        right.grid(visible=False)
    _mark(canvas)
    _make_room(canvas, [canvas.axes, *([right] if right else [])], _write_legend(canvas, entries))


def draw_heat(canvas: Canvas) -> None:
    """Draw a histogram over time; each row is what fell between two edges."""
    edges = sorted(canvas.named(), key=lambda each: float(each[0]))
    if not edges:
        canvas.nothing()
        return
    rows: list[list[float]] = []
    times: list[float] = []
    under: list[float] = []
    for _, series in edges:
        times, values = _steps(canvas, series)
        level = [0.0 if math.isnan(value) else value for value in values]
        between = zip(level, under or [0.0] * len(level), strict=True)
        # Nothing is drawn for none; Prometheus' arithmetic leaves a little of it.
        rows.append([high - low if high - low > 1e-6 else math.nan for high, low in between])
        under = level
    used = [place for place, row in enumerate(rows) if not all(map(math.isnan, row))]
    top = min(len(rows), max(used, default=0) + 2)
    step = canvas.screen.step
    across = [times[0] - step / 2 + step * number for number in range(len(times) + 1)]
    shades = [[math.sqrt(value) for value in row] for row in rows[:top]]
    canvas.axes.pcolormesh(across, range(top + 1), shades, cmap="YlOrRd", vmin=-0.3)
    canvas.axes.set_yticks(range(1, top + 1))
    canvas.axes.set_yticklabels([written(float(name), "s") for name, _ in edges[:top]])
    _plain(canvas.axes)
    canvas.axes.grid(visible=False, axis="x")
    _mark(canvas)
    _make_room(canvas, [canvas.axes], 0)


def _is_right(canvas: Canvas, name: str) -> bool:
    return bool(canvas.own(name, "custom.axisPlacement") == "right")


def _steps(canvas: Canvas, series: Series) -> tuple[list[float], list[float]]:
    """All steps of the range; where there is no value, "not a number" breaks the line."""
    screen = canvas.screen
    values = {round(moment): value for moment, value in series.points}
    count = int((screen.end - screen.start) // screen.step) + 1
    times = [screen.start + screen.step * number for number in range(count)]
    return times, [values.get(round(moment), math.nan) for moment in times]


def _scale(canvas: Canvas, axes: Axes, names: Sequence[str]) -> None:
    unit = canvas.unit(names[0]) if names else canvas.fields["unit"]
    low, high = canvas.fields.get("min"), canvas.fields.get("max")
    if low is not None:
        # Zero alone has no height: matplotlib would show a little of what is below it.
        is_flat = axes.dataLim.height == 0 and axes.dataLim.y1 <= 0
        axes.set_ylim(low, 1 if is_flat else None)
    if high is not None and unit == canvas.fields["unit"]:
        axes.set_ylim(top=high * 1.02)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _: written(float(value), unit))
    _plain(axes)


def _plain(axes: Axes) -> None:
    axes.tick_params(labelsize=6.5, length=0, labelcolor=FAINT, pad=2)
    axes.grid(visible=True, color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _mark(canvas: Canvas) -> None:
    """Mark time, starts of servers, and thresholds."""
    axes, screen = canvas.axes, canvas.screen
    axes.set_xlim(screen.start, screen.end)
    every = 60 * math.ceil((screen.end - screen.start) / 60 / (canvas.size[0] * 1.6))
    first = math.ceil(screen.start / every) * every
    axes.set_xticks(range(first, int(screen.end) + 1, every))
    axes.xaxis.set_major_formatter(
        lambda value, _: datetime.fromtimestamp(float(value), UTC).strftime("%H:%M")
    )
    for start in canvas.starts:
        axes.axvline(start, color=COLORS["purple"], linestyle="--", linewidth=0.8)
    if canvas.fields["custom"].get("thresholdsStyle", {}).get("mode") == "dashed":
        for step in canvas.fields["thresholds"]["steps"][1:]:
            if step["value"] <= axes.get_ylim()[1]:
                color = COLORS[step["color"]]
                axes.axhline(step["value"], color=color, linestyle="--", linewidth=0.8)


def _write_legend(canvas: Canvas, entries: Sequence[tuple[str, str]]) -> float:
    """Write what the series are called; return the height in inches."""
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0.0
    for name, color in entries:
        room = 0.22 + len(name) * _LETTER
        if lines[-1] and used + room > canvas.size[0]:
            lines.append([])
            used = 0.0
        lines[-1].append((name, color))
        used += room
    shown = lines[:_MOST_LEGEND_LINES]
    box = canvas.axes.get_position()
    across, up = box.width / canvas.size[0], box.height / canvas.size[1]
    for number, line in enumerate(shown):
        x, y = box.x0, box.y0 + (len(shown) - number - 0.75) * _LEGEND_LINE * up
        for name, color in line:
            canvas.figure.text(x, y, "\N{BOX DRAWINGS HEAVY HORIZONTAL}", color=color, fontsize=7)
            canvas.figure.text(x + 0.14 * across, y, name, color=INK, fontsize=6.8)
            x += (0.22 + len(name) * _LETTER) * across
    return len(shown) * _LEGEND_LINE


def _make_room(canvas: Canvas, axes: Sequence[Axes], below: float) -> None:
    """Leave room for what stands beside the axes and, inches high, below them."""
    box = canvas.axes.get_position()
    across, up = box.width / canvas.size[0], box.height / canvas.size[1]
    left, right = 0.48 * across, (0.48 if len(axes) > 1 else 0.06) * across
    low = (below + 0.2) * up
    for each in axes:
        each.set_position(
            (box.x0 + left, box.y0 + low, box.width - left - right, box.height - low - 0.05 * up)
        )
