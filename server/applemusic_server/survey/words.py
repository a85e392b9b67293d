"""Turns what Apple sent into words that can be shown to anybody.

Nothing of an answer is quoted that is not in a form which neither a token, nor an id of a person,
nor free text has.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

_CODE: Final = re.compile(r"-?[0-9]{1,10}", re.ASCII)
_MEMBER: Final = re.compile(r"[A-Za-z][A-Za-z_-]{0,23}", re.ASCII)
_PARAMETER: Final = re.compile(r"[a-z]{1,12}(\[[a-z-]{1,24}\])?", re.ASCII)
_FLAVOR: Final = re.compile(r"[0-9]{1,3}:[a-z]{2,8}[0-9]{1,4}", re.ASCII)
_BOX: Final = re.compile(rb"[a-zA-Z0-9 ]{4}")
_HOST: Final = re.compile(r"([a-z0-9-]{1,40}\.){1,5}(apple\.com|mzstatic\.com)", re.ASCII)
_MOST_MEMBERS: Final = 14
_JSON: Final = re.compile(r"(application|text)/([a-z0-9.+-]+\+)?json")
_TYPES: Final = {"text/html": "HTML", "text/plain": "text", "": "no type"}


def code_word(value: object) -> str:
    """Return a code of Apple's, which comes as text or number; `other` for anything else."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return "none" if value is None else "other"
    return str(value) if _CODE.fullmatch(str(value)) else "other"


def kind_word(value: object) -> str:
    """Return which kind of JSON value something is."""
    match value:
        case None:
            return "absent"
        case bool():
            return "truth value"
        case str():
            return "text"
        case int() | float():
            return "number"
        case list():
            return "list"
        case _:
            return "object"


def member_words(values: Mapping[str, Any]) -> str:
    """Return the names of an object's members, those that look like names."""
    return _listed(values, _MEMBER)


def flavor_words(flavors: Iterable[str]) -> str:
    """Return names of renditions, e.g. `28:ctrp256`."""
    return _listed(flavors, _FLAVOR)


def parameter_word(value: object) -> str:
    """Return the name of a query parameter."""
    return value if isinstance(value, str) and _PARAMETER.fullmatch(value) else "other"


def host_word(url: object) -> str:
    """Return the host of an address if it is Apple's, else `other`."""
    try:
        host = (urlsplit(url).hostname or "") if isinstance(url, str) else ""
    except ValueError:
        host = ""
    return host if _HOST.fullmatch(host) else "other"


def type_word(content_type: str) -> str:
    """Return the kind of a body."""
    plain = content_type.partition(";")[0].strip().lower()
    return "JSON" if _JSON.fullmatch(plain) else _TYPES.get(plain, "another type")


def box_word(kind: bytes) -> str:
    """Return the name of a box of an MP4 file."""
    return kind.decode() if _BOX.fullmatch(kind) else "other"


def number_word(value: object) -> str:
    """Return a number, or which kind of value stands in its place."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"{value:g}" if is_number and isinstance(value, int | float) else kind_word(value)


def _listed(names: Iterable[str], pattern: re.Pattern[str]) -> str:
    known = sorted(set(names))
    good = [each for each in known if pattern.fullmatch(each)][:_MOST_MEMBERS]
    others = len(known) - len(good)
    said = ", ".join(good) or "none"
    return f"{said} and {others} others" if others else said
