"""Names, labels and help of the metrics, as promtool and dashboards want them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
import structlog
from prometheus_client import CollectorRegistry, generate_latest

from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.renewals import RenewalOutcome
from applemusic_server.domain.account import Account
from applemusic_server.domain.audio import Preparation, Stage
from applemusic_server.domain.secret import Secret
from applemusic_server.telemetry.library import LibraryTelemetry
from applemusic_server.telemetry.metrics import GRPC_CODES, START_BUCKETS, Metrics
from applemusic_server.telemetry.tokens import ACCOUNT_STATES, SOURCES, TokenTelemetry
from applemusic_server.wire.interceptors.observing import go_spelling


def metrics() -> Metrics:
    made = Metrics(CollectorRegistry(), "1.2.3")
    LibraryTelemetry(made.registry)
    TokenTelemetry(made.registry, structlog.get_logger())
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


def test_an_account_is_in_one_state_and_leaves_with_its_series() -> None:
    registry = CollectorRegistry()
    tokens = TokenTelemetry(registry, structlog.get_logger())
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    tokens.set_account_states([("anna", "active"), ("berta", "rejected")])
    tokens.set_account_states([("anna", "expiring")])
    tokens.set_developer_token_expiries([("anna", moment), ("berta", None)])
    tokens.set_developer_token_expiries([("anna", None)])

    name = "applemusic_account_state"
    states = {
        state: registry.get_sample_value(name, {"account": "anna", "state": state})
        for state in ACCOUNT_STATES
    }
    assert states == {state: float(state == "expiring") for state in ACCOUNT_STATES}
    assert registry.get_sample_value(name, {"account": "berta", "state": "rejected"}) is None
    name = "applemusic_account_developer_token_expiry_timestamp_seconds"
    assert registry.get_sample_value(name, {"account": "anna"}) == 0
    assert registry.get_sample_value(name, {"account": "berta"}) is None


@pytest.mark.parametrize("source", SOURCES)
def test_where_the_developer_token_comes_from_is_shown_and_a_shared_one_is_said(
    source: str,
) -> None:
    registry = CollectorRegistry()
    with structlog.testing.capture_logs() as log:
        TokenTelemetry(registry, structlog.get_logger(), source)
    shown = {
        each: registry.get_sample_value("applemusic_developer_token_source", {"source": each})
        for each in SOURCES
    }
    assert shown == {each: float(each == source) for each in SOURCES}
    assert [each["log_level"] for each in log] == ["warning"] * (source == "shared")


def test_renewals_and_events_are_counted_and_logged_without_the_token() -> None:
    registry = CollectorRegistry()
    with structlog.testing.capture_logs() as log:
        tokens = TokenTelemetry(registry, structlog.get_logger())
        account = Account("anna", Secret("canary"), "us", datetime(2026, 11, 22, tzinfo=UTC))
        for outcome in RenewalOutcome:
            tokens.renewal_ended("anna", outcome, "" if outcome == "renewed" else "why")
        for change in AccountChange:
            tokens.account_changed(change, account)
        tokens.keeper_failed(ZeroDivisionError("a defect"))

    for outcome in RenewalOutcome:
        name = "applemusic_music_user_token_renewals_total"
        assert registry.get_sample_value(name, {"outcome": outcome}) == 1
    for change in AccountChange:
        labels = {"event": change.name.lower()}
        assert registry.get_sample_value("applemusic_account_events_total", labels) == 1
    levels = {each["event"]: each["log_level"] for each in log}
    assert levels["account rejected"] == levels["account expiring"] == "warning"
    assert levels["account renewed"] == "info"
    assert levels["tokens are not looked after any more"] == "error"
    assert len([each for each in log if each["event"] == "token not renewed"]) == 3
    assert "canary" not in str(log)


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
