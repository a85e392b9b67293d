"""The cases that the matchers of every language's runner agree on: conformance/matchers.json."""

import json
from pathlib import Path
from typing import Any

import pytest

from conformance.matchers import check_matcher, mismatch
from conformance.values import ScenarioError, capture, substitute

CASES: dict[str, list[Any]] = json.loads(
    (Path(__file__).parents[2] / "conformance" / "matchers.json").read_text()
)


def name(case: Any) -> str:
    return json.dumps(case)


@pytest.mark.parametrize("case", CASES["matchers"], ids=name)
def test_a_matcher(case: dict[str, Any]) -> None:
    found = mismatch(case["matcher"], case["value"])
    assert (not found) == case["matches"], found


@pytest.mark.parametrize("matcher", CASES["invalid_matchers"], ids=name)
def test_an_unknown_matcher_is_a_failure(matcher: Any) -> None:
    with pytest.raises(ScenarioError):
        check_matcher(matcher)


@pytest.mark.parametrize("case", CASES["variables"], ids=name)
def test_variables(case: dict[str, Any]) -> None:
    if case.get("fails"):
        with pytest.raises(ScenarioError):
            substitute(case["value"], case["variables"])
        return
    assert substitute(case["value"], case["variables"]) == case["becomes"]


@pytest.mark.parametrize("case", CASES["paths"], ids=name)
def test_paths(case: dict[str, Any]) -> None:
    source: Any = (
        {"path": case["path"], "regex": case["regex"]} if "regex" in case else case["path"]
    )
    if case.get("fails"):
        with pytest.raises(ScenarioError):
            capture(case["value"], source)
        return
    assert capture(case["value"], source) == case["leads_to"]


def test_a_mismatch_says_where() -> None:
    found = mismatch({"songs": [{"name": "a"}, {"name": "b"}]}, {"songs": [{"name": "a"}, {}]})
    assert found == "songs.1.name: expected 'b', got nothing"
