"""Invented names: artists, titles, people, labels. Nobody in here exists."""

import random
from collections.abc import Callable


def _words(text: str, between: str | None = None) -> tuple[str, ...]:
    return tuple(text.split(between))


_FIRST = _words(
    "Maren Oskar Ilse Tobin Yara Casimir Nell Anselm Priya Dario Wren Halvard Odette Kofi Liesl "
    "Marlo Saoirse Benedikt Amara Quill Imre Torvald Zadie Emeka Solveig Rafi Thea Lucan Mirela "
    "Jonas Ottilie Bram Noor Silas Petra Ewan Delphine Idris Vesna Corin"
)
_LAST = _words(
    "Vanterpool Quillon Ashgrove Merriwick Dunmore Okonjo-Bell Thornquist Saltmarsh Vellacott "
    "Brightwater Kesteren Oyelaran Fenwright Lindqvale Harrowgate Castellane Moorcroft Ravndal "
    "Silberstern Tamworthy Wexcombe Zielenska Abernethie Corvallis Pellinore Underhay Gallowglen "
    "Marchetto Nightingall Penhallow Stormonth Tresillick Whitlow Yarborough-Nkosi Drummondville"
)
_THINGS = _words(
    "Lantern Harbour Orchard Compass Kettle Meridian Thicket Gravel Cathedral Paper Ember "
    "Viaduct Lighthouse Marigold Static Copper Monsoon Attic Tramline Pendulum Quarry Sparrow "
    "Telegraph Velvet Weathervane Almanac Bonfire Carousel Driftwood Escalator Foxglove Glacier "
    "Heron Isthmus Juniper Kerosene Locket Mirror Nocturne Overpass Pylon Quilt Reservoir Satchel "
    "Tundra Umbrella Veranda Windmill Yonder Zeppelin Anthem Balcony Cinder Delta Estuary Ferry"
)
_QUALITIES = _words(
    "Hollow Golden Borrowed Electric Quiet Crooked Distant Amber Restless Paper Northern Velvet "
    "Careless Winter Midnight Tender Broken Plastic Secret Slow Silver Patient Burning Second "
    "Ordinary Invisible Tidal Sleepless Honest Faded Lucky Scarlet Marble Weightless Unsent Wild"
)
_VERBS = _words(
    "Carry Follow Forget Borrow Remember Paint Unravel Hold Leave Wake Answer Burn Chase Call "
    "Outrun Trace Bury Cross Mend Whisper Build Lose Promise Open"
)
_OBJECTS = _words(
    "Me Home|You Twice|the River|My Shadow|the Long Way|Your Letters|the Morning|Every Window|"
    "Nothing|the Radio|What We Said|the Last Train|Our Names|the Weather|It Slowly|the Ground|"
    "Me to the Sea|Somebody Else|All the Lights|the Map|Your Coat|the Silence",
    "|",
)
_PLACES = _words(
    "Port Ellery|Saint Odile|Low Marsh|Karsten Street|the Ninth Floor|Vellamo Bay|Old Customs Road|"
    "Platform Four|Hawthorn Court|the Salt Flats|Mill Lane|Eastern Junction|Lake Orrin|Bell Tower",
    "|",
)
_BANDS = _words(
    "Foundry Parade Assembly Cartographers Understudies Lamplighters Correspondents Swimmers "
    "Ornithologists Neighbours Archivists Tenants Stowaways Mechanics Choir Committee Weekenders"
)
_TOPS = ("Records", "Recordings", "Sound", "Music Group", "Tapes", "Editions")


