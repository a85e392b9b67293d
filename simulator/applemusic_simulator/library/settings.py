"""How the library of one account behaves; set by control or by a test."""

from dataclasses import dataclass, field
from typing import Any

OPERATIONS = ("remove", "edit", "set-tracks", "remove-tracks", "move")
"""The undocumented writes: DELETE of an item, PATCH of a name, PUT and DELETE of rows, PUT of a
parent (reference section 4.4)."""

ANSWERS = ("allow", "401", "403", "405")


@dataclass(slots=True)
class LibrarySettings:
    """What nobody knows of Apple's truth, or what differs from day to day.

    Attributes:
        songs: Size; None is the small library as it is.
        consistency_delay: Seconds on the simulator's clock until a write shows.
        undocumented: What each of `OPERATIONS` answers, one of `ANSWERS`.
        create_body: False: a created playlist or folder is answered without a body.
        append_elsewhere: Whether rows can be added to one's own playlists that were not made
            through the API; else 500 (reference section 4.3).
        song_dates: Whether `extend=dateAdded` works for songs.
    """

    songs: int | None = None
    consistency_delay: float = 0.0
    undocumented: dict[str, str] = field(default_factory=lambda: dict.fromkeys(OPERATIONS, "allow"))
    create_body: bool = True
    append_elsewhere: bool = False
    song_dates: bool = True

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, for the control API."""
        return {name: getattr(self, name) for name in self.__slots__}
