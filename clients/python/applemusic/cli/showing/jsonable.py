"""Models as JSON: names as in the contract, values that every language reads.

Durations are seconds, times are RFC 3339 in UTC, enums are words in lower case, and what can be of
several kinds says its own as `type`. Every field is there, also when it is empty.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from applemusic.models.date import PartialDate
from applemusic.models.wire_enum import WireEnum


def dumped(value: Any, *, indent: int | None = None, ascii_only: bool = False) -> str:
    """Return a value as JSON.

    Args:
        value: Models, and lists and dictionaries of them.
        indent: Blanks per level; None for a single line.
        ascii_only: Write every other letter as an escape, for streams that have only these.
    """
    return json.dumps(jsonable(value), indent=indent, ensure_ascii=ascii_only)


def jsonable(value: Any) -> Any:
    """Return a value as dictionaries, lists and scalars."""
    match value:
        case WireEnum() | PartialDate():
            found: Any = str(value)
        case timedelta():
            found = value.total_seconds()
        case datetime():
            found = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Mapping():
            found = {str(key): jsonable(each) for key, each in value.items()}
        case list() | tuple():
            found = [jsonable(each) for each in value]
        case _:
            found = _of_model(value) if is_dataclass(value) else value
    return found


def _of_model(model: Any) -> dict[str, Any]:
    kind = kind_of(model)
    found = {"type": kind} if kind else {}
    return found | {field.name: jsonable(getattr(model, field.name)) for field in fields(model)}


def kind_of(model: object) -> str:
    """Return the name of a resource's type; empty for what is no resource."""
    from applemusic.references import reference  # noqa: PLC0415 - loads the generated code

    try:
        return str(reference(model).type)  # type: ignore[arg-type] # that is what is asked
    except KeyError:
        return ""
