"""Curators and record labels."""

from dataclasses import dataclass

from applemusic.models.artwork import Artwork, EditorialNotes


@dataclass(frozen=True, slots=True, kw_only=True)
class Curator:
    """A curator: an editorial show, a brand, a person."""

    id: str = ""
    """The id to use in other calls."""
    name: str = ""
    """Name."""
    apple: bool = False
    """True if and only if it is one of Apple's own."""
    artwork: Artwork | None = None
    """Picture."""
    url: str = ""
    """Page on music.apple.com."""
    editorial_notes: EditorialNotes | None = None
    """Editors' words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordLabel:
    """A record label."""

    id: str = ""
    """The id to use in other calls."""
    name: str = ""
    """Name."""
    artwork: Artwork | None = None
    """Picture."""
    url: str = ""
    """Page on music.apple.com."""
    description: EditorialNotes | None = None
    """What it says of itself."""
