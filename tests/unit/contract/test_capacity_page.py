"""The capacity page says what was measured, rounded."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from applemusic_server.config_sources import load

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "capacity.md").read_text("utf-8")
ROWS = re.findall(r"^\| [^|]+ \| ([^|]+) \| `([a-z_.]+)` \|$", PAGE, re.MULTILINE)
# A page for planning: a fifth more or less is another machine's day.
TOLERANCE = 0.2


def measured(key: str) -> float:
    value: Any = json.loads((DOCS / "performance.json").read_text())["results"]
    for part in key.split("."):
        value = value[part]
    return float(value) / (1000 if key.endswith("_kb_per_stream") else 1)


@pytest.mark.parametrize(("said", "key"), ROWS)
def test_what_one_costs_was_measured(said: str, key: str) -> None:
    number = re.search(r"[\d,.]*\d", said)
    assert number
    assert float(number[0].replace(",", "")) == pytest.approx(measured(key), rel=TOLERANCE)


def test_there_are_rows_to_compare() -> None:
    assert len(ROWS) >= 6


def test_what_to_set_can_be_set(tmp_path: Path) -> None:
    block = re.search(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    assert block
    file = tmp_path / "server.toml"
    file.write_text(block[1])
    settings = load({}, {}, file)
    assert settings.grpc.max_concurrent_calls > settings.playback.max_streams
    assert f"begins at {25} requests a second" in PAGE
