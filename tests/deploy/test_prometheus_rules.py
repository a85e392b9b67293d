"""The rules for Prometheus are good by its own tool, tested, and explained."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from tests.support.promql import PROMETHEUS, RULES, Matcher, Selector, all_rules, selectors

RUNBOOK = PROMETHEUS.parents[1] / "docs" / "runbook.md"
ADDRESS = "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/docs/runbook.md"
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
ALERTS = [rule for rule in all_rules() if rule.is_alert]


def promtool(*arguments: object) -> None:
    """Run it; whatever it finds fails the test."""
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here (Debian: apt-get install prometheus)")
    done = subprocess.run(  # noqa: S603 - our own files
        [program, *map(str, arguments)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_finds_no_fault() -> None:
    promtool("check", "config", PROMETHEUS / "prometheus.yml")
    promtool("check", "rules", *RULES)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_alerts_fire_when_they_should(file: object) -> None:
    promtool("test", "rules", file)


def test_the_example_has_all_rules() -> None:
    example = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text("utf-8"))
    assert sorted(example["rule_files"]) == [f"rules/{file.name}" for file in RULES]


def test_every_alert_is_tested_with_its_words() -> None:
    """A test that leaves annotations out would pass whatever they say."""
    tested: set[str] = set()
    for file in TESTS:
        content: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
        assert content["rule_files"] == ["../rules/recording.yml", "../rules/alerts.yml"]
        for group in content["tests"]:
            for case in group.get("alert_rule_test", ()):
                assert case["exp_alerts"], case
                assert all("exp_annotations" in each for each in case["exp_alerts"]), case
                tested.add(case["alertname"])
    assert tested == {alert.name for alert in ALERTS}


def test_every_alert_has_its_section_and_the_other_way_round() -> None:
    section = re.compile(r"^### (AppleMusic\w+)\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)
    sections = section.findall(RUNBOOK.read_text("utf-8"))

    assert sorted(name for name, _ in sections) == sorted(alert.name for alert in ALERTS)
    for name, text in sections:
        for part in ("**Listeners**", "**Look at**", "mend**"):
            assert part.lower() in text.lower(), f"{name}: {part}"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_says_what_to_do(alert: Any) -> None:
    assert alert.labels["severity"] in {"critical", "warning"}
    assert set(alert.annotations) == {"summary", "description", "runbook_url"}
    assert alert.annotations["runbook_url"] == f"{ADDRESS}#{alert.name.lower()}"


def test_expressions_are_taken_apart() -> None:
    """What checks the rules against the server would otherwise be easily content."""
    expression = (
        'sum by (job, le) (rate(a_total{x="} b_total{", y!~"1|2"}[5m])) > 2 * 1e3 '
        "and on (job) c_total offset 1h unless max(job:d:sum) - time() >= 3"
    )
    assert list(selectors(expression)) == [
        Selector("a_total", (Matcher("x", "=", "} b_total{"), Matcher("y", "!~", "1|2"))),
        Selector("c_total", ()),
        Selector("job:d:sum", ()),
    ]
