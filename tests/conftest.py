"""What holds for every test."""

import os
import re
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.support.databases import database, database_url, postgresql

__all__ = ["database", "database_url", "postgresql"]  # fixtures, for all tests

# How fast a machine is decides no test: pytest's own timeout ends what hangs.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# How the reason of a skip begins that is right also with CI=true: what it lacks is no part of what
# the project promises to have there.
_MAY_BE_MISSING = "Skipped: may be missing: "

# Developer tokens, music user tokens, access tokens, keys, and the canaries that tests plant.
_TOKENS = re.compile(
    r"eyJ[\w-]{8,}\.[\w-]{8,}|[A-Za-z0-9+/]{86}==|amg_[0-9a-f]{12}_[0-9a-f]{64}"
    r"|BEGIN [A-Z ]*PRIVATE KEY|canary",
    re.IGNORECASE,
)

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what was skipped when CI=true, and what let a secret get into a log."""
    return failed_if_it_told(failed_if_skipped((yield)))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Fail whole files that were skipped when CI=true."""
    return failed_if_skipped((yield))


def failed_if_skipped(report: Report) -> Report:
    """Turn a skip into a failure when CI=true: there, all that a test needs must be at hand."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        if str(reason).startswith(_MAY_BE_MISSING):
            return report
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} was skipped, and CI=true: {reason}"
    return report


def failed_if_it_told(report: pytest.TestReport) -> pytest.TestReport:
    """Fail a test during which something looked like a token in what was logged or printed."""
    told = [name for name, text in report.sections if _TOKENS.search(text)]
    if report.passed and told:
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: what looks like a token in {', '.join(told)}"
    return report
