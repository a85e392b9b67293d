"""Turns values from outside into sections of settings, and says of each what is wrong with it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

import msgspec
from msgspec import inspect, structs

from applemusic_server.config_section import Checked, Section

Kind = TypeVar("Kind", bound=Section)

# In paths of settings it stands for any key of a table.
ANY_KEY: Final = "*"

# How people write it in an environment; in a file TOML has its own.
_TRUTH: Final = {
    **dict.fromkeys(("true", "yes", "on", "1", "t", "y"), True),
    **dict.fromkeys(("false", "no", "off", "0", "f", "n"), False),
}


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong.

    Attributes:
        path: Keys from the top to the value or section; empty for the whole.
        message: What is wrong, without the value: it may be a secret in the wrong place.
    """

    path: tuple[str, ...]
    message: str


class WrongValuesError(Exception):
    """Values do not fit the settings; says everything that is wrong with them."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("; ".join(f"{'.'.join(each.path)}: {each.message}" for each in wrong))
        self.wrong = tuple(wrong)


def convert(values: Any, kind: type[Kind]) -> Kind:
    """Return a section filled with values.

    Args:
        values: Mapping of keys to what TOML knows, or to text as the environment has it; sections
            and tables of sections are mappings again.
        kind: The section.

    Raises:
        WrongValuesError: A key or value does not fit.
    """
    reader = _Reader()
    made = reader.section(kind, values, ())
    if made is None:
        raise WrongValuesError(reader.wrong)
    return made


def known_paths(kind: type[Section], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Return the path of each setting in a section, sections themselves included."""
    for each in structs.fields(kind):
        path = (*above, each.name)
        yield path
        if inner := section_in(each.type):
            yield from known_paths(inner, path)
        elif inner := sections_by_key(each.type):
            yield (*path, ANY_KEY)
            yield from known_paths(inner, (*path, ANY_KEY))


def section_in(kind: Any) -> type[Section] | None:
    """Return the section that a setting of this type is, or None for a value."""
    kind = _plain(kind)
    return kind if isinstance(kind, type) and issubclass(kind, Section) else None


def sections_by_key(kind: Any) -> type[Section] | None:
    """Return the section that a setting of this type holds by key, or None for another."""
    kind = _plain(kind)
    return section_in(get_args(kind)[1]) if get_origin(kind) is Mapping else None


def _plain(kind: Any) -> Any:
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


@dataclass(slots=True)
class _Reader:
    wrong: list[Wrong] = field(default_factory=list)

    def section(self, kind: type[Kind], values: Any, path: tuple[str, ...]) -> Kind | None:
        if not isinstance(values, Mapping):
            self._refuse(path, "must be a table")
            return None
        before = len(self.wrong)
        given = {}
        known = structs.fields(kind)
        for each in known:
            if each.name in values:
                given[each.name] = self._value(each.type, values[each.name], (*path, each.name))
            elif each.required:
                self._refuse((*path, each.name), "is needed")
        for key in values.keys() - {each.name for each in known}:
            self._refuse((*path, str(key)), "there is no such setting")
        if len(self.wrong) > before:
            return None
        try:
            return kind(**given)
        except ValueError as error:
            self._refuse(path, str(error))
            return None

    def _value(self, kind: Any, value: Any, path: tuple[str, ...]) -> Any:
        if section := section_in(kind):
            return self.section(section, value, path)
        if section := sections_by_key(kind):
            return self._sections(kind, section, value, path)
        return self._checked(kind, self._leaf(kind, value, path), path)

    def _sections(
        self, kind: Any, section: type[Section], values: Any, path: tuple[str, ...]
    ) -> Any:
        if not isinstance(values, Mapping):
            self._refuse(path, "must be a table")
            return None
        before = len(self.wrong)
        made = {
            str(key): self.section(section, value, (*path, str(key)))
            for key, value in values.items()
        }
        return self._checked(kind, made, path) if len(self.wrong) == before else None

    def _leaf(self, kind: Any, value: Any, path: tuple[str, ...]) -> Any:
        shape = inspect.type_info(kind)
        try:
            return msgspec.convert(
                _read_text(value, shape), kind, strict=False, dec_hook=_custom_value
            )
        except msgspec.ValidationError:
            # Its own words repeat some values.
            self._refuse(path, f"must be {describe(shape)}")
            return None

    def _checked(self, kind: Any, value: Any, path: tuple[str, ...]) -> Any:
        if self.wrong and self.wrong[-1].path == path:
            return None
        for each in getattr(kind, "__metadata__", ()):
            if isinstance(each, Checked):
                try:
                    value = each.check(value)
                except ValueError as error:
                    self._refuse(path, str(error))
                    return None
        return value

    def _refuse(self, path: tuple[str, ...], message: str) -> None:
        self.wrong.append(Wrong(path, message))


