"""A small chart of times as SVG, without scripts or style attributes."""

import html
from collections.abc import Sequence
from statistics import median
from typing import Final

_WIDTH: Final = 360
_HEIGHT: Final = 90
_BARS: Final = 60
_GAP: Final = 1.5
# Never so tall that a fast server looks slow.
_LEAST_TOP: Final = 1.0


def chart(name: str, times: Sequence[float]) -> str:
    """Return a chart with a bar per time, the newest on the right.

    Args:
        name: What the times are, for those who cannot see the chart.
        times: Seconds, the oldest first.
    """
    shown = times[-_BARS:]
    top = max((_LEAST_TOP, *shown))
    pitch = _WIDTH / _BARS
    first = _BARS - len(shown)
    bars = "".join(
        f'<rect class="bar" x="{(first + index) * pitch:.1f}" '
        f'y="{_HEIGHT - _height(seconds, top):.1f}" '
        f'width="{pitch - _GAP:.1f}" height="{_height(seconds, top):.1f}" rx="2"/>'
        for index, seconds in enumerate(shown)
    )
    mark = _HEIGHT - _height(_mark(top), top)
    label = f"{name}: {summary(shown)}"
    return (
        f'<svg class="chart" viewBox="0 0 {_WIDTH} {_HEIGHT + 2}" role="img" '
        f'aria-label="{html.escape(label)}">'
        f'<line class="mark-line" x1="0" x2="{_WIDTH}" y1="{mark:.1f}" y2="{mark:.1f}"/>'
        f'<text class="mark-text" x="0" y="{mark + 16:.1f}">{_mark(top):g} s</text>'
        f"{bars}"
        f'<line class="ground" x1="0" x2="{_WIDTH}" y1="{_HEIGHT + 1}" y2="{_HEIGHT + 1}"/></svg>'
    )


def summary(times: Sequence[float]) -> str:
    """Say in words what a chart shows."""
    if not times:
        return "none yet"
    return f"usually {_seconds(median(times))}, at most {_seconds(max(times))}, last {len(times)}"


def _seconds(value: float) -> str:
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _mark(top: float) -> float:
    """Return a round number of seconds in the upper half of the chart."""
    unit = 1.0
    while unit * 10 <= top:
        unit *= 10
    return next((each * unit for each in (5, 2, 1) if each * unit <= top), unit)


def _height(seconds: float, top: float) -> float:
    return max(1.5, _HEIGHT * seconds / top)
