"""Accounts as metrics: one state each, gone when they are gone, and no more series than wanted."""

from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry

from applemusic_server.telemetry.accounts import ACCOUNT_STATES, AccountLook, AccountTelemetry

MOMENT = datetime(2026, 11, 22, tzinfo=UTC)
STATE, EXPIRY = "applemusic_account_state", "applemusic_music_user_token_expiry_timestamp_seconds"


def look(account: str, state: str = "active", days: int = 0) -> AccountLook:
    return AccountLook(account, state, MOMENT + timedelta(days=days))


def accounts_in(registry: CollectorRegistry) -> set[str]:
    families = [family for family in registry.collect() if family.name == EXPIRY]
    return {sample.labels["account"] for family in families for sample in family.samples}


def test_an_account_is_in_one_state_and_leaves_with_its_series() -> None:
    registry = CollectorRegistry()
    telemetry = AccountTelemetry(registry, 10)
    telemetry.show([look("anna"), look("berta", "rejected")])
    telemetry.show([look("anna", "expiring", 20)])

    found = {
        state: registry.get_sample_value(STATE, {"account": "anna", "state": state})
        for state in ACCOUNT_STATES
    }
    assert found == {state: float(state == "expiring") for state in ACCOUNT_STATES}
    assert registry.get_sample_value(STATE, {"account": "berta", "state": "rejected"}) is None
    end = (MOMENT + timedelta(days=20)).timestamp()
    assert registry.get_sample_value(EXPIRY, {"account": "anna"}) == end
    assert accounts_in(registry) == {"anna"}


def test_of_too_many_accounts_those_in_need_are_shown_and_all_are_counted() -> None:
    registry = CollectorRegistry()
    telemetry = AccountTelemetry(registry, 4)
    well = [look(f"well{number}", days=100 + number) for number in range(1000)]
    telemetry.show(
        [
            *well,
            look("late", "rejected", 170),
            look("soon", "expiring", 2),
            look("lost", "unreadable"),
        ]
    )

    assert accounts_in(registry) == {"late", "lost", "soon", "well0"}
    counts = {
        state: registry.get_sample_value("applemusic_accounts", {"state": state})
        for state in ACCOUNT_STATES
    }
    assert counts == {
        "active": 1000,
        "expiring": 1,
        "rejected": 1,
        "unreadable": 1,
        "team_mismatch": 0,
    }


def test_aliases_can_be_left_out_altogether() -> None:
    registry = CollectorRegistry()
    AccountTelemetry(registry, 0).show([look("anna")])
    assert accounts_in(registry) == set()
    assert registry.get_sample_value("applemusic_accounts", {"state": "active"}) == 1
