"""Draws what changes over time: lines, areas, and histograms."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from tools.dashboard.drawing.look import COLORS, FAINT, INK, LINE, Canvas
from tools.dashboard.drawing.units import written
from tools.dashboard.prometheus import Series

if TYPE_CHECKING:
    from matplotlib.text import Text

# Inches.
_LEGEND_LINE, _LEGEND_GAP, _MARK = 0.15, 0.12, 0.13


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
            axes.fill_between(times, base, top, color=color, alpha=0.75, linewidth=0)
            base = top
        else:
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
        axes.set_ylim(low, max(axes.dataLim.y1, 0) * 1.08 or 1)
    if high is not None and unit == canvas.fields["unit"]:
        axes.set_ylim(top=high * 1.02)
    top = axes.get_ylim()[1]
    factors = {"bytes": 1024, "s": 60 if top >= 60 else 1000}
    axes.set_yticks(_marks_of(top, factors.get(unit, 1000)))
    axes.yaxis.set_major_formatter(lambda value, _: written(float(value), unit))
    _plain(axes)


def _marks_of(top: float, factor: int) -> list[float]:
    """Three to five round numbers from zero to the top, round in units of `factor`."""
    scale = factor ** math.floor(math.log(top, factor))
    step = 10.0 ** math.floor(math.log10(top / scale / 4))
    step = next(step * each for each in (1, 2, 2.5, 5, 10, 20) if top / scale <= step * each * 5)
    return [scale * step * number for number in range(int(top / scale / step) + 1)]


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
    """Write what the series are called, in lines; return the height in inches."""
    box = canvas.axes.get_position()
    across, up = box.width / canvas.size[0], box.height / canvas.size[1]
    lines: list[list[tuple[Text, Text]]] = [[]]
    used = 0.0
    for name, color in entries:
        mark = canvas.figure.text(
            0, 0, "\N{BOX DRAWINGS HEAVY HORIZONTAL}", color=color, fontsize=7
        )
        word = canvas.figure.text(0, 0, name, color=INK, fontsize=6.6)
        room = _LEGEND_GAP + _MARK + word.get_window_extent().width / canvas.figure.dpi
        if lines[-1] and used + room > canvas.size[0]:
            lines.append([])
            used = 0.0
        mark.set_x(box.x0 + used * across)
        word.set_x(box.x0 + (used + _MARK) * across)
        lines[-1].append((mark, word))
        used += room
    for number, line in enumerate(lines):
        for text in (text for entry in line for text in entry):
            text.set_y(box.y0 + (len(lines) - number - 0.75) * _LEGEND_LINE * up)
    return len(lines) * _LEGEND_LINE


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
