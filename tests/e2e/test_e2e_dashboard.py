"""Every query of the dashboard finds something in a real Prometheus that read a server at work."""

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.dashboard.__main__ import DASHBOARD
from tools.dashboard.load import free_port, loaded
from tools.dashboard.pictures import draw, names, sheets
from tools.dashboard.prometheus import (
    Prometheus,
    PrometheusMissingError,
    Series,
    running_prometheus,
)
from tools.dashboard.screen import Screen, legend
from tools.dashboard.stories import ACCOUNTS, PACE, in_seconds

SCRAPE_SECONDS = 1
# Alerts of the repository wait for minutes before they fire.
RULES = """
groups:
  - name: test
    rules:
      - alert: AppleMusicTest
        expr: up == 1
        labels: {severity: warning}
"""


@asynccontextmanager
async def prometheus_of(folder: Path, port: int) -> AsyncIterator[Prometheus]:
    rules = folder / "rules.yml"
    rules.write_text(RULES, "utf-8")
    url = f"http://127.0.0.1:{port}"
    try:
        async with running_prometheus(folder, url, SCRAPE_SECONDS, [rules]) as prometheus:
            yield prometheus
    except PrometheusMissingError as error:
        pytest.skip(str(error))


def has_numbers(answer: list[Series]) -> bool:
    return any(value == value for series in answer for _, value in series.points)  # noqa: PLR0124 - NaN is no number


async def without_data(screen: Screen, prometheus: Prometheus, board: Any) -> list[str]:
    return [
        f"{panel['title']} {target['refId']}: {target['expr']}"
        for panel in board["panels"]
        for target in panel.get("targets", ())
        if not has_numbers(await screen.answer(prometheus, target))
    ]


async def shown(screen: Screen, prometheus: Prometheus, panel: Any) -> dict[str, float]:
    """The last number of each series of a panel."""
    found = {}
    for target in panel["targets"]:
        answer = await screen.answer(prometheus, target)
        for series in answer:
            found[legend(target, series, answer)] = series.points[-1][1]
    return found


async def test_every_panel_has_data(tmp_path: Path) -> None:
    board: Any = json.loads(DASHBOARD.read_text("utf-8"))
    port = free_port()
    async with (
        prometheus_of(tmp_path, port) as prometheus,
        loaded(tmp_path, ACCOUNTS, port, **PACE) as load,
    ):
        await prometheus.reads(2)
        begun = time.time()
        await in_seconds(load)
        await prometheus.reads(2)
        screen = Screen(begun, time.time(), SCRAPE_SECONDS, SCRAPE_SECONDS)

        assert await without_data(screen, prometheus, board) == []
        for each in board["annotations"]["list"][1:]:
            target = {**each, "instant": False}
            assert has_numbers(await screen.answer(prometheus, target)), each["name"]

        panels = {panel["title"]: panel for panel in board["panels"]}
        said = {
            title: await shown(screen, prometheus, panels[title])
            for title in ("Servers", "Database", "Widevine device", "Developer token", "Accounts")
        }
        assert said == {
            "Servers": {"up": 1, "down": 0},
            "Database": {"Value": 1},
            "Widevine device": {"Value": 1},
            "Developer token": {"Value": 0},
            "Accounts": {"can play": 2, "cannot": 1},
        }
        told = await shown(screen, prometheus, panels["Sign-ins end in"])
        assert told.keys() == set(ACCOUNTS)
        assert told.pop(ACCOUNTS[-1]) == 0, "its sign-in was revoked"
        assert all(179 < days <= 180 for days in told.values())
        draw(await sheets(prometheus, screen, board), names(board), tmp_path / "pictures")
    assert sorted(each.name for each in (tmp_path / "pictures").iterdir()) == sorted(names(board))
