"""Reads metrics as Prometheus does: from what the server writes."""

from collections.abc import Callable, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import parser as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from applemusic_server.telemetry.calls import CallTelemetry
from applemusic_server.telemetry.exposition import Exposition
from applemusic_server.telemetry.metrics import Metrics


def renderer(registry: CollectorRegistry) -> Callable[[str], tuple[bytes, str]]:
    """What writes a registry out."""
    return Exposition(registry, CallTelemetry()).render


def open_metrics_families(text: str) -> list[Metric]:
    """What an OpenMetrics page holds; a fault in its grammar is raised."""
    return list(open_metrics.text_string_to_metric_families(text))  # type: ignore[no-untyped-call]  # it has no annotations


def text_of(metrics: Metrics, accept: str = "") -> str:
    """The page of these metrics."""
    text, _ = Exposition(metrics.registry, metrics.calls).render(accept)
    return text.decode()


def families_of(metrics: Metrics) -> list[Metric]:
    """The metrics with their help, types and samples."""
    return list(text_string_to_metric_families(text_of(metrics)))


def value_of(metrics: Metrics, name: str, labels: Mapping[str, str]) -> float | None:
    """The value of one sample with exactly these labels; None when there is none."""
    for family in families_of(metrics):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None
