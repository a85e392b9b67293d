"""Draws single values: numbers, bars and tables."""

import math

from matplotlib.patches import Rectangle

from tools.dashboard.drawing.look import COLORS, FAINT, INK, LINE, Canvas

_LETTER = 0.062
"""Inches, about, of a letter of a name."""


def draw_stat(canvas: Canvas) -> None:
    """Draw numbers, or words, side by side."""
    values = canvas.latest()
    if not values:
        canvas.nothing()
        return
    axes, mode = canvas.blank(), canvas.panel["options"]["textMode"]
    for place, (name, value) in enumerate(values):
        across = (place + 0.5) / len(values)
        text, color = (name, COLORS["blue"]) if mode == "name" else canvas.shown(name, value)
        room = canvas.size[0] / len(values) * 72
        points = min(21, room / max(4, len(text)) * 1.5)
        axes.text(across, 0.5, text, ha="center", va="center", fontsize=points, color=color)
        if mode == "value_and_name":
            axes.text(across, 0.06, name, ha="center", fontsize=7.5, color=FAINT)


def draw_bars(canvas: Canvas) -> None:
    """Draw a bar for each series."""
    values = [(name, value) for name, value in canvas.latest() if not math.isnan(value)]
    if not values:
        canvas.nothing()
        return
    axes = canvas.blank()
    most = canvas.fields.get("max") or max(value for _, value in values) or 1
    names = min(0.4, 0.03 + max(len(name) for name, _ in values) * _LETTER / canvas.size[0])
    line = min(0.3, 1 / len(values))
    for place, (name, value) in enumerate(values):
        y = 0.98 - (place + 0.5) * line
        text, color = canvas.shown(name, value)
        share = max(0.0, min(1.0, value / most))
        for part, shade in ((1.0, "#e9ebee"), (share, color)):
            low, length = y - line * 0.36, (0.8 - names) * part
            axes.add_patch(Rectangle((names, low), length, line * 0.72, facecolor=shade))
        axes.text(names - 0.01, y, name, ha="right", va="center", fontsize=7.5, color=INK)
        axes.text(0.82, y, text, va="center", fontsize=8, color=color)


def draw_table(canvas: Canvas) -> None:
    """Draw a line for each account, with what all answers say of it."""
    merged: dict[str, dict[str, float | str]] = {}
    for answer in canvas.answers:
        for series in answer.series:
            line = merged.setdefault(series.labels["account"], {})
            line.update(series.labels)
            line[f"Value #{answer.target['refId']}"] = series.points[-1][1]
    if not merged:
        canvas.nothing()
        return
    axes, height = canvas.blank(), 0.28 / canvas.size[1]
    columns = canvas.panel["transformations"][1]["options"]["renameByName"]
    for place, (key, title) in enumerate(columns.items()):
        x = 0.01 + place / len(columns)
        axes.text(x, 0.93, title, fontsize=8, color=COLORS["blue"], va="center")
        for number, (_, line) in enumerate(sorted(merged.items()), 1):
            y = 0.93 - number * height
            text, color = canvas.shown(title, line.get(key, ""))
            axes.text(x, y, text, fontsize=8, color=color, va="center")
            axes.axhline(y + height / 2, color=LINE, linewidth=0.6)
