"""Genres."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Genre:
    """A genre of the catalog or of stations."""

    id: str = ""
    """Id, e.g. `34` for all music."""
    name: str = ""
    """Name in the language that was asked for."""
    parent_id: str = ""
    """Genre above it, empty for the root."""
