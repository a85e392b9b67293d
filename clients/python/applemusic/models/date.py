"""Dates of which perhaps only the year is known."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A calendar date of any precision: `1998`, `1998-05` or `1998-05-17`. Sorts by time."""

    year: int
    """Year, e.g. 1998."""
    month: int = 0
    """Month, 1 to 12; 0 when only the year is known."""
    day: int = 0
    """Day of the month, 1 to 31; 0 when only year and month are known."""

    def __str__(self) -> str:
        parts = [f"{self.year:04d}"]
        if self.month:
            parts.append(f"{self.month:02d}")
            if self.day:
                parts.append(f"{self.day:02d}")
        return "-".join(parts)

    def to_date(self) -> date:
        """Return the first day that it can mean.

        Raises:
            ValueError: The parts are no day of the calendar.
        """
        return date(self.year, self.month or 1, self.day or 1)
