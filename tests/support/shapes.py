"""Compares answers of the simulator with recorded ones by keys and value types."""

from collections.abc import Collection, Iterator
from typing import Any

# The differences on purpose: keys that Apple sends only where they apply.
OPTIONAL = {
    "contentRating": "absent for songs that are neither explicit nor clean",
    "editorialNotes": "not everything was written about",
    "next": "the recorded lists are shortened by Apple, or fit one page",
    "hasP3": "in recordings since 2022 only",
}


def paths(value: Any, at: str = "") -> Iterator[str]:
    """Every leaf as `path:type`; list items fall together, and so do codes used as keys."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in OPTIONAL:
                continue
            in_filter = at.startswith("meta.filters.") and at.count(".") == 2
            yield from paths(item, f"{at}.{'*' if in_filter else key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, f"{at}[]")
    else:
        yield f"{at}:{type(value).__name__}"


def differences(ours: Any, recorded: Any, without: Collection[str] = ()) -> set[str]:
    """Leaves that only one of both has, but for those that differ on purpose.

    Args:
        ours: The simulator's answer.
        recorded: Apple's.
        without: Paths of leaves, or the beginnings of some, that are not compared.
    """
    found = set(paths(ours)) ^ set(paths(recorded))
    return {path for path in found if not path.startswith(tuple(without))}
