"""Between protobuf messages and models: the only place that knows both.

A model's fields are named as in its message, so its type hints say all that is needed. The plan of
how to fill a model is made once per class.
"""

import types
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from applemusic.errors.base import ProtocolError
from applemusic.models.date import PartialDate
from applemusic.models.options import ReadOptions
from applemusic.models.reference import ResourceRef
from applemusic.models.wire_enum import WireEnum
from applemusic.v1 import media_pb2

_Model = TypeVar("_Model")
_Convert = Callable[[Any], Any]
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_MAX: Final = 999_999_999


def to_model(model: Callable[..., _Model], message: Message) -> _Model:
    """Return the message as an instance of a model class.

    Raises:
        ProtocolError: A time of the message lies outside the calendar.
    """
    try:
        return model(**{name: read(message) for name, read in _plan(model)})
    except OverflowError as error:
        name = message.DESCRIPTOR.full_name
        raise ProtocolError(f"{name} from the server holds an impossible time") from error


def to_models(model: Callable[..., _Model], messages: Iterable[Message]) -> tuple[_Model, ...]:
    """Return messages as instances of a model class, in order."""
    return tuple(to_model(model, message) for message in messages)


def to_union(union: Any, messages: Iterable[Message]) -> tuple[Any, ...]:
    """Return messages that hold one of several kinds, in order.

    Args:
        union: The type alias: `Resource` or `Track`.
        messages: What came. Kinds that this version does not know are left out.
    """
    convert = _converter(union)
    return tuple(item for item in map(convert, messages) if item is not None)


def to_timedelta(duration: Duration) -> timedelta:
    """Return a duration to the microsecond; beyond the range of `timedelta`, its nearest end."""
    days, seconds = divmod(duration.seconds, 86_400)
    if abs(days) >= _DAYS_MAX:
        return timedelta.max if days > 0 else timedelta.min
    return timedelta(days=days, seconds=seconds, microseconds=duration.nanos // 1000)


def to_datetime(timestamp: Timestamp) -> datetime:
    """Return a time in UTC. Raises `OverflowError` outside of the years 1 to 9999."""
    return _EPOCH + timedelta(seconds=timestamp.seconds, microseconds=timestamp.nanos // 1000)


def from_timedelta(value: timedelta) -> Duration:
    """Return a duration as a message."""
    duration = Duration()
    duration.FromTimedelta(value)
    return duration


def from_options(options: ReadOptions | None) -> media_pb2.ReadOptions | None:
    """Return read options as a message; None stays None."""
    if options is None:
        return None
    return media_pb2.ReadOptions(
        language=options.language,
        storefront=options.storefront,
        artwork_size=options.artwork_size,
        view=from_enum(options.view),
    )


def from_reference(reference: ResourceRef) -> media_pb2.ResourceRef:
    """Return a reference as a message."""
    return media_pb2.ResourceRef(type=from_enum(reference.type), id=reference.id)


def from_enum(member: WireEnum) -> Any:
    """Return the number of a member, as the generated code wants it."""
    return int(member)


@cache
def _plan(model: Any) -> tuple[tuple[str, _Convert], ...]:
    hints = get_type_hints(model)
    return tuple((field.name, _reader(field.name, hints[field.name])) for field in fields(model))


def _reader(name: str, hint: Any) -> _Convert:
    """Return a function from the whole message to the value of one field."""
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        if _is_union(arguments[0]):
            return lambda message: to_union(arguments[0], getattr(message, name))
        convert = _converter(arguments[0])
        return lambda message: tuple(map(convert, getattr(message, name)))
    if type(None) in arguments:
        rest = tuple(kind for kind in arguments if kind is not type(None))
        convert = _one_of(rest) if len(rest) > 1 else _converter(rest[0])
        return lambda message: convert(getattr(message, name)) if message.HasField(name) else None
    convert = _converter(hint)
    if convert is _same:
        return lambda message: getattr(message, name)
    return lambda message: convert(getattr(message, name))


def _converter(hint: Any) -> _Convert:
    """Return a function from a field's value to the type of the hint."""
    if _is_union(hint):
        return _one_of(get_args(hint))
    if hint in _SCALARS:
        return _SCALARS[hint]
    if issubclass(hint, WireEnum):
        member: _Convert = hint
        return member
    return lambda message: to_model(hint, message)


def _is_union(hint: Any) -> bool:
    return get_origin(hint) in {Union, types.UnionType}


def _one_of(kinds: tuple[type, ...]) -> _Convert:
    """Return a function from a message whose one oneof holds one of the kinds; None for others."""
    by_name = {kind.__name__: kind for kind in kinds}

    def convert(message: Message) -> Any:
        chosen = message.WhichOneof(message.DESCRIPTOR.oneofs[0].name)
        if chosen is None:
            return None
        value = getattr(message, chosen)
        return to_model(by_name[value.DESCRIPTOR.name], value)

    return convert


def _partial_date(message: media_pb2.Date) -> PartialDate | None:
    return PartialDate(message.year, message.month, message.day) if message.year else None


def _same(value: Any) -> Any:
    return value


_SCALARS: Final[dict[Any, _Convert]] = {
    **dict.fromkeys((str, int, bool, float, bytes), _same),
    timedelta: to_timedelta,
    datetime: to_datetime,
    PartialDate: _partial_date,
}
