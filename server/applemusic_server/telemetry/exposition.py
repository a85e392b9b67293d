"""Writes all metrics out, in Prometheus' text form or as OpenMetrics, in a few milliseconds.

The client library writes the same, but builds and escapes each label anew at every look. Here what
stands before a number is kept from one look to the next.
"""

import math
from collections.abc import Iterator
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Exemplar, Sample

from applemusic_server.telemetry.calls import CallTelemetry

TEXT: Final = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS: Final = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_MEDIA_TYPES: Final = {
    "application/openmetrics-text": OPEN_METRICS,
    "text/plain": TEXT,
    "text/*": TEXT,
    "*/*": TEXT,
}

_Key = tuple[str, ...]


class Exposition:
    """Writes out a registry and what is counted of calls."""

    def __init__(self, registry: CollectorRegistry, calls: CallTelemetry) -> None:
        self._registry = registry
        self._calls = calls
        self._heads: dict[_Key, str] = {}

    def render(self, accept: str) -> tuple[bytes, str]:
        """Return the metrics and their content type.

        Args:
            accept: The header `Accept` of the one who asks; anything at all.
        """
        content_type = negotiate(accept)
        open_metrics = content_type == OPEN_METRICS
        parts = list(self._calls.text(open_metrics=open_metrics))
        # Series that are gone, as those of an account that signed out, are forgotten here, too.
        heads: dict[_Key, str] = {}
        for metric in self._registry.collect():
            parts.extend(self._family(metric, heads, open_metrics=open_metrics))
        self._heads = heads
        if open_metrics:
            parts.append("# EOF\n")
        return "".join(parts).encode(), content_type

    def _family(
        self, metric: Metric, heads: dict[_Key, str], *, open_metrics: bool
    ) -> Iterator[str]:
        name = metric.name
        if metric.type == "counter" and not open_metrics:
            name += "_total"
        what = _escaped(metric.documentation, quotes=open_metrics)
        yield f"# HELP {name} {what}\n# TYPE {name} {metric.type}\n"
        for sample in metric.samples:
            key = (sample.name, *sample.labels.values())
            head = self._heads.get(key)
            if head is None:
                head = _head(sample)
            heads[key] = head
            tail = _tail(sample.exemplar) if open_metrics and sample.exemplar else ""
            yield f"{head}{_number(sample.value)}{tail}\n"


def negotiate(accept: str) -> str:
    """Return the content type that fits a header `Accept` best: OpenMetrics, or else text."""
    best, best_weight = TEXT, 0.0
    for each in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in each.split(";"))
        found = _MEDIA_TYPES.get(media_type)
        weight = _weight(parameters)
        if found is not None and weight > best_weight:
            best, best_weight = found, weight
    return best


def _weight(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def _head(sample: Sample) -> str:
    labels = ",".join(
        f'{name}="{_escaped(value, quotes=True)}"' for name, value in sample.labels.items()
    )
    return f"{sample.name}{{{labels}}} " if labels else f"{sample.name} "


def _tail(exemplar: Exemplar) -> str:
    labels = ",".join(
        f'{name}="{_escaped(value, quotes=True)}"' for name, value in exemplar.labels.items()
    )
    moment = "" if exemplar.timestamp is None else f" {float(exemplar.timestamp):.3f}"
    return f" # {{{labels}}} {_number(exemplar.value)}{moment}"


def _escaped(text: str, *, quotes: bool) -> str:
    text = text.replace("\\", r"\\").replace("\n", r"\n")
    return text.replace('"', r"\"") if quotes else text


def _number(value: float) -> str:
    if math.isfinite(value):
        return repr(value)
    if math.isnan(value):
        return "NaN"
    return "+Inf" if value > 0 else "-Inf"
