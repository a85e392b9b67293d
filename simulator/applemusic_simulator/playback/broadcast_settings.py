"""How broadcasts are sent right now; set through the control API or by a test."""

from dataclasses import dataclass
from typing import Any

FORMS = ("packed", "ts", "mp4")
_SHORTEST, _LONGEST = 0.5, 60.0
_MOST_LISTED = 1000


@dataclass(slots=True)
class BroadcastSettings:
    """What the next playlists of broadcasts show.

    Attributes:
        form: What segments are: ADTS behind an ID3 tag, MPEG-TS, or fragments of MP4 with an init
            segment. Only the first says what is played.
        segment_seconds: Longest playing time of a segment.
        listed: How many segments a playlist shows.
    """

    form: str = "packed"
    segment_seconds: float = 6.0
    listed: int = 4

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, the choices included."""
        return {
            "form": self.form,
            "forms": list(FORMS),
            "segment_seconds": self.segment_seconds,
            "listed": self.listed,
        }

    def change(
        self,
        form: str | None = None,
        segment_seconds: float | None = None,
        listed: float | None = None,
    ) -> None:
        """Take new values; None keeps the old one.

        Raises:
            ValueError: A value is not possible; nothing is changed then.
        """
        if form is not None and form not in FORMS:
            raise ValueError(f"form is one of {', '.join(FORMS)}")
        if segment_seconds is not None and not _SHORTEST <= segment_seconds <= _LONGEST:
            raise ValueError(f"segment_seconds is {_SHORTEST} to {_LONGEST}")
        if listed is not None and (listed != int(listed) or not 1 <= listed <= _MOST_LISTED):
            raise ValueError(f"listed is a whole number from 1 to {_MOST_LISTED}")
        self.form = form or self.form
        self.segment_seconds = segment_seconds or self.segment_seconds
        self.listed = int(listed or self.listed)

    def reset(self) -> None:
        """Return to packed audio in segments of 6 s."""
        self.form, self.segment_seconds, self.listed = "packed", 6.0, 4
