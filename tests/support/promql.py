"""Reads the rules of Prometheus and what their expressions ask for.

Prometheus 2.42 has no command that lists the series of an expression, so it is taken apart here; a
word that is neither known nor followed by what makes it a function is taken for a metric.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

PROMETHEUS = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^()]*)\)")
_RANGE = re.compile(r"\[[^\]]*\]")
_SELECTOR = re.compile(r"([A-Za-z_:][\w:]*)\s*(\{[^{}]*\})?")
_MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}


@dataclass(frozen=True)
class Rule:
    """A recording rule or an alert.

    Attributes:
        name: What is recorded, or the alert's name.
        is_alert: Whether it is an alert.
        expression: In PromQL.
        annotations: Of an alert.
        labels: What the rule adds.
    """

    name: str
    is_alert: bool
    expression: str
    annotations: Mapping[str, str]
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Matcher:
    """A condition on a label, as `code=~"5.."`."""

    label: str
    operator: str
    value: str

    def fits(self, value: str) -> bool:
        """Whether a series with this value is meant."""
        if self.operator in {"=~", "!~"}:
            found = re.fullmatch(self.value, value) is not None
        else:
            found = self.value == value
        return found != self.operator.startswith("!")


@dataclass(frozen=True)
class Selector:
    """A metric with the conditions on its labels."""

    metric: str
    matchers: tuple[Matcher, ...]


def rules_of(file: Path) -> Iterator[Rule]:
    """Yield the rules of a file in their order."""
    content: dict[str, Any] = yaml.safe_load(file.read_text("utf-8"))
    for group in content["groups"]:
        for rule in group["rules"]:
            yield Rule(
                name=rule.get("alert") or rule["record"],
                is_alert="alert" in rule,
                expression=rule["expr"],
                annotations=rule.get("annotations", {}),
                labels=rule.get("labels", {}),
            )


def selectors(expression: str) -> Iterator[Selector]:
    """Yield what an expression reads."""
    strings: list[str] = []

    def hidden(found: re.Match[str]) -> str:
        # A text in quotes may hold brackets and words; its number takes its place meanwhile.
        strings.append(found[0])
        return f'"{len(strings) - 1}"'

    bare = _RANGE.sub("", _GROUPING.sub("", _STRING.sub(hidden, expression)))
    for found in _SELECTOR.finditer(bare):
        name, conditions = found[1], found[2] or ""
        is_number = found.start() > 0 and bare[found.start() - 1].isdigit()
        is_function = bare[found.end() :].lstrip().startswith("(") and not conditions
        if is_number or is_function or name.lower() in _WORDS:
            continue
        shown = re.sub(r'"(\d+)"', lambda each: strings[int(each[1])], conditions)
        yield Selector(name, tuple(Matcher(*each) for each in _MATCHER.findall(shown)))


def groupings(expression: str) -> set[str]:
    """The labels that an expression groups or joins by."""
    named = _GROUPING.findall(_STRING.sub('""', expression))
    return {label.strip() for labels in named for label in labels.split(",") if label.strip()}


def all_rules() -> list[Rule]:
    """The rules that are in the repository."""
    return [rule for file in RULES for rule in rules_of(file)]
