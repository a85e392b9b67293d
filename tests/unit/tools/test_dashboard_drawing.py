"""The pictures of the dashboard: units, words, and something drawn for each kind of panel."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tools.dashboard.__main__ import DASHBOARD
from tools.dashboard.drawing.look import Answer
from tools.dashboard.drawing.sheet import Sheet
from tools.dashboard.drawing.units import written
from tools.dashboard.pictures import FOLDER, draw, names, rows
from tools.dashboard.prometheus import Series
from tools.dashboard.screen import Screen, legend

SCREEN = Screen(start=1000, end=1600, scrape_seconds=15, step=15)
PAGE = FOLDER.parents[1] / "monitoring.md"
MOST_BYTES = 200_000


@pytest.fixture
def board() -> Any:
    return json.loads(DASHBOARD.read_text("utf-8"))


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "text"),
    [
        (0, "none", None, "0"),
        (3, "none", None, "3"),
        (1.2345, "short", None, "1.23"),
        (123456, "short", None, "123 K"),
        (0.991, "percentunit", 1, "99.1 %"),
        (0.0421, "s", None, "42.1 ms"),
        (0.4003, "s", None, "400 ms"),
        (0.00001, "s", None, "10 µs"),
        (90, "s", 1, "1.5 min"),
        (0, "s", None, "0 s"),
        (-7200, "s", None, "-2 hours"),
        (1536, "bytes", None, "1.5 KiB"),
        (2_500_000, "Bps", None, "2.5 MB/s"),
        (12, "reqps", None, "12 req/s"),
        (179.6, "suffix:days", 0, "180 days"),
        (math.nan, "s", None, "NaN"),
        (-math.inf, "s", None, "-∞"),
    ],
)
def test_units(value: float, unit: str, decimals: int | None, text: str) -> None:
    assert written(value, unit, decimals) == text


def test_every_unit_can_be_written(board: Any) -> None:
    for panel in board["panels"]:
        if panel["type"] != "row":
            assert written(1.5, panel["fieldConfig"]["defaults"]["unit"])


def test_a_legend_names_its_series() -> None:
    one = Series({"account": "anna", "state": "active"}, [])
    assert legend({"legendFormat": "{{account}}: {{ state }}{{x}}"}, one, [one]) == "anna: active"
    assert legend({"legendFormat": "__auto"}, one, [one]) == "Value"
    assert legend({"legendFormat": "__auto"}, one, [one, one]) == "anna, active"


def answers(panel: Any, values: list[float]) -> list[Answer]:
    """For each query a series, or as many as a histogram has edges."""
    found = []
    for target in panel["targets"]:
        points = [(SCREEN.start + 15 * n, value) for n, value in enumerate(values)]
        edges = ("0.1", "1", "+Inf") if panel["type"] == "heatmap" else ("1",)
        labels = [{"le": edge, "account": "anna", "state": "active"} for edge in edges]
        scaled = [
            [(moment, value * n) for moment, value in points] for n in range(1, len(edges) + 1)
        ]
        series = [Series(*each) for each in zip(labels, scaled, strict=True)]
        found.append(Answer(target, series if values else []))
    return found


@pytest.mark.parametrize(
    "values", [[1.0, 2.0, 3.0], [0.0], [math.nan, 2.0], [math.nan], [1e9, 0.0], []], ids=str
)
def test_every_kind_of_panel_can_be_drawn(board: Any, tmp_path: Path, values: list[float]) -> None:
    """Whatever comes back: numbers, noughts, gaps, nothing at all."""
    titles = [
        *("Servers", "Database", "Version", "Sign-ins end in", "Accounts and their sign-ins"),
        *("Transitions", "CPU", "Streams that ended", "Memory", "Prepared songs held"),
    ]
    found = {panel["title"]: panel for panel in board["panels"]}
    panels = [
        {**found[title], "gridPos": {"x": n % 5 * 4, "y": n // 5 * 4, "w": 4, "h": 4}}
        for n, title in enumerate(titles)
    ]
    kinds = {panel["type"] for panel in board["panels"]} - {"row"}
    assert {panel["type"] for panel in panels} == kinds

    sheet = Sheet("All", panels, {p["id"]: answers(p, values) for p in panels}, SCREEN, [1300.0])
    draw([sheet], ["1-all.png"], tmp_path)
    with Image.open(tmp_path / "1-all.png") as picture:
        assert picture.width == 1500
        assert len(picture.convert("RGB").getcolors(1 << 24) or ()) > 10


def test_the_page_shows_every_row(board: Any) -> None:
    page = PAGE.read_text("utf-8")
    assert sorted(file.name for file in FOLDER.iterdir()) == sorted(names(board))
    for name, (title, _) in zip(names(board), rows(board), strict=True):
        assert f"![{title}](images/dashboard/{name})" in page
        assert f"\n## {title}\n" in page
        assert (FOLDER / name).stat().st_size < MOST_BYTES


def test_pictures_have_something_in_every_panel(board: Any) -> None:
    """A panel that is all white was drawn over, as once all were."""
    for name, (_, panels) in zip(names(board), rows(board), strict=True):
        with Image.open(FOLDER / name) as opened:
            picture = opened.convert("RGB")
        top = min(panel["gridPos"]["y"] for panel in panels)
        lines = max(p["gridPos"]["y"] + p["gridPos"]["h"] for p in panels) - top
        column, line = picture.width / 24, (picture.height - 45) / lines
        for panel in panels:
            place = panel["gridPos"]
            left, upper = place["x"] * column, 45 + (place["y"] - top) * line
            inner = picture.crop(
                (
                    round(left + 20),
                    round(upper + 45),
                    round(left + place["w"] * column - 20),
                    round(upper + place["h"] * line - 45),
                )
            )
            assert inner.convert("L").getextrema() != (255, 255), f"{name}: {panel['title']}"
