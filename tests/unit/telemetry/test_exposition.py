"""What is written out is what the client library would write, only sooner."""

import itertools
import math
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from applemusic_server.telemetry.calls import CallTelemetry
from applemusic_server.telemetry.exposition import OPEN_METRICS, TEXT, Exposition, negotiate
from tests.support.metrics_text import open_metrics_families

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
    "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
)
ODD = 'a"b\\c\nd, e="f"} 1'


def some_metrics() -> CollectorRegistry:
    disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
    registry = CollectorRegistry()
    Counter("cows_total", 'Cows "of" the\nfarm \\ field.', ("name",), registry=registry).labels(
        ODD
    ).inc(2.5)
    gauge = Gauge("milk_bytes", "Milk.", ("cow", "pail"), registry=registry)
    for number, value in enumerate((0, -1, 1e300, 1e16, math.inf, -math.inf, math.nan, 0.1)):
        gauge.labels(str(number), "").set(value)
    seconds = Histogram("milking_seconds", "Milking.", ("cow",), registry=registry)
    seconds.labels("1").observe(0.3, {"trace_id": "abc"})
    seconds.labels("1").observe(99)
    return registry


def samples(families: Iterable[Metric]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for family in families:
        for sample in family.samples:
            labels = tuple(sorted(sample.labels.items()))
            value = str(sample.value)
            labels_of = sample.exemplar and (sample.exemplar.labels, sample.exemplar.value)
            found[family.name, family.type, sample.name, labels] = (value, labels_of)
        found[family.name, "help"] = family.documentation
    return found


def test_the_text_form_says_what_the_library_says() -> None:
    registry = some_metrics()
    exposition = Exposition(registry, CallTelemetry())
    theirs = samples(text_string_to_metric_families(generate_latest(registry).decode()))
    for _ in range(2):  # the second time from what was kept
        text, content_type = exposition.render("text/plain")
        ours = samples(text_string_to_metric_families(text.decode()))
        assert content_type == TEXT
        assert {key: ours[key] for key in theirs} == theirs


def test_open_metrics_says_what_the_library_says_exemplars_included() -> None:
    registry = some_metrics()
    text, content_type = Exposition(registry, CallTelemetry()).render(OPEN_METRICS)
    library = open_metrics.generate_latest(registry)  # type: ignore[no-untyped-call]  # as above
    theirs = samples(open_metrics_families(library.decode()))
    ours = samples(open_metrics_families(text.decode()))
    assert content_type == OPEN_METRICS
    assert {key: ours[key] for key in theirs} == theirs
    assert sum(value[1] is not None for key, value in ours.items() if key[-1] != "help") == 1
    assert text.endswith(b"# EOF\n")


def test_series_that_are_gone_are_forgotten() -> None:
    registry = CollectorRegistry()
    gauge = Gauge("cow", "A cow.", ("name",), registry=registry)
    exposition = Exposition(registry, CallTelemetry())
    gauge.labels("berta").set(1)
    assert b'cow{name="berta"} 1.0\n' in exposition.render("")[0]
    gauge.remove("berta")
    assert b"berta" not in exposition.render("")[0]
    assert exposition._heads == {}


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/html", TEXT),
        ("application/openmetrics-text", OPEN_METRICS),
        # Prometheus 2.42, and one that is told to prefer the text form.
        (
            PROMETHEUS,
            OPEN_METRICS,
        ),
        ("text/plain;version=0.0.4;q=0.6, application/openmetrics-text; q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("Application/OpenMetrics-Text ; q = 0.5", OPEN_METRICS),
        ("application/openmetrics-text;q=x", TEXT),
        (";;;,,q=1", TEXT),
    ],
)
def test_the_form_that_is_asked_for(accept: str, content_type: str) -> None:
    assert negotiate(accept) == content_type


@given(st.text() | st.text(alphabet="aptx/-*;,=q.01 "))
def test_any_header_gets_an_answer(accept: str) -> None:
    assert negotiate(accept) in {TEXT, OPEN_METRICS}


def test_families_stand_together() -> None:
    """Prometheus wants all lines of a metric in one group."""
    calls = CallTelemetry()
    calls.know_method("unary", "a.A", "One", ("OK", "Internal"))
    calls.know_method("server_stream", "a.A", "Two", ("OK",))
    text, _ = Exposition(some_metrics(), calls).render("")
    names = [
        line.split("{")[0].split(" ")[0].removesuffix("_bucket").removesuffix("_sum")
        for line in text.decode().splitlines()
        if not line.startswith("#")
    ]
    groups = [name.removesuffix("_count") for name in names]
    assert len([name for name, _ in itertools.groupby(groups)]) == len(set(groups))
