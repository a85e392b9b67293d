"""Rules that requests for lists and ids have in common."""

import re
import unicodedata
from collections.abc import Sequence

from applemusic_server.domain.errors import (
    FieldViolation,
    InvalidArgumentError,
    Reason,
    invalid_field,
)
from applemusic_server.domain.ids import ID_RULE, is_id

_STOREFRONT = re.compile(r"[a-z]{2}")
_MOST_OFFSET = 2**31 - 1


def has_control_characters(text: str) -> bool:
    """Whether a text holds any; joiners and direction marks are none, languages need them."""
    return any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def page_limit(size: int, *, default: int, most: int) -> int:
    """Return how many items to ask for: 0 is the default, too many are as many as may be.

    Raises:
        InvalidArgumentError: INVALID_FIELD, negative.
    """
    if size < 0:
        raise invalid_field("page_size", "a page size is not negative")
    return min(size or default, most)


def check_offset(offset: int) -> int:
    """Return `offset` if a list can begin there."""
    if not 0 <= offset <= _MOST_OFFSET:
        raise invalid_field("page_token", "an offset lies between 0 and 2^31 - 1")
    return offset


def check_id(value: str, field: str) -> str:
    """Return `value` if it can be an id of Apple's catalog."""
    if not is_id(value):
        raise invalid_field(field, ID_RULE)
    return value


def check_ids(values: Sequence[str], field: str, most: int) -> Sequence[str]:
    """Return `values` if they are 1 to `most` ids; the error names each one at fault."""
    if not 1 <= len(values) <= most:
        raise invalid_field(field, f"1 to {most} ids, not {len(values)}")
    violations = [
        FieldViolation(f"{field}[{position}]", ID_RULE)
        for position, value in enumerate(values)
        if not is_id(value)
    ]
    if violations:
        raise InvalidArgumentError(
            Reason.INVALID_FIELD,
            f"{violations[0].field}: {ID_RULE}",
            metadata={"field": violations[0].field},
            violations=violations,
        )
    return values


def check_storefront(value: str, field: str = "options.storefront") -> str:
    """Return `value` if it can be a storefront."""
    if not _STOREFRONT.fullmatch(value):
        raise invalid_field(field, "a storefront is two lower-case letters, e.g. 'us'")
    return value
