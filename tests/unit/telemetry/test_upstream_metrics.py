"""Requests to Apple as metrics: a closed set of labels, whatever Apple answers."""

from functools import partial

import pytest
from prometheus_client import CollectorRegistry

from applemusic_server.telemetry.upstream import UpstreamTelemetry
from applemusic_server.upstream.priority_gate import Priority


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("200", "200"),
        ("429", "429"),
        ("timeout", "timeout"),
        ("299", "2xx"),
        ("799", "7xx"),
        ("99999", "other"),
        ("x", "other"),
    ],
)
def test_codes_are_bounded(status: str, code: str) -> None:
    registry = CollectorRegistry()
    UpstreamTelemetry(registry).on_request("catalog.songs", status, 0.1)
    labels = {"endpoint": "catalog.songs", "code": code}
    assert registry.get_sample_value("applemusic_upstream_requests_total", labels) == 1


def test_what_waits_is_asked_for_when_it_is_read() -> None:
    registry, waiting = CollectorRegistry(), {"playback": 0, "background": 3}
    telemetry = UpstreamTelemetry(registry)
    telemetry.show({name: partial(waiting.__getitem__, name) for name in waiting}, lambda: 12.5)
    telemetry.on_throttled("background")

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(f"applemusic_upstream_{name}", labels)

    assert value("waiting", priority="background") == 3
    waiting["background"] = 0
    assert value("waiting", priority="background") == 0
    assert value("rate_limit") == 12.5
    assert value("throttled_total", priority="background") == 1
    for priority in Priority:
        assert value("throttled_total", priority=priority.name.lower()) is not None
        assert value("queue_seconds_count", priority=priority.name.lower()) is not None
