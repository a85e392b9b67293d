"""The numbers on docs/performance.md are those of the run that is committed beside it."""

import json
import re
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parents[3] / "docs"
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_MEASURED, _BASELINE = 3, 4


def _numbers(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*map(_numbers, value.values()))
    if isinstance(value, str):
        return {float(number) for number in _NUMBER.findall(value)}
    return {float(value)}


def test_every_number_measured_is_in_the_results() -> None:
    results = json.loads((_DOCS / "performance.json").read_text())["results"]
    rows = [
        line.split("|")
        for line in (_DOCS / "performance.md").read_text().splitlines()
        if line.startswith("| ") and line.count("|") == 6
    ][1:]
    cited = {
        float(number)
        for row in rows
        for cell in (row[_MEASURED], row[_BASELINE])
        for number in _NUMBER.findall(cell)
    }
    assert len(cited) >= 8
    assert cited <= _numbers(results), cited - _numbers(results)
