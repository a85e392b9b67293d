"""What the catalog answers for a listener, with what they wrote a moment ago."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from applemusic_server.application.library_memory import TYPES, LibraryMemory
from applemusic_server.application.library_overlay import Overlay, overlay_of
from applemusic_server.domain.gateways import CatalogScope

T = TypeVar("T")


class RecentCatalog:
    """Lays recent writes over answers of the catalog.

    Args:
        memory: What was written.
    """

    def __init__(self, memory: LibraryMemory) -> None:
        self._memory = memory

    def shown(self, answer: T, scope: CatalogScope) -> T:
        """Return an answer with the favorites and library ids of its resources as they should be.

        Answers for nobody in particular are returned as they are: they tell neither.
        """
        if scope.listener is None:
            return answer
        overlay = overlay_of(self._memory, scope.listener.account_id)
        return cast("T", _laid_over(answer, overlay)) if overlay else answer


def _laid_over(value: Any, overlay: Overlay) -> Any:
    """Return resources as they should be, and lists and pages with such resources."""
    if type(value) in TYPES:
        return overlay.in_catalog(value)
    if isinstance(value, tuple):
        found = tuple(_laid_over(each, overlay) for each in value)
        return (
            found if any(new is not old for new, old in zip(found, value, strict=True)) else value
        )
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            each.name: new
            for each in fields(value)
            if isinstance(old := getattr(value, each.name), tuple)
            and (new := _laid_over(old, overlay)) is not old
        }
        return replace(cast("Any", value), **changed) if changed else value
    return value
