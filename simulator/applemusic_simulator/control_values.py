"""Values of the control API's JSON, checked."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from applemusic_simulator.accounts import Account
from applemusic_simulator.conditions import Fault


class ControlError(Exception):
    """What is wrong with a request to the control API."""


class UnknownNameError(ControlError):
    """A name or token that the simulator does not know."""


def text(body: Mapping[str, Any], name: str, default: str) -> str:
    """A string, or `default` where it is absent."""
    value = body.get(name, default)
    if not isinstance(value, str):
        raise ControlError(f"{name} must be a string")
    return value


def texts(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings, empty where it is absent."""
    value = body.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ControlError(f"{name} must be a list of strings")
    return value


def number(body: Mapping[str, Any], name: str, default: float) -> float:
    """A finite number, or `default` where it is absent."""
    return _number(name, body.get(name, default))


def numbers(body: Mapping[str, Any], name: str) -> dict[str, float] | None:
    """Numbers from 0 up by endpoint, None where they are absent."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ControlError(f"{name} must be an object of numbers by endpoint")
    found = {str(key): _number(f"{name}.{key}", item) for key, item in value.items()}
    if any(item < 0 for item in found.values()):
        raise ControlError(f"{name} must not be negative")
    return found


def whole(name: str, value: object, least: int) -> int:
    """A whole number from `least` up."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ControlError(f"{name} must be a whole number from {least} up")
    return value


def flag(body: Mapping[str, Any], name: str, *, default: bool) -> bool:
    """True or false, or `default` where it is absent."""
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise ControlError(f"{name} must be true or false")
    return value


def fault_from(value: object) -> Fault:
    """A fault from its JSON."""
    if not isinstance(value, dict):
        raise ControlError("a fault is a JSON object")
    unknown = sorted(set(value) - set(Fault.__dataclass_fields__))
    if unknown:
        raise ControlError(f"a fault has no {', '.join(unknown)}")
    endpoint, kind = text(value, "endpoint", ""), text(value, "kind", "")
    if not endpoint or not kind:
        raise ControlError("a fault needs endpoint and kind")
    count = value.get("count", 1)
    share = number(value, "share", 1.0)
    after = whole("after_bytes", value.get("after_bytes", 0), 0)
    if not 0 <= share <= 1:
        raise ControlError("share must be from 0 to 1")
    return Fault(
        endpoint=endpoint,
        kind=kind,
        status=whole("status", value.get("status", 500), 200),
        code=text(value, "code", ""),
        after_bytes=after,
        count=None if count is None else whole("count", count, 1),
        share=share,
        subject=text(value, "subject", ""),
    )


def account_from(account: Account, body: Mapping[str, Any]) -> Account:
    """A copy of `account` with the values of `body`."""
    if not account.id:
        raise ControlError("id must not be empty")
    return replace(
        account,
        storefront=text(body, "storefront", account.storefront),
        subscribed=flag(body, "subscribed", default=account.subscribed),
        child=flag(body, "child", default=account.child),
        explicit_allowed=flag(body, "explicit_allowed", default=account.explicit_allowed),
        favorites_to_library=flag(
            body, "favorites_to_library", default=account.favorites_to_library
        ),
        max_streams=whole("max_streams", body.get("max_streams", account.max_streams), 1),
    )


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ControlError(f"{name} must be a number")
    return value
