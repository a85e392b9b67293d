"""As much of JSON Schema as scenario.schema.json uses; an unknown keyword is a mistake in it."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}
_SAID_ELSEWHERE: Final = frozenset({"$schema", "$defs", "title", "description"})


class Schema:
    """A schema that values are compared with.

    Args:
        whole: The schema; `#/$defs/...` is looked up in it.
    """

    def __init__(self, whole: Mapping[str, Any]) -> None:
        self._whole = whole
        self._checks: dict[str, Callable[[Any, Any], bool]] = {
            "const": lambda wanted, value: wanted == value,
            "enum": lambda wanted, value: value in wanted,
            "pattern": lambda wanted, value: not isinstance(value, str) or _found(wanted, value),
            "minLength": lambda wanted, value: not isinstance(value, str) or len(value) >= wanted,
            "minItems": lambda wanted, value: not isinstance(value, list) or len(value) >= wanted,
            "maxItems": lambda wanted, value: not isinstance(value, list) or len(value) <= wanted,
            "minProperties": lambda wanted, value: (
                not isinstance(value, dict) or len(value) >= wanted
            ),
            "maxProperties": lambda wanted, value: (
                not isinstance(value, dict) or len(value) <= wanted
            ),
            "minimum": lambda wanted, value: not _is_number(value) or value >= wanted,
            "maximum": lambda wanted, value: not _is_number(value) or value <= wanted,
            "exclusiveMinimum": lambda wanted, value: not _is_number(value) or value > wanted,
            "required": lambda wanted, value: (
                not isinstance(value, dict) or value.keys() >= set(wanted)
            ),
            "type": _is_type,
        }

    def problems(self, value: Any, schema: Any = None, path: str = "") -> Iterator[str]:
        """Say what is wrong with a value, each thing with its place."""
        schema = self._whole if schema is None else schema
        if schema is True:
            return
        if schema is False:
            yield f"{path}: not allowed"
            return
        for keyword, wanted in schema.items():
            if keyword in self._checks:
                if not self._checks[keyword](wanted, value):
                    yield f"{path}: {keyword} {wanted!r}, got {value!r}"
            elif keyword not in _SAID_ELSEWHERE:
                yield from self._inside(keyword, schema, value, path)

    def _inside(
        self, keyword: str, schema: Mapping[str, Any], value: Any, path: str
    ) -> Iterator[str]:
        wanted = schema[keyword]
        if keyword == "$ref":
            yield from self.problems(value, self._whole["$defs"][wanted.split("/")[-1]], path)
        elif keyword == "oneOf":
            found = [list(self.problems(value, choice, path)) for choice in wanted]
            if sum(not each for each in found) != 1:
                yield min(filter(None, found), key=len, default=[f"{path}: several fit"])[0]
        elif keyword == "not":
            if not list(self.problems(value, wanted, path)):
                yield f"{path}: must not be {wanted!r}"
        elif keyword == "items":
            for index, item in enumerate(value if isinstance(value, list) else ()):
                yield from self.problems(item, wanted, f"{path}/{index}")
        elif keyword in {"properties", "additionalProperties", "propertyNames"}:
            yield from self._fields(keyword, schema, value, path)
        else:
            raise ValueError(f"the schema has a keyword that is not known here: {keyword}")

    def _fields(
        self, keyword: str, schema: Mapping[str, Any], value: Any, path: str
    ) -> Iterator[str]:
        named = schema.get("properties", {})
        for name, item in value.items() if isinstance(value, dict) else ():
            if keyword == "properties" and name in named:
                yield from self.problems(item, named[name], f"{path}/{name}")
            elif keyword == "additionalProperties" and name not in named:
                yield from self.problems(item, schema[keyword], f"{path}/{name}")
            elif keyword == "propertyNames":
                yield from self.problems(name, schema[keyword], f"{path}/{name}")


def _is_type(wanted: Any, value: Any) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _found(pattern: str, value: str) -> bool:
    return re.search(pattern, value) is not None
