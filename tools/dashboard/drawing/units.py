"""Writes numbers as Grafana does, for the units that the dashboard uses."""

import math
from collections.abc import Callable, Sequence
from typing import Final

_SIGNIFICANT: Final = 3
_SECONDS: Final = (
    (1e-3, 1e-6, "µs"),
    (1.0, 1e-3, "ms"),
    (60.0, 1.0, "s"),
    (3600.0, 60.0, "min"),
    (86400.0, 3600.0, "hours"),
    (604800.0, 86400.0, "days"),
    (math.inf, 604800.0, "weeks"),
)


def written(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a number with its unit.

    Args:
        value: What to write; infinity and "not a number" are words.
        unit: Grafana's name of it.
        decimals: How many; None for as many as there are to see.

    Raises:
        KeyError: No panel has such a unit yet.
    """
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}∞"
    if unit.startswith("suffix:"):
        return f"{_plain(value, decimals)} {unit.removeprefix('suffix:')}"
    return _WRITERS[unit](value, decimals)


def _plain(value: float, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:.{decimals}f}"
    if value == 0 or value == int(value):
        return f"{value:.0f}"
    places = max(0, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(places, 6)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(value: float, decimals: int | None) -> str:
    if value == 0:
        return "0 s"
    factor, name = next((factor, name) for below, factor, name in _SECONDS if abs(value) < below)
    return f"{_plain(value / factor, decimals)} {name}"


def _scaled(factor: float, names: Sequence[str]) -> Callable[[float, int | None], str]:
    def write(value: float, decimals: int | None) -> str:
        place = 0
        while abs(value) >= factor and place < len(names) - 1:
            value, place = value / factor, place + 1
        return f"{_plain(value, decimals)} {names[place]}".rstrip()

    return write


def _percent(value: float, decimals: int | None) -> str:
    return f"{_plain(value * 100, decimals)} %"


_WRITERS: Final[dict[str, Callable[[float, int | None], str]]] = {
    "none": _plain,
    "short": _scaled(1000, ("", "K", "Mil", "Bil")),
    "percentunit": _percent,
    "s": _seconds,
    "bytes": _scaled(1024, ("B", "KiB", "MiB", "GiB", "TiB")),
    "Bps": _scaled(1000, ("B/s", "kB/s", "MB/s", "GB/s")),
    "reqps": _scaled(1000, ("req/s", "K req/s")),
    "ops": _scaled(1000, ("ops/s", "K ops/s")),
}
