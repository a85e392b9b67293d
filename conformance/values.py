"""Variables in scenarios, and paths into results. README.md is the specification."""

import re
from collections.abc import Mapping
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\$\{([a-z][a-z0-9_]*)\}")


class ScenarioError(Exception):
    """A step did not hold, or the scenario makes no sense; the message says where and why."""


def substitute(value: Any, variables: Mapping[str, Any]) -> Any:
    """Return a value with every `${name}` in its strings replaced; keys stay as they are.

    Raises:
        ScenarioError: A variable is unknown, or cannot be put into a longer text.
    """
    if isinstance(value, str):
        whole = _VARIABLE.fullmatch(value)
        if whole is not None:
            return _known(whole.group(1), variables)
        return _VARIABLE.sub(lambda match: _text(_known(match.group(1), variables)), value)
    if isinstance(value, list):
        return [substitute(item, variables) for item in value]
    if isinstance(value, dict):
        return {key: substitute(item, variables) for key, item in value.items()}
    return value


def find(value: Any, path: str) -> Any:
    """Return what a path leads to: names and indexes, joined by `.`.

    Raises:
        ScenarioError: It leads nowhere.
    """
    here = value
    for part in path.split(".") if path else ():
        try:
            here = here[int(part)] if isinstance(here, list) else here[part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise ScenarioError(f"path {path!r} leads nowhere: there is no {part!r}") from None
    return here


def capture(value: Any, source: str | Mapping[str, str]) -> Any:
    """Return what `capture` says to take: a path, or a path and an expression with a group.

    Raises:
        ScenarioError: There is nothing of the kind.
    """
    if isinstance(source, str):
        return find(value, source)
    text = find(value, source["path"])
    match = re.search(source["regex"], text) if isinstance(text, str) else None
    if match is None:
        raise ScenarioError(f"{source['regex']!r} is not found at {source['path']!r}")
    return match.group(1)


def _known(name: str, variables: Mapping[str, Any]) -> Any:
    if name not in variables:
        raise ScenarioError(f"there is no variable {name!r}")
    return variables[name]


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise ScenarioError("only text, numbers and booleans can be put into a longer text")
