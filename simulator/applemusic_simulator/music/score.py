"""Composing: from a seed to sections, chords, a melody with motifs, bass and drums."""

import random
from dataclasses import dataclass, field

from applemusic_simulator.music.style import SCALES, Groove, Style, style_for

BARS_PER_BLOCK = 4
_STEPS_PER_BEAT = 4
_TAIL_SECONDS = 2.5
_DRUMS = ("kick", "snare", "hat", "shaker", "clap", "ride")
_LOUD, _SOFT = 1.0, 0.45


@dataclass(frozen=True, slots=True)
class Note:
    """One note of a part: times in beats from the start of its block, pitch as a MIDI number."""

    start: float
    beats: float
    pitch: int
    velocity: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One stroke of a drum."""

    start: float
    drum: str
    velocity: float


@dataclass(frozen=True, slots=True)
class Block:
    """Four bars of the song: which parts play and how loud.

    Attributes:
        parts: Names of parts and drum patterns of the `Score`, with a gain each.
    """

    kind: str
    parts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Score:
    """A whole song, ready to be performed.

    Attributes:
        parts: Notes by part name; the part's instrument is in `instruments`.
        drums: Strokes by pattern name.
        blocks: The song from start to end.
    """

    beats_per_minute: float
    beats_per_bar: int
    duck: bool
    instruments: dict[str, str] = field(default_factory=dict)
    parts: dict[str, tuple[Note, ...]] = field(default_factory=dict)
    drums: dict[str, tuple[Hit, ...]] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()

    @property
    def block_seconds(self) -> float:
        """How long four bars last."""
        return BARS_PER_BLOCK * self.beats_per_bar * 60.0 / self.beats_per_minute


def compose(seed: int, genre: str, seconds: float) -> Score:
    """Write the song of a seed.

    Args:
        seed: All choices follow from it; equal seeds give equal songs.
        genre: Genre name as the catalogue words it.
        seconds: Playing time to fill; for a song that does not fade out the tempo is bent a little,
            so that the form comes out even.
    """
    chance = random.Random(f"score:{seed}:{genre}")  # noqa: S311 - repeatable, not secret
    style = style_for(genre, chance)
    return _Composer(chance, style).write(seconds)


class _Composer:
    """Holds the choices that all parts of one song share."""

    def __init__(self, chance: random.Random, style: Style) -> None:
        self._chance = chance
        self._style = style
        self._scale = SCALES[chance.choice(style.scales)]
        self._root = chance.randint(45, 56)
        self._chord_size = 4 if chance.random() < style.sevenths else 3
        verse, chorus = chance.sample(style.progressions, 2)
        bridge = chance.choice(style.progressions)
        self._chords = {"verse": verse, "chorus": chorus, "bridge": bridge}
        self._motif_rhythm = self._rhythm()
        self._motif_steps = [chance.choice((-2, -1, -1, 1, 1, 2, 3)) for _ in range(16)]
        self._arp_order = chance.choice(((0, 1, 2, 1), (0, 2, 1, 2), (2, 1, 0, 1), (0, 1, 2, 3)))

    def write(self, seconds: float) -> Score:
        style, chance = self._style, self._chance
        tempo = float(chance.randint(*style.tempo))
        block_seconds = BARS_PER_BLOCK * style.beats_per_bar * 60.0 / tempo
        count = max(1, round((seconds - _TAIL_SECONDS) / block_seconds))
        bend = count * block_seconds / max(1.0, seconds - _TAIL_SECONDS)
        # One half of the songs come to an end, the other half fade out in their last bars.
        if chance.random() < 0.5 and 0.9 <= bend <= 1.1:  # noqa: PLR2004 - no other genre by bending
            tempo *= bend
        else:
            count = max(1, int(seconds / block_seconds) + 1)
        parts: dict[str, tuple[Note, ...]] = {}
        for kind in ("verse", "chorus", "bridge"):
            parts[f"chords/{kind}"] = self._pad(kind)
            parts[f"bass/{kind}"] = self._bass(kind)
            parts[f"arpeggio/{kind}"] = self._arpeggio(kind)
            parts[f"lead/{kind}/0"] = self._melody(kind, answer=False)
            parts[f"lead/{kind}/1"] = self._melody(kind, answer=True)
        calm, full = chance.choice(style.calm), chance.choice(style.full)
        return Score(
            beats_per_minute=tempo,
            beats_per_bar=style.beats_per_bar,
            duck=style.duck,
            instruments=self._instruments(),
            parts=parts,
            drums={
                "drums/calm": self._drums(calm, fill=False),
                "drums/full": self._drums(full, fill=False),
                "drums/calm-fill": self._drums(calm, fill=True),
                "drums/full-fill": self._drums(full, fill=True),
            },
            blocks=self._form(count),
        )

    def _instruments(self) -> dict[str, str]:
        pick, style = self._chance.choice, self._style
        leads = list(style.lead)
        self._chance.shuffle(leads)
        chosen = {
            "chords": pick(style.chords),
            "bass": pick(style.bass),
            "arpeggio": pick(style.arpeggio),
        }
        by_kind = {"verse": leads[0], "chorus": leads[-1], "bridge": leads[1 % len(leads)]}
        return chosen | {f"lead/{kind}": voice for kind, voice in by_kind.items()}

    def _pitch(self, degree: int, octave: int = 0) -> int:
        octaves, step = divmod(degree, len(self._scale))
        return self._root + self._scale[step] + 12 * (octaves + octave)

    def _chord(self, degree: int) -> list[int]:
        return [degree + 2 * index for index in range(self._chord_size)]

    @property
    def _bar_steps(self) -> int:
        return self._style.beats_per_bar * _STEPS_PER_BEAT

    def _time(self, bar: int, step: float) -> float:
        """Beats from the start of the block, with swing on the off-beat eighths."""
        late = self._style.swing * 0.5 * (2 / 3) if step % 4 >= 2 else 0.0  # noqa: PLR2004
        return bar * self._style.beats_per_bar + step / _STEPS_PER_BEAT + late

    def _pad(self, kind: str) -> tuple[Note, ...]:
        notes, beats = [], float(self._style.beats_per_bar)
        for bar, degree in enumerate(self._chords[kind]):
            for tone in self._chord(degree):
                pitch = self._pitch(tone, 1)
                while pitch > self._root + 19:  # stay in one register: smoother voice leading
                    pitch -= 12
                notes.append(Note(self._time(bar, 0), beats, pitch, 0.8))
        return tuple(notes)

    def _bass(self, kind: str) -> tuple[Note, ...]:
        rhythm = self._chance.choice(self._style.bass_rhythm)
        walking = rhythm == "x...x...x...x..." and self._style.swing > 0
        notes = []
        for bar, degree in enumerate(self._chords[kind]):
            steps = [step for step, mark in enumerate(rhythm) if mark != "."]
            for index, step in enumerate(steps):
                following = steps[index + 1] if index + 1 < len(steps) else len(rhythm)
                tone = degree + (0, 2, 4, 5)[index % 4] if walking else degree
                if not walking and index == len(steps) - 1 and self._chance.random() < 0.35:  # noqa: PLR2004
                    tone += 4
                length = min(following - step, 8) / _STEPS_PER_BEAT * 0.9
                pitch = self._pitch(tone) - 12
                velocity = _LOUD if rhythm[step] == "x" else 0.7
                notes.append(
                    Note(self._time(bar, step), length, pitch - 12 * (pitch > 50), velocity)  # noqa: PLR2004
                )
        return tuple(notes)

    def _arpeggio(self, kind: str) -> tuple[Note, ...]:
        every = 2 if self._style.density > 0.3 else 4  # noqa: PLR2004
        notes = []
        for bar, degree in enumerate(self._chords[kind]):
            chord = self._chord(degree)
            for index, step in enumerate(range(0, self._bar_steps, every)):
                tone = chord[self._arp_order[index % 4] % len(chord)]
                velocity = 0.8 if index % 4 == 0 else 0.55
                notes.append(
                    Note(self._time(bar, step), every / 4 * 0.9, self._pitch(tone, 1), velocity)
                )
        return tuple(notes)

    def _rhythm(self) -> list[int]:
        """Steps of one bar that carry a note of the motif; the first beat always does."""
        every, density = 2, self._style.density
        steps = [0]
        for step in range(every, self._bar_steps, every):
            strong = step % _STEPS_PER_BEAT == 0
            if self._chance.random() < density * (1.25 if strong else 0.8):
                steps.append(step)
        return steps if len(steps) > 1 else [0, self._bar_steps // 2]

    def _melody(self, kind: str, *, answer: bool) -> tuple[Note, ...]:
        """Motif, motif moved, variation, cadence: a question stays open, an answer comes home."""
        lift = {"verse": 0, "chorus": 3, "bridge": 1}[kind]
        varied = self._rhythm()
        notes: list[Note] = []
        for bar, degree in enumerate(self._chords[kind]):
            last = bar == BARS_PER_BLOCK - 1
            steps = varied if bar == BARS_PER_BLOCK - 2 else self._motif_rhythm
            if last:
                steps = steps[: max(1, len(steps) // 2)]
            tone = self._nearest(self._chord(degree), lift + (2 if bar % 2 else 0))
            for index, step in enumerate(steps):
                if index and step % _STEPS_PER_BEAT == 0:
                    tone = self._nearest(self._chord(degree), tone + self._motif_steps[index])
                elif index:
                    tone += self._motif_steps[index]
                tone = min(max(tone, lift - 2), lift + 8)
                following = steps[index + 1] if index + 1 < len(steps) else self._bar_steps
                if last and index == len(steps) - 1:
                    tone = self._nearest(self._chord(degree), 0 if answer else 4 + lift)
                    following = self._bar_steps
                beats = (following - step) / _STEPS_PER_BEAT * 0.92
                velocity = 0.95 if step == 0 else 0.8
                notes.append(Note(self._time(bar, step), beats, self._pitch(tone, 1), velocity))
        return tuple(notes)

    def _nearest(self, chord: list[int], tone: int) -> int:
        size = len(self._scale)
        candidates = [member + shift for member in chord for shift in (-size, 0, size)]
        return min(candidates, key=lambda candidate: (abs(candidate - tone), candidate))

    def _drums(self, groove: Groove, *, fill: bool) -> tuple[Hit, ...]:
        hits = []
        for bar in range(BARS_PER_BLOCK):
            ending = fill and bar == BARS_PER_BLOCK - 1
            for drum in _DRUMS:
                for step, mark in enumerate(getattr(groove, drum)):
                    if mark == "." or (ending and step >= self._bar_steps // 2):
                        continue
                    loud = _LOUD if mark == "x" else _SOFT
                    loud *= self._chance.uniform(0.88, 1.0)
                    hits.append(Hit(self._time(bar, step), drum, loud))
            if ending and any(getattr(groove, drum) for drum in ("snare", "clap", "kick")):
                for step in range(self._bar_steps // 2, self._bar_steps):
                    if step % 2 == 0 or self._chance.random() < 0.5:  # noqa: PLR2004
                        drum = "tom" if step % 4 else "snare"
                        hits.append(Hit(self._time(bar, step), drum, 0.5 + step / 40))
        return tuple(hits)

    def _form(self, count: int) -> tuple[Block, ...]:
        """Intro, verses and choruses with a bridge late in the song, outro."""
        middle: list[str] = []
        while len(middle) < max(0, count - 2):
            round_ = len(middle) // 8
            last = "bridge" if round_ % 2 else "verse"
            middle += ["verse", "verse", "chorus", "chorus", last, last, "chorus", "chorus"]
        middle = middle[: max(0, count - 2)]
        if middle:
            middle[-1] = "chorus"
        kinds = ["intro", *middle, "outro"][:count] if count > 1 else ["verse"]
        return tuple(self._block(kinds, index) for index in range(len(kinds)))

    def _block(self, kinds: list[str], index: int) -> Block:
        kind = kinds[index]
        turn = 0  # which block of its section this is
        while index - turn > 0 and kinds[index - turn - 1] == kind:
            turn += 1
        ends = index + 1 < len(kinds) and kinds[index + 1] != kind
        fill = "-fill" if ends else ""
        again = kind in kinds[: max(0, index - turn)]
        lead = f"lead/{kind}/{turn % 2}"
        layers: dict[str, tuple[tuple[str, float], ...]] = {
            "intro": (("chords/verse", 0.9), ("arpeggio/verse", 0.8)),
            "verse": (
                ("chords/verse", 0.65),
                ("bass/verse", 0.9),
                (f"drums/calm{fill}", 0.9),
                (lead, 0.9),
                *((("arpeggio/verse", 0.45),) if again else ()),
            ),
            "chorus": (
                ("chords/chorus", 0.9),
                ("bass/chorus", 1.0),
                (f"drums/full{fill}", 1.0),
                ("arpeggio/chorus", 0.6),
                (lead, 1.0),
            ),
            "bridge": (
                ("chords/bridge", 0.9),
                ("arpeggio/bridge", 0.7),
                (lead, 0.8),
                *((("bass/bridge", 0.7), (f"drums/calm{fill}", 0.6)) if turn else ()),
            ),
            "outro": (
                ("chords/verse", 0.8),
                ("arpeggio/verse", 0.6),
                ("bass/verse", 0.6),
                ("lead/verse/1", 0.5),
            ),
        }
        return Block(kind, layers[kind])
