"""Plots of what was measured, and none of what was not."""

import json
from pathlib import Path

from benchmarks.plots import draw

_PERFORMANCE = Path(__file__).parents[3] / "docs" / "performance.json"


def test_published_results_can_be_drawn(tmp_path: Path) -> None:
    results = json.loads(_PERFORMANCE.read_text())["results"]
    written = draw(results, tmp_path)
    assert {path.suffix for path in written} == {".png", ".svg"}
    assert len(written) == 6
    for path in written:
        head = path.read_bytes()[:200]
        assert head.startswith(b"\x89PNG") if path.suffix == ".png" else b"<?xml" in head


def test_the_same_results_are_the_same_picture(tmp_path: Path) -> None:
    results = json.loads(_PERFORMANCE.read_text())["results"]
    for one, two in zip(draw(results, tmp_path / "a"), draw(results, tmp_path / "b"), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_nothing_measured_is_no_plot(tmp_path: Path) -> None:
    assert draw({"catalog": {"cached_p50_ms": 1.0}}, tmp_path) == []
