"""Charts."""

from dataclasses import dataclass

from applemusic.models.reference import ResourceType
from applemusic.models.resource import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart."""

    id: str = ""
    """Apple's name of the ranking, e.g. `most-played`."""
    name: str = ""
    """Name to show."""
    type: ResourceType = ResourceType.UNKNOWN
    """Type of its items."""
    items: tuple[Resource, ...] = ()
    """Items, the first place first."""