class Names:
    """Makes names that are not repeated within one catalogue.

    Args:
        chance: Where the choices come from.
    """

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def person(self) -> str:
        """First and last name; may repeat."""
        return f"{self._pick(_FIRST)} {self._pick(_LAST)}"

    def artist(self) -> str:
        """A soloist, a duo or a band."""
        return self._fresh(
            self.person,
            lambda: f"The {self._pick(_QUALITIES)} {self._pick(_BANDS)}",
            lambda: f"{self._pick(_THINGS)} {self._pick(_BANDS)}",
            lambda: f"{self._pick(_FIRST)} & the {self._pick(_BANDS)}",
            lambda: f"{self._pick(_QUALITIES)} {self._pick(_THINGS)} {self._pick(_BANDS)}",
        )

    def album(self) -> str:
        """The title of an album."""
        return self._fresh(
            lambda: f"{self._pick(_QUALITIES)} {self._pick(_THINGS)}",
            lambda: f"{self._pick(_THINGS)} & {self._pick(_THINGS)}",
            lambda: f"Letters from {self._pick(_PLACES)}",
            lambda: f"{self._pick(_VERBS)} {self._pick(_OBJECTS)}",
            lambda: f"A Field Guide to the {self._pick(_THINGS)}",
        )

    def song(self) -> str:
        """The title of a song."""
        return self._fresh(
            lambda: f"{self._pick(_QUALITIES)} {self._pick(_THINGS)}",
            lambda: f"{self._pick(_VERBS)} {self._pick(_OBJECTS)}",
            lambda: f"{self._pick(_THINGS)} in {self._pick(_PLACES)}",
            lambda: f"{self._pick(_THINGS)} {self._pick(_THINGS)}",
            lambda: f"{self._pick(_QUALITIES)} ({self._pick(_VERBS)} {self._pick(_OBJECTS)})",
            lambda: f"What the {self._pick(_THINGS)} Knew",
        )

    def label(self) -> str:
        """A record company."""
        return f"{self._pick(_QUALITIES)} {self._pick(_THINGS)} {self._pick(_TOPS)}"

    def place(self) -> str:
        """Somewhere a concert may have been recorded."""
        return self._pick(_PLACES)

    def _pick(self, words: tuple[str, ...]) -> str:
        return self._chance.choice(words)

    def _fresh(self, *makers: Callable[[], str]) -> str:
        # A word twice in one name ("Static Static") and a name used before are made anew.
        while True:
            name = self._chance.choice(makers)()
            words = name.lower().split()
            if name not in self._used and len(set(words) - {"the"}) == len(
                [word for word in words if word != "the"]
            ):
                self._used.add(name)
                return name


_MASK = (1 << 64) - 1


def scattered(number: int, salt: int) -> int:
    """64 bits that follow from a number and look like chance; cheap enough for every row."""
    value = (number * 0x9E3779B97F4A7C15 + salt * 0xD1B54A32D192ED03) & _MASK
    value = ((value ^ (value >> 31)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 29)


def numbered_artist(number: int) -> str:
    """The artist of this number; some share a name, as people do."""
    chance = scattered(number, 1)
    if chance & 1:
        return f"{_of(_FIRST, chance >> 8)} {_of(_LAST, chance >> 24)}"
    return f"The {_of(_QUALITIES, chance >> 8)} {_of(_BANDS, chance >> 24)}"


def numbered_album(number: int) -> str:
    """The album of this number."""
    chance = scattered(number, 2)
    if chance & 1:
        return f"{_of(_QUALITIES, chance >> 8)} {_of(_THINGS, chance >> 24)}"
    return f"{_of(_THINGS, chance >> 8)} in {_of(_PLACES, chance >> 24)}"


def numbered_song(number: int) -> str:
    """The song of this number."""
    chance = scattered(number, 3)
    kind = chance % 3
    if kind == 0:
        return f"{_of(_VERBS, chance >> 8)} {_of(_OBJECTS, chance >> 24)}"
    if kind == 1:
        return f"{_of(_QUALITIES, chance >> 8)} {_of(_THINGS, chance >> 24)}"
    return f"{_of(_THINGS, chance >> 8)} in {_of(_PLACES, chance >> 24)}"


def _of(words: tuple[str, ...], chance: int) -> str:
    return words[(chance & 0xFFFF) % len(words)]
