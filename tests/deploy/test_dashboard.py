"""The dashboard keeps the rules for dashboards, and each rule finds what breaks it."""

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.dashboard_rules import (
    RULES,
    Rule,
    annotations,
    counters,
    datasource_used,
    datasource_variable,
    editable,
    expressions,
    legends,
    links,
    metrics_documented,
    metrics_shown,
    panels,
    places,
    starts_marked,
    target_variables,
    targets_chosen,
    titles_and_descriptions,
    units,
    variables,
    variables_reload,
    windows,
)
from tools.dashboard.__main__ import DASHBOARD, dashboard
from tools.dashboard.screen import Screen

Spoil = Callable[[Any], Any]
SCREEN = Screen(start=0, end=3600, scrape_seconds=15, step=15)
# Kubernetes' limit for all annotations of a resource together. kubectl and Argo CD keep in one of
# them a copy of what they have applied: of the ConfigMap with the dashboard.
MOST_BYTES = 256 * 1024


@pytest.fixture
def board() -> Any:
    return json.loads(DASHBOARD.read_text("utf-8"))


def panel(board: Any, title: str) -> Any:
    return next(each for each in panels(board) if each["title"] == title)


def query(board: Any, title: str = "Open streams") -> Any:
    return panel(board, title)["targets"][0]


def put(thing: Any, **values: Any) -> None:
    thing.update(values)


def change(thing: Any, key: str, old: str, new: str) -> None:
    assert old in thing[key]
    thing[key] = thing[key].replace(old, new, 1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_dashboard_keeps(rule: Rule, board: Any) -> None:
    assert list(rule(board)) == []


SPOILT: list[tuple[Rule, Spoil]] = [
    (datasource_variable, lambda board: board["templating"]["list"].pop(0)),
    (datasource_variable, lambda board: put(variables(board)["datasource"], query="loki")),
    (datasource_used, lambda board: put(panel(board, "CPU"), datasource="Prometheus")),
    (datasource_used, lambda board: query(board).pop("datasource")),
    (datasource_used, lambda board: put(annotations(board)[0], datasource={"uid": "x"})),
    (datasource_used, lambda board: put(variables(board)["job"], datasource=None)),
    (target_variables, lambda board: board["templating"]["list"].pop()),
    (target_variables, lambda board: put(variables(board)["job"], multi=False)),
    (target_variables, lambda board: put(variables(board)["instance"], allValue="")),
    (variables_reload, lambda board: put(variables(board)["instance"], refresh=1)),
    (targets_chosen, lambda board: change(query(board), "expr", 'job=~"$job", ', "")),
    (targets_chosen, lambda board: change(query(board), "expr", '"$instance"', '"x"')),
    (
        targets_chosen,
        # Of two series in an expression, the second.
        lambda board: put(
            query(board), expr=f"{query(board)['expr']} / sum(applemusic_streams_limit)"
        ),
    ),
    (targets_chosen, lambda board: change(annotations(board)[1], "expr", "$job", "x")),
    (titles_and_descriptions, lambda board: put(panel(board, "CPU"), title="")),
    (titles_and_descriptions, lambda board: put(panel(board, "CPU"), description="CPU")),
    (titles_and_descriptions, lambda board: panel(board, "CPU").pop("description")),
    (titles_and_descriptions, lambda board: put(board["panels"][0], title="")),
    (units, lambda board: panel(board, "CPU")["fieldConfig"]["defaults"].pop("unit")),
    (units, lambda board: put(panel(board, "CPU")["fieldConfig"]["defaults"], unit="secs")),
    (
        units,
        lambda board: put(
            next(
                each
                for each in panel(board, "Stalls over time")["fieldConfig"]["overrides"][1][
                    "properties"
                ]
                if each["id"] == "unit"
            ),
            value="percentage",
        ),
    ),
    (windows, lambda board: change(query(board, "Audio"), "expr", "$__rate_interval", "5m")),
    (windows, lambda board: change(query(board, "Audio"), "expr", "$__rate_interval", "$__range")),
    (windows, lambda board: change(query(board, "Transitions, p95"), "expr", "$__range", "1h")),
    (windows, lambda board: change(query(board, "Transitions, p95"), "expr", "increase", "rate")),
    (
        counters,
        lambda board: put(
            query(board), expr=query(board)["expr"].replace("streams_active", "streams_total")
        ),
    ),
    (counters, lambda board: change(query(board, "Audio"), "expr", "rate(", "avg_over_time(")),
    (legends, lambda board: put(query(board), legendFormat="{{pod}}")),
    (editable, lambda board: put(board, editable=True)),
    (starts_marked, lambda board: put(annotations(board)[0], enable=False)),
    (starts_marked, lambda board: put(annotations(board)[0], expr="up == 0")),
    (links, lambda board: board["links"].pop(0)),
    (links, lambda board: change(panel(board, "CPU")["links"][0], "url", "runbook", "run")),
    (links, lambda board: change(panel(board, "CPU")["links"][0], "url", "slow", "slower")),
    (links, lambda board: change(panel(board, "CPU")["links"][0], "tooltip", "Slow", "Quick")),
    (places, lambda board: put(panel(board, "CPU"), id=1)),
    (places, lambda board: put(panel(board, "CPU")["gridPos"], w=25)),
    (places, lambda board: put(panel(board, "Memory")["gridPos"], x=0)),
    (metrics_documented, lambda board: change(query(board), "expr", "active", "alive")),
    (metrics_documented, lambda board: change(query(board, "Stalls"), "expr", "{", '{who="x",')),
    (metrics_shown, lambda board: board["panels"].remove(panel(board, "Free disk"))),
]


@pytest.mark.parametrize(
    ("rule", "spoil"),
    SPOILT,
    ids=[f"{rule.__name__}-{number}" for number, (rule, _) in enumerate(SPOILT)],
)
def test_a_rule_finds_what_breaks_it(rule: Rule, spoil: Spoil, board: Any) -> None:
    spoilt = copy.deepcopy(board)
    spoil(spoilt)
    assert spoilt != board
    assert list(rule(spoilt)) != []


def test_every_rule_is_broken_once() -> None:
    assert {rule for rule, _ in SPOILT} == set(RULES)


def test_the_file_is_what_the_rows_make(board: Any) -> None:
    assert board == json.loads(json.dumps(dashboard()))
    assert len(json.dumps(DASHBOARD.read_text("utf-8"))) < MOST_BYTES - 10_000


def test_prometheus_can_read_every_expression(tmp_path: Path, board: Any) -> None:
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("promtool is not here (Debian: apt-get install prometheus)")
    rules = [
        {"record": f"dashboard:{number}", "expr": SCREEN.filled(expression)}
        for number, (_, expression) in enumerate(expressions(board))
    ]
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    done = subprocess.run(  # noqa: S603 - our own file
        [program, "check", "rules", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout
    assert len(rules) > 80


@pytest.mark.parametrize(
    ("step", "scrape", "interval"), [(15, 15, 60), (60, 15, 75), (1, 1, 4), (5, 1, 6)]
)
def test_rates_look_back_as_in_grafana(step: int, scrape: int, interval: int) -> None:
    screen = Screen(start=0, end=3600, scrape_seconds=scrape, step=step)
    assert screen.filled("rate(a[$__rate_interval])") == f"rate(a[{interval}s])"
    assert screen.filled("increase(a[$__range])") == "increase(a[3600s])"


def test_a_variable_that_nobody_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        SCREEN.filled('up{pod=~"$pod"}')
