"""Writes a message of the contract down as its `sensitivity` options allow."""

import hashlib
from typing import Any, Final

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from applemusic.v1 import options_pb2
from applemusic_server.wire.contract import SERVICES

_MOST_ITEMS: Final = 5
_LONGEST_TEXT: Final = 80
HIDDEN: Final = "***"


def loggable(message: Message) -> dict[str, Any]:
    """Return the set fields of a message; secrets hidden, personal values as pseudonyms."""
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def secret_field_names() -> frozenset[str]:
    """Return the names of all fields that the contract marks as secret."""
    found: set[str] = set()
    for service in SERVICES:
        for message in service.file.message_types_by_name.values():
            found.update(
                field.name
                for field in message.fields
                if _sensitivity(field) == options_pb2.SENSITIVITY_SECRET
            )
    return frozenset(found)


def pseudonym(value: str) -> str:
    """Return a short name that is the same for the same value and does not tell it."""
    return "~" + hashlib.sha256(value.encode()).hexdigest()[:8]


def _value(field: FieldDescriptor, value: Any) -> Any:
    sensitivity = _sensitivity(field)
    if sensitivity == options_pb2.SENSITIVITY_SECRET:
        return HIDDEN
    if field.is_repeated:
        items = [_single(field, item, sensitivity) for item in value[:_MOST_ITEMS]]
        return items if len(value) <= _MOST_ITEMS else [*items, f"… {len(value)} in all"]
    return _single(field, value, sensitivity)


def _single(field: FieldDescriptor, value: Any, sensitivity: int) -> Any:
    if isinstance(value, Message):
        return loggable(value)
    if sensitivity == options_pb2.SENSITIVITY_PERSONAL:
        return pseudonym(str(value))
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return value[:_LONGEST_TEXT] + "…"
    return value


def _sensitivity(field: FieldDescriptor) -> int:
    return int(field.GetOptions().Extensions[options_pb2.sensitivity])
