"""What was played most in a year or a month."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from applemusic_simulator.model import Catalogue
from applemusic_simulator.social.history import History
from applemusic_simulator.social.mixes import REPLAY_YEARS

_ID = re.compile(r"(?:year-(\d{4})|month-(\d{4})-(\d{1,2}))")
_SONGS_HEARD = 140
_LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or with `month` (1 to 12) a month of it."""

    year: int
    month: int = 0

    @property
    def id(self) -> str:
        """`year-2025` or `month-2025-8`."""
        return f"month-{self.year}-{self.month}" if self.month else f"year-{self.year}"

    @property
    def name(self) -> str:
        """`year` or `month`."""
        return "month" if self.month else "year"

    def holds(self, at: float) -> bool:
        """Whether a time, in seconds since 1970, falls into it."""
        day = datetime.fromtimestamp(at, UTC)
        return day.year == self.year and self.month in (0, day.month)


class Replay:
    """Counts plays: an invented past, and what the history adds to it.

    Args:
        catalogue: What was played.
        history: Plays of which times are known.
        clock: Seconds since 1970.
        seed: The invented past follows from it.
    """

    def __init__(
        self, catalogue: Catalogue, history: History, clock: Callable[[], float], seed: int
    ) -> None:
        self._catalogue = catalogue
        self._history = history
        self._clock = clock
        self._seed = seed
        self._past: dict[tuple[str, int, int], Mapping[str, int]] = {}

    def periods(self) -> list[Period]:
        """Periods that are over, newest first: three years, and their and this year's months."""
        now = datetime.fromtimestamp(self._clock(), UTC)
        years = [Period(now.year - ago) for ago in range(1, REPLAY_YEARS + 1)]
        months = [Period(now.year, month) for month in range(now.month - 1, 0, -1)]
        months += [
            Period(year.year, month) for year in years for month in range(_LAST_MONTH, 0, -1)
        ]
        return [*years, *months]

    def find(self, period_id: str) -> Period | None:
        """A period by its id, None where there is no summary of it."""
        match = _ID.fullmatch(period_id)
        if match is None:
            return None
        period = Period(int(match[1] or match[2]), int(match[3] or 0))
        return period if period in self.periods() else None

    def songs(self, account_id: str, period: Period) -> Mapping[str, int]:
        """Play counts by song id, the most played first."""
        counts: Counter[str] = Counter()
        months = [period.month] if period.month else range(1, _LAST_MONTH + 1)
        for month in months:
            counts.update(self._invented(account_id, period.year, month))
        for play in self._history.plays(account_id):
            if play.track is not None and play.track[0] == "songs" and period.holds(play.at):
                counts[play.track[1]] += 1
        return dict(counts.most_common(_SONGS_HEARD))

    def albums(self, account_id: str, period: Period) -> Mapping[str, int]:
        """Play counts by album id, the most played first."""
        return self._grouped(account_id, period, lambda key: self._catalogue.songs[key].album_id)

    def artists(self, account_id: str, period: Period) -> Mapping[str, int]:
        """Play counts by artist id, the most played first."""
        return self._grouped(account_id, period, lambda key: self._catalogue.songs[key].artist_id)

    def _grouped(
        self, account_id: str, period: Period, owner: Callable[[str], str]
    ) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        for song_id, count in self.songs(account_id, period).items():
            counts[owner(song_id)] += count
        return dict(counts.most_common())

    def _invented(self, account_id: str, year: int, month: int) -> Mapping[str, int]:
        place = (account_id, year, month)
        if place not in self._past:
            self._past[place] = self._invent(account_id, year, month)
        return self._past[place]

    def _invent(self, account_id: str, year: int, month: int) -> Mapping[str, int]:
        counts = {}
        for song in self._catalogue.songs.values():
            text = f"{self._seed} {account_id} {year} {month} {song.id}"
            digest = hashlib.sha256(text.encode()).digest()
            if song.playable and digest[0] % 8 == 0:
                counts[song.id] = 1 + digest[1] % 12
        return counts
