"""Reads Apple's JSON strictly by type and leniently by presence."""

import json
import math
from collections.abc import ItemsView, Iterator
from typing import Final

from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer

# What a double holds exactly: no count, size or time of Apple's is beyond.
_GREATEST = 2**53


def decode_object(body: bytes, endpoint: Endpoint) -> "JsonReader":
    """Decode a body that has to be one JSON object.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID; not JSON, not an object, nested too deep, or with
            numbers that JSON does not know (NaN, infinity).
    """
    try:
        # As `json.loads` has it, which makes another decoder each time.
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        value: object = _DECODER.decode(text)
    except (ValueError, RecursionError):
        # UnicodeDecodeError and JSONDecodeError are ValueErrors; their text would quote the body.
        raise invalid_answer(endpoint, "it is not JSON") from None
    if not isinstance(value, dict):
        raise invalid_answer(endpoint, "it is not a JSON object")
    return JsonReader(value, endpoint)


class JsonReader:
    """One JSON object and where it stands in the answer.

    An absent member and one that is null are the same. A member of another type than the one asked
    for is UPSTREAM_RESPONSE_INVALID with its path, e.g. `data[3].attributes.name`.

    A library of 100,000 songs makes millions of these: what only an error needs, the path, is put
    together when there is one.

    Args:
        members: The object's members.
        endpoint: For errors.
        parent: The object that it is in, or its path; empty for the whole.
        key: What the parent calls it.
        position: In the parent's list of that name; -1 for a member that is no list.
    """

    __slots__ = ("_key", "_members", "_parent", "_position", "endpoint")

    def __init__(
        self,
        members: dict[str, object],
        endpoint: Endpoint,
        parent: "JsonReader | str" = "",
        key: str = "",
        position: int = -1,
    ) -> None:
        self._members = members
        self._parent = parent
        self._key = key
        self._position = position
        self.endpoint = endpoint

    @property
    def path(self) -> str:
        """Where this object is in the answer; empty for the whole."""
        parent = self._parent if isinstance(self._parent, str) else self._parent.path
        name = f"{self._key}[{self._position}]" if self._position >= 0 else self._key
        return f"{parent}.{name}" if parent and name else parent or name

    def has(self, key: str) -> bool:
        """Whether the member is there and not null."""
        return self._members.get(key) is not None

    def members(self) -> tuple[str, ...]:
        """Return the names of all members."""
        return tuple(self._members)

    def items(self) -> ItemsView[str, object]:
        """Return all members with their values, as they came."""
        return self._members.items()

    def over(self, other: "JsonReader", without: frozenset[str]) -> "JsonReader":
        """Return this object with what it lacks taken from another, but for some members."""
        members = {key: value for key, value in other.items() if key not in without}
        members.update((key, value) for key, value in self.items() if value is not None)
        return JsonReader(members, self.endpoint, self._parent, self._key, self._position)

    def text(self, key: str) -> str:
        """Return a text, empty when absent. Unpaired surrogates become U+FFFD."""
        value = self._members.get(key)
        if isinstance(value, str):
            return value if value.isascii() else _encodable(value)
        if value is None:
            return ""
        raise self._wrong(key, "a text")

    def identifier(self, key: str) -> str:
        """Return a text or a whole number as text; Apple uses both. Empty when absent."""
        value = self._members.get(key)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _GREATEST:
            return str(value)
        return self.text(key)

    def whole(self, key: str) -> int:
        """Return a whole number, 0 when absent. `12.0` is whole."""
        value = self._members.get(key)
        if type(value) is int and 0 <= value <= _GREATEST:  # as nearly all are
            return value
        if value is None:
            return 0
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _GREATEST:
            raise self._wrong(key, "a whole number")
        return value

    def count(self, key: str, most: int = 2**31 - 1) -> int:
        """Return a whole number of things, 0 when absent; the contract's int32 holds it."""
        return min(max(self.whole(key), 0), most)

    def truth(self, key: str) -> bool:
        """Return a truth value, False when absent."""
        value = self._members.get(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts without its empty ones; empty when absent."""
        found: list[str] = []
        if key not in self._members:
            return ()
        for position, value in enumerate(self._list(key)):
            if value is None:
                continue
            if not isinstance(value, str):
                raise self._wrong(f"{key}[{position}]", "a text")
            if value:
                found.append(_encodable(value))
        return tuple(found)

    def child(self, key: str) -> "JsonReader | None":
        """Return a member that is an object."""
        value = self._members.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(key, "an object")
        return JsonReader(value, self.endpoint, self, key)

    def children(self, key: str) -> Iterator["JsonReader"]:
        """Yield the objects of a list; none when it is absent."""
        if key not in self._members:
            return
        for position, value in enumerate(self._list(key)):
            if value is None:
                continue
            if not isinstance(value, dict):
                raise self._wrong(f"{key}[{position}]", "an object")
            yield JsonReader(value, self.endpoint, self, key, position)

    def collection(self, key: str) -> Iterator["JsonReader"]:
        """Yield the objects of a list, or of the `data` of an object that holds one."""
        if isinstance(self._members.get(key), dict):
            holder = self.child(key)
            yield from holder.children("data") if holder else ()
        else:
            yield from self.children(key)

    def _list(self, key: str) -> list[object]:
        value = self._members.get(key)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self._wrong(key, "a list")
        return value

    def _at(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def _wrong(self, key: str, wanted: str) -> Exception:
        return invalid_answer(self.endpoint, f"{wanted} is expected", self._at(key))


def _encodable(text: str) -> str:
    """Replace unpaired surrogates, which JSON allows and UTF-8 does not."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER: Final = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
