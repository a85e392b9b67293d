"""Methods of the contract by the names that scenarios use, and messages as ProtoJSON."""

from dataclasses import fields
from datetime import datetime, timedelta
from enum import Enum
from importlib import import_module
from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from applemusic.calls import Calls
from applemusic.errors import AppleMusicError
from conformance.values import ScenarioError


def stub_method(calls: Calls, name: str) -> Any:
    """Return the callable of `Service/Method` on the client's own stubs.

    Raises:
        ScenarioError: The contract has no such method.
    """
    service, _, method = name.partition("/")
    noun = service.removesuffix("Service").lower()
    stub = getattr(calls.stubs, "recommendations" if noun == "recommendation" else noun, None)
    found = getattr(stub, method, None)
    if found is None:
        raise ScenarioError(f"there is no method {name!r}")
    return found


def request_message(name: str, value: Any) -> Any:
    """Return the request of a method from its ProtoJSON.

    Raises:
        ScenarioError: It is not the message's.
    """
    service, _, method = name.partition("/")
    module = import_module(f"applemusic.v1.{service.removesuffix('Service').lower()}_service_pb2")
    try:
        return json_format.ParseDict(value, getattr(module, f"{method}Request")())
    except json_format.ParseError as error:
        raise ScenarioError(f"request of {name}: {error}") from error


def as_json(message: Message) -> dict[str, Any]:
    """Return a message as ProtoJSON."""
    return json_format.MessageToDict(message)


def model_as_json(message: Message, model: Any) -> dict[str, Any]:
    """Return a model of the client as ProtoJSON of its message.

    Args:
        message: An empty one of the kind that the model was made of.
        model: The client's dataclass.
    """
    _fill(message, model)
    return as_json(message)


def _fill(message: Any, model: Any) -> None:
    for item in fields(model):
        value = getattr(model, item.name)
        if isinstance(value, tuple):
            for element in value:
                _fill(getattr(message, item.name).add(), element)
        elif isinstance(value, timedelta):
            getattr(message, item.name).FromTimedelta(value)
        elif isinstance(value, datetime):
            getattr(message, item.name).FromDatetime(value)
        elif isinstance(value, Enum):
            setattr(message, item.name, value.value)
        elif value is not None:
            setattr(message, item.name, value)


def error_as_json(error: AppleMusicError) -> dict[str, Any]:
    """Return a client's error in the form that scenarios expect."""
    found: dict[str, Any] = {"code": error.code.name, "message": error.message}
    if error.reason:
        found["reason"] = error.reason
    if error.metadata:
        found["metadata"] = dict(error.metadata)
    if error.violations:
        found["fields"] = [violation.field for violation in error.violations]
    if error.retry_after is not None:
        found["retryDelay"] = f"{error.retry_after.total_seconds():g}s"
    return found
