"""Names, labels and help of the metrics, as promtool and dashboards want them."""

import re
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
import structlog
from prometheus_client import CollectorRegistry

from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.renewals import RenewalOutcome
from applemusic_server.domain.account import Account
from applemusic_server.domain.audio import Preparation, Stage
from applemusic_server.domain.secret import Secret
from applemusic_server.telemetry.accounts import AccountTelemetry
from applemusic_server.telemetry.calls import GRPC_CODES
from applemusic_server.telemetry.database import DatabaseTelemetry
from applemusic_server.telemetry.event_loop import EventLoopTelemetry
from applemusic_server.telemetry.library import LibraryTelemetry
from applemusic_server.telemetry.metrics import START_BUCKETS, Metrics
from applemusic_server.telemetry.tokens import SOURCES, TokenTelemetry
from applemusic_server.wire.interceptors.observing import go_spelling
from tests.support.metrics_text import families_of, text_of


def metrics() -> Metrics:
    made = Metrics(CollectorRegistry(), "1.2.3")
    LibraryTelemetry(made.registry)
    AccountTelemetry(made.registry, 10)
    DatabaseTelemetry(made.registry)
    EventLoopTelemetry(made.registry)
    TokenTelemetry(made.registry, structlog.get_logger())
    return made


def test_names_follow_the_rules() -> None:
    """What `promtool check metrics` complains about, checked without it."""
    made = metrics()
    made.upstream.on_request("catalog.songs", "200", 0.1)
    made.upstream.on_retry("catalog.songs", 0.5)
    made.upstream.on_queued("playback", 0)
    for family in families_of(made):
        assert re.fullmatch(r"(applemusic|grpc_server|process)_[a-z_]+", family.name)
        assert family.documentation
        if family.type == "counter":
            assert not family.name.endswith("_total")  # the library adds it
        if family.type == "histogram":
            assert family.name.endswith("_seconds")
    text = text_of(made)
    assert "_created" not in text


def test_every_metric_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text(encoding="utf-8")
    for family in families_of(metrics()):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        assert f"| `{name}` | {family.type} |" in page
        assert family.documentation in page


def test_five_seconds_is_an_edge() -> None:
    assert 5 in START_BUCKETS
    text = text_of(metrics())
    assert 'applemusic_transition_seconds_bucket{preparation="cold",le="5.0"} 0.0' in text


def test_series_are_there_before_the_first_stream() -> None:
    text = text_of(metrics())

    for preparation in Preparation:
        assert f'first_byte_seconds_count{{preparation="{preparation.name.lower()}"}} 0.0' in text
    for stage in Stage:
        assert f'stage_seconds_count{{stage="{stage.value}"}} 0.0' in text
    assert 'applemusic_streams_total{outcome="complete"} 0.0' in text
    assert 'applemusic_build_info{version="' in text


def test_the_developer_token_expiry_is_a_moment_or_0() -> None:
    made = metrics()
    moment = datetime(2026, 11, 22, tzinfo=UTC)
    expiry = "applemusic_developer_token_expiry_timestamp_seconds"

    made.set_developer_token_expiry(moment)
    assert made.registry.get_sample_value(expiry) == moment.timestamp()
    made.set_developer_token_expiry(None)
    assert made.registry.get_sample_value(expiry) == 0


def test_developer_tokens_of_accounts() -> None:
    registry = CollectorRegistry()
    tokens = TokenTelemetry(registry, structlog.get_logger())
    moment = datetime(2026, 11, 22, tzinfo=UTC)

    tokens.set_developer_token_expiries([("anna", moment), ("berta", None)])
    tokens.set_developer_token_expiries([("anna", None)])
    tokens.set_account_developer_tokens_rejected([("anna", True), ("berta", False)])

    name = "applemusic_account_developer_token_expiry_timestamp_seconds"
    assert registry.get_sample_value(name, {"account": "anna"}) == 0
    assert registry.get_sample_value(name, {"account": "berta"}) is None
    name = "applemusic_account_developer_token_rejected"
    assert registry.get_sample_value(name, {"account": "anna"}) == 1
    assert registry.get_sample_value(name, {"account": "berta"}) == 0


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
    library = LibraryTelemetry(registry, now=lambda: 1_700_000_000)
    active = "applemusic_library_syncs_active"

    library.sync_began()
    library.sync_read("song", 1000)
    library.sync_sent("song", "upsert")
    library.sync_pending(5000)
    library.sync_pending(-1000)
    assert registry.get_sample_value("applemusic_library_sync_pending_items") == 4000
    last = "applemusic_library_sync_last_complete_timestamp_seconds"
    assert registry.get_sample_value(last) == 0
    assert registry.get_sample_value(active) == 1
    library.sync_ended("complete", 12.0)
    library.sync_began()
    library.sync_ended("failed", 1.0)

    assert registry.get_sample_value(active) == 0
    assert registry.get_sample_value(last) == 1_700_000_000
    assert registry.get_sample_value("applemusic_library_sync_seconds_count") == 1
    sent = {"type": "song", "change": "upsert"}
    assert registry.get_sample_value("applemusic_library_sync_changes_total", sent) == 1
    read = {"type": "song"}
    assert registry.get_sample_value("applemusic_library_sync_items_total", read) == 1000
    for outcome in ("complete", "failed"):
        name, labels = "applemusic_library_syncs_total", {"outcome": outcome}
        assert registry.get_sample_value(name, labels) == 1
