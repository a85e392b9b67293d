"""The numbers on docs/performance.md are those of the run that is committed beside it."""

import json
import re
from pathlib import Path
from typing import Any

from benchmarks.publish import on_page, put_together

_DOCS = Path(__file__).parents[3] / "docs"
_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?")
_MEASURED, _BASELINE = 3, 4


def _numbers(value: Any) -> set[float]:
    if isinstance(value, dict):
        return set().union(*map(_numbers, value.values()))
    if isinstance(value, list):
        return set().union(*map(_numbers, value))
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


def test_the_page_is_what_publishing_the_results_makes_of_it() -> None:
    page = (_DOCS / "performance.md").read_text()
    results = json.loads((_DOCS / "performance.json").read_text())
    assert on_page(page, results) == page


def test_publishing_says_what_was_not_reached() -> None:
    page = (_DOCS / "performance.md").read_text()
    results = json.loads((_DOCS / "performance.json").read_text())
    run = {
        "machine": {"cores": "2"},
        "results": {
            "library": {
                "first_sync": {"seconds": 61.5, "server_cpu_seconds": 20.0, "rss_peak_mb": 130.0},
                "requests_per_100_songs": 1.2,
                "baseline_requests_per_100_songs": 2.2,
                "baseline_seconds_scaled": 492,
            },
            "catalog": {"cached_p50_ms": 1.0, "requests_per_second_per_core": 1999},
        },
    }
    published = on_page(page, put_together(results, [run]))
    assert "\n| First sync of 100,000 songs, s | 60 | 61.5 | 492 | 8.0 |\n" in published
    missed = published[published.index("Not reached:") :].partition("\n\n")[0].replace("\n", " ")
    assert "First sync of 100,000 songs" in missed
    assert "Catalog reads from memory, per second and core" in missed
    assert "First sync, requests" not in missed
    assert "\nMachine: cores 2.\n" in published
    # What this run did not measure is still there.
    assert "First byte at 80 ms, prepared, median ms" in published
