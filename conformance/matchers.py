"""What a scenario expects, compared with what came. README.md is the specification."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from conformance.values import ScenarioError

ABSENT: Final = None  # a field with its default value is left out of ProtoJSON
_SHOWN: Final = 300
_QUANTITY: Final = re.compile(r"-?\d+(\.\d+)?s?")


def mismatch(matcher: Any, value: Any, path: str = "") -> str:
    """Say where and how a value differs from what a matcher wants; empty when it does not.

    Args:
        matcher: What is expected, variables replaced.
        value: What came, as JSON; None for what is absent.
        path: Where the value lies in the whole, for the message.

    Raises:
        ScenarioError: There is no such matcher.
    """
    if isinstance(matcher, dict):
        operator = next((name for name in matcher if name.startswith("$")), None)
        if operator is None:
            return _fields(matcher, value, path)
        if len(matcher) != 1 or operator not in _OPERATORS:
            raise ScenarioError(f"there is no matcher {_shown(matcher)}")
        return _OPERATORS[operator](matcher[operator], value, path)
    if isinstance(matcher, list):
        return _elements(matcher, value, path)
    if value is ABSENT and _is_default(matcher):
        return ""
    return "" if _same(matcher, value) else _message(path, _shown(matcher), value)


def check_matcher(matcher: Any) -> None:
    """Refuse a matcher that could never be evaluated, wherever in the expectation it stands.

    Raises:
        ScenarioError: There is no such matcher.
    """
    if isinstance(matcher, list):
        for item in matcher:
            check_matcher(item)
    elif isinstance(matcher, dict):
        operators = [name for name in matcher if name.startswith("$")]
        if operators and (len(matcher) != 1 or operators[0] not in _OPERATORS):
            raise ScenarioError(f"there is no matcher {_shown(matcher)}")
        if operators != ["$equals"]:
            for item in matcher.values():
                check_matcher(item)


def _fields(matcher: Mapping[str, Any], value: Any, path: str) -> str:
    if not isinstance(value, dict):
        return _message(path, "an object", value)
    for name, wanted in matcher.items():
        found = mismatch(wanted, value.get(name), _join(path, name))
        if found:
            return found
    return ""


def _elements(matcher: list[Any], value: Any, path: str) -> str:
    items = [] if value is ABSENT else value
    if not isinstance(items, list):
        return _message(path, "an array", value)
    if len(items) != len(matcher):
        return _message(path, f"{len(matcher)} elements", f"{len(items)}: {_shown(items)}")
    pairs = zip(matcher, items, strict=True)
    found = (mismatch(m, v, _join(path, i)) for i, (m, v) in enumerate(pairs))
    return next(filter(None, found), "")


def _equals(wanted: Any, value: Any, path: str) -> str:
    return "" if _same(wanted, value) else _message(path, f"exactly {_shown(wanted)}", value)


def _regex(pattern: str, value: Any, path: str) -> str:
    # Elsewhere `$` is the very end; here it is also before a last line break.
    strict = re.sub(r"(?<!\\)\$$", r"\\Z", pattern)
    if isinstance(value, str) and re.search(strict, value):
        return ""
    return _message(path, f"text with {pattern!r}", value)


def _count(wanted: Any, value: Any, path: str) -> str:
    sized = [] if value is ABSENT else value
    if not isinstance(sized, list | dict | str):
        return _message(path, "something to count", value)
    return mismatch(wanted, len(sized), f"{path} (length)")


def _contains(wanted: Any, value: Any, path: str) -> str:
    if isinstance(value, list) and any(not mismatch(wanted, item) for item in value):
        return ""
    if isinstance(value, str) and isinstance(wanted, str) and wanted in value:
        return ""
    return _message(path, f"something with {_shown(wanted)}", value)


def _each(wanted: Any, value: Any, path: str) -> str:
    items = [] if value is ABSENT else value
    if not isinstance(items, list):
        return _message(path, "an array", value)
    found = (mismatch(wanted, item, _join(path, index)) for index, item in enumerate(items))
    return next(filter(None, found), "")


def _at_least(least: Any, value: Any, path: str) -> str:
    return _in_range(least, None, value, path)


def _at_most(most: Any, value: Any, path: str) -> str:
    return _in_range(None, most, value, path)


def _between(ends: list[Any], value: Any, path: str) -> str:
    return _in_range(ends[0], ends[1], value, path)


def _in_range(least: Any, most: Any, value: Any, path: str) -> str:
    size = _quantity(0 if value is ABSENT else value)
    wanted = f"{least if least is not None else ''}..{most if most is not None else ''}"
    if size is None:
        return _message(path, f"a number in {wanted}", value)
    low, high = _quantity(least), _quantity(most)
    if (low is not None and size < low) or (high is not None and size > high):
        return _message(path, wanted, value)
    return ""


def _any(wanted: list[Any], value: Any, path: str) -> str:
    if any(not mismatch(matcher, value) for matcher in wanted):
        return ""
    return _message(path, f"one of {_shown(wanted)}", value)


def _all(wanted: list[Any], value: Any, path: str) -> str:
    return next(filter(None, (mismatch(matcher, value, path) for matcher in wanted)), "")


def _not(unwanted: Any, value: Any, path: str) -> str:
    if mismatch(unwanted, value):
        return ""
    return _message(path, f"anything but {_shown(unwanted)}", value)


_OPERATORS: Final[Mapping[str, Callable[[Any, Any, str], str]]] = {
    "$equals": _equals,
    "$regex": _regex,
    "$count": _count,
    "$contains": _contains,
    "$each": _each,
    "$at_least": _at_least,
    "$at_most": _at_most,
    "$between": _between,
    "$any": _any,
    "$all": _all,
    "$not": _not,
}


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON: a boolean is no number, and 1 and 1.0 are the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return bool(one == other)


def _is_default(matcher: Any) -> bool:
    return matcher is None or matcher == "" or (matcher == 0 and not isinstance(matcher, str))


def _quantity(value: Any) -> float | None:
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return float(value.removesuffix("s"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    return None


def _join(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _message(path: str, wanted: str, value: Any) -> str:
    came = "nothing" if value is ABSENT else _shown(value)
    return f"{path or 'the result'}: expected {wanted}, got {came}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