def _read_text(value: Any, shape: inspect.Type) -> Any:
    """Read text as a person may have written it, where something other than text is wanted."""
    if isinstance(shape, inspect.Metadata):
        return _read_text(value, shape.type)
    if isinstance(value, str) and isinstance(shape, inspect.BoolType):
        return _TRUTH.get(value.strip().lower(), value)
    if isinstance(value, str) and isinstance(shape, inspect.IntType | inspect.FloatType):
        return value.strip()
    return value


def _custom_value(kind: type, value: Any) -> Any:
    """Read what is no type of JSON; a hook of `msgspec.convert`."""
    if kind is Path and isinstance(value, str | Path) and str(value) and "\0" not in str(value):
        return Path(value)
    raise ValueError(kind.__name__)


def describe(shape: inspect.Type) -> str:
    """Say which values a type takes, e.g. "a whole number from 0 to 65535"."""
    return next(
        (say(shape) for kind, say in _DESCRIPTIONS.items() if isinstance(shape, kind)),
        "something else",
    )


def _number(name: str) -> Callable[[Any], str]:
    def say(shape: Any) -> str:
        if shape.ge is not None and shape.le is not None:
            return f"{name} from {shape.ge} to {shape.le}"
        bounds = {
            "at least": shape.ge,
            "above": shape.gt,
            "at most": shape.le,
            "below": shape.lt,
        }
        said = [f"{word} {bound}" for word, bound in bounds.items() if bound is not None]
        return " ".join([name, " and ".join(said)]).strip()

    return say


def _text(shape: Any) -> str:
    size = _size(shape)
    return "".join(
        (
            "text",
            f" of {size} characters" if size else "",
            f" that matches {shape.pattern}" if shape.pattern else "",
        )
    )


def _list(shape: Any) -> str:
    size = _size(shape)
    return f"a list of {describe(shape.item_type)}" + (f", {size} of them" if size else "")


def _size(shape: Any) -> str:
    least, most = shape.min_length or 0, shape.max_length
    if least == most:
        return f"{least}"
    if most is not None:
        return f"{least} to {most}"
    return f"at least {least}" if least else ""


def _union(shape: Any) -> str:
    # There is no way to write None but to leave the key out.
    return " or ".join(
        describe(each) for each in shape.types if not isinstance(each, inspect.NoneType)
    )


def _choice(shape: Any) -> str:
    *most, last = (str(value) for value in shape.values)
    return f"{', '.join(most)} or {last}" if most else last


_DESCRIPTIONS: Final[Mapping[type, Callable[[Any], str]]] = {
    inspect.Metadata: lambda shape: describe(shape.type),
    inspect.BoolType: lambda _: "true or false",
    inspect.IntType: _number("a whole number"),
    inspect.FloatType: _number("a number"),
    inspect.StrType: _text,
    inspect.LiteralType: _choice,
    inspect.CustomType: lambda _: "a path, not empty",
    inspect.VarTupleType: _list,
    inspect.DictType: lambda shape: f"a table of {describe(shape.value_type)}",
    inspect.UnionType: _union,
}
