"""The parameters of a request, read the way Apple reads them (reference sections 2 and 13.6)."""

from collections.abc import Container, Sequence
from urllib.parse import quote_plus

from multidict import MultiMapping

from applemusic_simulator.errors import bad_parameter, missing_parameter


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Primary subtags that pass; a two-letter code outside is refused like a malformed tag.
_LANGUAGES = _codes(
    "af ar az bg bn ca cs da de el en es et fa fi fr gu he hi hr hu hy id is it ja ka kk kn ko "
    "lt lv mk ml mr ms nb nl no pa pl pt ro ru sk sl sq sr sv sw ta te th tr uk ur uz vi zh"
)


class Query:
    """Typed access to a query string.

    Args:
        values: Decoded parameters.
    """

    def __init__(self, values: MultiMapping[str]) -> None:
        self._values = values

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def has_only(self, names: Container[str]) -> bool:
        """Whether no other parameters are there."""
        return all(name in names for name in self._values)

    def text(self, name: str) -> str:
        """A parameter, or the empty string."""
        return self._values.get(name, "")

    def required(self, name: str) -> str:
        """A parameter that must be there and hold something.

        Raises:
            AppleError: 400 40003 when absent, 40005 when empty.
        """
        if name not in self._values:
            raise missing_parameter(name)
        value = self._values[name].strip()
        if not value:
            raise bad_parameter(name, f"Value for '{name}' must not be empty")
        return value

    def names(self, name: str) -> list[str]:
        """A comma-separated list, blanks dropped, each entry once, in order."""
        parts = ",".join(self._values.getall(name, ())).split(",")
        return list(dict.fromkeys(part.strip() for part in parts if part.strip()))

    def ids(self, name: str, most: int) -> list[str]:
        """A required list of ids, each once.

        Raises:
            AppleError: 400 40003 absent, 40005 empty or more than `most`.
        """
        self.required(name)
        found = self.names(name)
        if not found:
            raise bad_parameter(name, f"Value for '{name}' must not be empty")
        if len(found) > most:
            raise bad_parameter(
                name, f"Value must be a list of at most {most} ids, but was: {len(found)}"
            )
        return found

    def one_of(self, name: str, known: Sequence[str]) -> list[str]:
        """A required list of names that must all be known.

        Raises:
            AppleError: 400 40003 absent, 40005 unknown.
        """
        self.required(name)
        found = self.names(name)
        for value in found:
            if value not in known:
                raise bad_parameter(name, f"Invalid value '{value}' for parameter '{name}'")
        return found

    def limit(self, default: int, most: int, name: str = "limit") -> int:
        """How many items a page holds.

        Raises:
            AppleError: 400 40005; an overflow is always blamed on `limit`, also of `limit[rel]`.
        """
        value = self._integer(name, default)
        if value < 1:
            raise bad_parameter(name, "Value must be an integer greater than or equal to 1")
        if value > most:
            raise bad_parameter(
                "limit",
                f"Value must be an integer less than or equal to {most}, but was: {value}",
            )
        return value

    def offset(self) -> int:
        """Index of the first item of the page.

        Raises:
            AppleError: 400 40005.
        """
        value = self._integer("offset", 0)
        if value < 0:
            raise bad_parameter("offset", "Value must be an integer greater than or equal to 0")
        return value

    def check_language(self) -> None:
        """Refuse a malformed `l`; a well-formed one that the storefront lacks is ignored.

        Raises:
            AppleError: 400 40005 `Invalid language tag`.
        """
        tag = self.text("l")
        if not tag or "_" in tag:
            return
        if tag.partition("-")[0].lower() not in _LANGUAGES:
            raise bad_parameter("l", f"Invalid language tag '{tag}'")

    def next_path(self, path: str, offset: int, **others: str) -> str:
        """A `next`: `l` ahead of the offset, no limit."""
        pairs = [("l", self.text("l"))] if "l" in self._values else []
        pairs += [("offset", str(offset)), *others.items()]
        return f"{path}?{'&'.join(f'{name}={quote_plus(value)}' for name, value in pairs)}"

    def typed(self, name: str) -> dict[str, list[str]]:
        """`name[type]=a,b` by type; the untyped `name=a,b` under the empty string."""
        found = {"": self.names(name)} if name in self._values else {}
        for key in self._values:
            if key.startswith(f"{name}[") and key.endswith("]"):
                found[key[len(name) + 1 : -1]] = self.names(key)
        return found

    def _integer(self, name: str, default: int) -> int:
        text = self._values.get(name)
        if text is None:
            return default
        # isdecimal alone would take other scripts' digits, int() blanks and underscores.
        digits = text.removeprefix("-")
        if not (digits.isascii() and digits.isdecimal() and len(digits) < 10):  # noqa: PLR2004 - fits 32 bits
            raise bad_parameter(name, "Value must be an integer")
        return int(text)
