"""Names, labels and help of the metrics, as promtool and dashboards want them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import grpc
from prometheus_client import CollectorRegistry, generate_latest

from applemusic_server.domain.audio import Preparation, Stage
from applemusic_server.telemetry.library import LibraryTelemetry
from applemusic_server.telemetry.metrics import GRPC_CODES, START_BUCKETS, Metrics
from applemusic_server.wire.interceptors.observing import go_spelling


def metrics() -> Metrics:
    made = Metrics(CollectorRegistry(), "1.2.3")
    LibraryTelemetry(made.registry)
    return made


def test_names_follow_the_rules() -> None:
    """What `promtool check metrics` complains about, checked without it."""
    made = metrics()
    made.on_request("catalog.songs", "200", 0.1)
    made.on_retry("catalog.songs", 0.5)
    made.on_queued("playback", 0)
    for family in made.registry.collect():
        assert re.fullmatch(r"(applemusic|grpc_server)_[a-z_]+", family.name)
        assert family.documentation
        if family.type == "counter":
            assert not family.name.endswith("_total")  # the library adds it
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
    text = generate_latest(made.registry).decode()
    assert "_created" not in text


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    for family in metrics().registry.collect():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | {family.type} |" in page
        assert family.documentation in page


def test_five_seconds_is_an_edge() -> None:
    assert 5 in START_BUCKETS
    text = generate_latest(metrics().registry).decode()
    assert 'applemusic_transition_seconds_bucket{le="5.0",preparation="cold"} 0.0' in text


def test_series_are_there_before_the_first_stream() -> None:
    text = generate_latest(metrics().registry).decode()

    for preparation in Preparation:
        assert f'first_byte_seconds_count{{preparation="{preparation.name.lower()}"}} 0.0' in text
    for stage in Stage:
        assert f'stage_seconds_count{{stage="{stage.value}"}} 0.0' in text
    assert 'applemusic_streams_total{outcome="complete"} 0.0' in text
    assert 'applemusic_build_info{python_version="' in text


def test_token_expiries_follow_the_accounts() -> None:
    made = metrics()
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    name = "applemusic_music_user_token_expiry_timestamp_seconds"

    made.set_music_user_token_expiries([("anna", moment), ("berta", moment)])
    made.set_music_user_token_expiries([("anna", moment)])
    made.set_developer_token_expiry(moment)

    assert made.registry.get_sample_value(name, {"account": "anna"}) == moment.timestamp()
    assert made.registry.get_sample_value(name, {"account": "berta"}) is None
    expiry = "applemusic_developer_token_expiry_timestamp_seconds"
    assert made.registry.get_sample_value(expiry) == moment.timestamp()
    made.set_developer_token_expiry(None)
    assert made.registry.get_sample_value(expiry) == 0


def test_codes_are_spelt_as_in_go() -> None:
    assert {go_spelling(code) for code in grpc.StatusCode} == set(GRPC_CODES)


def test_a_sync_shows_while_it_runs_and_after() -> None:
    registry = CollectorRegistry()
    library = LibraryTelemetry(registry)
    active = "applemusic_library_syncs_active"

    library.sync_began()
    library.sync_read("song", 1000)
    library.sync_sent("song", "upsert")
    assert registry.get_sample_value(active) == 1
    library.sync_ended("complete", 12.0)
    library.sync_began()
    library.sync_ended("failed", 1.0)

    assert registry.get_sample_value(active) == 0
    assert registry.get_sample_value("applemusic_library_sync_seconds_count") == 1
    sent = {"type": "song", "change": "upsert"}
    assert registry.get_sample_value("applemusic_library_sync_changes_total", sent) == 1
    read = {"type": "song"}
    assert registry.get_sample_value("applemusic_library_sync_items_total", read) == 1000
    for outcome in ("complete", "failed"):
        name, labels = "applemusic_library_syncs_total", {"outcome": outcome}
        assert registry.get_sample_value(name, labels) == 1
