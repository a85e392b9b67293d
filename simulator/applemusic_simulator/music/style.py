"""How a genre sounds: tempo, scales, chords, instruments and grooves."""

import random
from dataclasses import dataclass

SCALES: dict[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
"""Semitones above the root, seven to an octave."""

BRIGHT = ((0, 4, 5, 3), (0, 5, 3, 4), (5, 3, 0, 4), (0, 3, 0, 4), (0, 2, 3, 4), (3, 0, 4, 5))
DARK = ((0, 5, 2, 6), (0, 3, 5, 4), (0, 6, 5, 6), (0, 5, 3, 4), (0, 2, 6, 3), (5, 6, 0, 0))
TURNAROUND = ((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4), (0, 3, 1, 4))
HELD = ((0, 3, 0, 5), (0, 1, 5, 3), (0, 4, 3, 3), (3, 5, 0, 0))


@dataclass(frozen=True, slots=True)
class Groove:
    """One bar of drums: a string of steps per instrument, `x` loud, `o` soft, `.` silent."""

    kick: str = ""
    snare: str = ""
    hat: str = ""
    shaker: str = ""
    clap: str = ""
    ride: str = ""


@dataclass(frozen=True, slots=True)
class Style:
    """The choices a genre leaves to the composer.

    Attributes:
        tempo: Slowest and fastest beats per minute.
        progressions: Four scale degrees each, one chord per bar.
        sevenths: Probability that the song uses four-note chords.
        calm: Groove of intro and verse.
        full: Groove of the chorus.
        swing: How far the off-beat eighth is late, as a share of an eighth.
        duck: Whether chords make room for the kick.
        density: Probability that a step of the melody's rhythm carries a note.
    """

    tempo: tuple[int, int]
    scales: tuple[str, ...]
    progressions: tuple[tuple[int, ...], ...]
    chords: tuple[str, ...]
    bass: tuple[str, ...]
    arpeggio: tuple[str, ...]
    lead: tuple[str, ...]
    calm: tuple[Groove, ...]
    full: tuple[Groove, ...]
    bass_rhythm: tuple[str, ...] = ("x...x...x...x...", "x.....x.x.....x.", "x..x..x.x..x..x.")
    beats_per_bar: int = 4
    sevenths: float = 0.2
    swing: float = 0.0
    duck: bool = False
    density: float = 0.5


POP = Style(
    tempo=(96, 126),
    scales=("major", "major", "mixolydian", "minor"),
    progressions=BRIGHT,
    chords=("warm", "strings", "organ"),
    bass=("round", "saw_bass"),
    arpeggio=("pluck", "keys"),
    lead=("square", "keys", "flute", "bell"),
    calm=(
        Groove(kick="x.......x.o.....", snare="....x.......x...", hat="x.o.x.o.x.o.x.o."),
        Groove(kick="x.....x.x.......", clap="....x.......x...", shaker="o.o.o.o.o.o.o.o."),
    ),
    full=(
        Groove(kick="x...x...x...x...", snare="....x.......x..o", hat="x.o.x.o.x.o.x.oo"),
        Groove(kick="x.....x.x.x.....", snare="....x.......x...", hat="xoxoxoxoxoxoxoxo"),
    ),
)
ELECTRONIC = Style(
    tempo=(116, 132),
    scales=("minor", "dorian", "minor"),
    progressions=DARK,
    chords=("warm", "saw_pad"),
    bass=("saw_bass", "round"),
    arpeggio=("pluck", "square"),
    lead=("square", "saw_lead", "bell"),
    calm=(
        Groove(kick="x...x...x...x...", hat="..x...x...x...x."),
        Groove(kick="x...x...x...x...", shaker="o.x.o.x.o.x.o.x."),
    ),
    full=(
        Groove(kick="x...x...x...x...", clap="....x.......x...", hat="o.x.o.x.o.x.o.xo"),
        Groove(kick="x...x...x...x..o", clap="....x.......x...", hat="ooxoooxoooxoooxo"),
    ),
    bass_rhythm=("..x...x...x...x.", "..xx..xx..xx..xx", "x..x..x...x.x..."),
    duck=True,
    density=0.45,
)
ROCK = Style(
    tempo=(104, 148),
    scales=("minor", "mixolydian", "major", "dorian"),
    progressions=BRIGHT[:4] + DARK[:4],
    chords=("organ", "saw_pad"),
    bass=("round", "saw_bass"),
    arpeggio=("string", "pluck"),
    lead=("saw_lead", "string", "organ"),
    calm=(
        Groove(kick="x.......x.x.....", snare="....x.......x...", hat="x.x.x.x.x.x.x.x."),
        Groove(kick="x..x....x.......", snare="....x.......x...", hat="x.o.x.o.x.o.x.o."),
    ),
    full=(
        Groove(kick="x...x.x.x...x...", snare="....x.......x..o", ride="x.x.x.x.x.x.x.x."),
        Groove(kick="x.x...x.x.x.....", snare="....x..o....x...", ride="x...x...x...x..."),
    ),
    bass_rhythm=("x.x.x.x.x.x.x.x.", "x...x.x.x...x.x."),
    density=0.5,
)
HIP_HOP = Style(
    tempo=(74, 96),
    scales=("minor", "dorian"),
    progressions=DARK,
    chords=("keys", "warm"),
    bass=("sub", "round"),
    arpeggio=("bell", "pluck"),
    lead=("keys", "flute", "bell"),
    calm=(
        Groove(kick="x.....x...x.....", snare="....x.......x...", hat="x.x.x.x.x.x.x.x."),
        Groove(kick="x..x......x..x..", clap="....x.......x...", hat="x.xox.x.x.xox.xo"),
    ),
    full=(
        Groove(kick="x.....xx..x.....", snare="....x.......x..o", hat="xoxoxoxoxoxoxooo"),
        Groove(kick="x..x...x..x..x..", clap="....x.......x...", hat="x.xox.xxx.xox.xo"),
    ),
    bass_rhythm=("x.....x...x.....", "x..x......x..x..", "x.......x.x....."),
    sevenths=0.7,
    swing=0.25,
    density=0.4,
)
JAZZ = Style(
    tempo=(92, 152),
    scales=("major", "dorian", "mixolydian"),
    progressions=TURNAROUND,
    chords=("keys", "organ"),
    bass=("upright",),
    arpeggio=("keys", "string"),
    lead=("flute", "keys", "bell", "clarinet"),
    calm=(Groove(kick="o.......o.......", ride="x...x.o.x...x.o."),),
    full=(
        Groove(kick="o.....o.o.......", snare="......o......o..", ride="x...x.o.x...x.o."),
        Groove(kick="o.......o..o....", snare="....o..o....o...", ride="x...x.o.x...x.o."),
    ),
    bass_rhythm=("x...x...x...x...",),
    sevenths=1.0,
    swing=0.5,
    density=0.55,
)
AMBIENT = Style(
    tempo=(60, 84),
    scales=("lydian", "major", "dorian"),
    progressions=HELD,
    chords=("warm", "strings"),
    bass=("sub",),
    arpeggio=("bell", "keys"),
    lead=("flute", "bell", "strings"),
    calm=(Groove(),),
    full=(Groove(shaker="o...o...o...o..."), Groove(kick="x.......o.......")),
    bass_rhythm=("x...............",),
    sevenths=0.6,
    density=0.25,
)
CLASSICAL = Style(
    tempo=(66, 112),
    scales=("major", "minor"),
    progressions=BRIGHT[:4] + TURNAROUND[:2],
    chords=("strings",),
    bass=("upright", "strings"),
    arpeggio=("piano", "string"),
    lead=("flute", "clarinet", "piano", "strings"),
    calm=(Groove(),),
    full=(Groove(),),
    bass_rhythm=("x...........", "x...o...o..."),
    beats_per_bar=3,
    density=0.5,
)
FOLK = Style(
    tempo=(84, 120),
    scales=("major", "mixolydian", "dorian"),
    progressions=BRIGHT,
    chords=("warm", "organ"),
    bass=("upright",),
    arpeggio=("string", "piano"),
    lead=("flute", "string", "clarinet"),
    calm=(Groove(shaker="o.o.x.o.o.o.x.o."), Groove(kick="x.......x.......")),
    full=(
        Groove(kick="x.......x.......", clap="....x.......x...", shaker="o.o.x.o.o.o.x.o."),
        Groove(kick="x.....o.x.....o.", snare="....o.......o...", shaker="o.o.o.o.o.o.o.o."),
    ),
    bass_rhythm=("x.......x.......", "x.......x...o..."),
    density=0.5,
)

_BY_WORD = (
    (("electro", "dance", "house", "techno", "synth"), ELECTRONIC),
    (("rock", "metal", "punk", "alternative", "indie"), ROCK),
    (("hip", "rap", "r&b", "soul", "funk", "lo-fi"), HIP_HOP),
    (("jazz", "blues", "bossa"), JAZZ),
    (("ambient", "new age", "meditat", "drone"), AMBIENT),
    (("classic", "orchestr", "piano", "soundtrack", "opera"), CLASSICAL),
    (("folk", "country", "singer", "world", "latin", "reggae"), FOLK),
    (("pop",), POP),
)


def style_for(genre: str, chooser: random.Random) -> Style:
    """Return the style of a genre; an unknown genre gets one of all, by chance."""
    lowered = genre.lower()
    for words, style in _BY_WORD:
        if any(word in lowered for word in words):
            return style
    return chooser.choice([style for _, style in _BY_WORD])
