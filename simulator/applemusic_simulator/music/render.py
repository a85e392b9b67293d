"""Performing a score: parts are rendered once, laid side by side, mixed and mastered."""

import numpy as np
from numpy.typing import NDArray

from applemusic_simulator.music.drums import Kit
from applemusic_simulator.music.score import Score, compose
from applemusic_simulator.music.voices import SAMPLE_RATE, VOICES, Samples, play

_TAIL = int(1.8 * SAMPLE_RATE)
_LEVEL = {"chords": 0.20, "bass": 0.36, "arpeggio": 0.24, "lead": 0.34, "drums": 0.80}
_ECHO = {"chords": 0.0, "bass": 0.0, "arpeggio": 0.32, "lead": 0.24, "drums": 0.0}
_REVERB = {"chords": 0.25, "bass": 0.0, "arpeggio": 0.28, "lead": 0.24, "drums": 0.05}
_COMBS = ((1557, 1617), (1491, 1422), (1277, 1356), (1116, 1188))
_TARGET_RMS = 0.16
_CEILING = 0.94
_CHUNK = 1 << 16


def perform(seed: int, genre: str, samples: int) -> NDArray[np.int16]:
    """Return a song's audio.

    Args:
        seed: The song's seed; equal arguments give equal audio.
        genre: Genre name as the catalogue words it.
        samples: Frames wanted, at 44.1 kHz.

    Returns:
        Interleaved stereo, shape (samples, 2), peak below full scale, no DC, faded at both ends.

    An album mixed without gaps is one long performance cut into its songs: whoever adds it calls
    `perform` once with the sum of the lengths and slices the result.
    """
    score = compose(seed, genre, samples / SAMPLE_RATE)
    return master(mix(score, seed, samples), score.block_seconds)


def mix(score: Score, seed: int, samples: int) -> Samples:
    """Play every block of a score at its place; the result is frames x 2, not yet limited.

    Part after part, so that only one of them is in memory beside the mix.
    """
    block = score.block_seconds * SAMPLE_RATE
    places: dict[str, list[tuple[int, float]]] = {}
    for index, playing in enumerate(score.blocks):
        for name, gain in playing.parts:
            places.setdefault(name, []).append((round(index * block), gain))
    band = _Band(score, seed)
    total = np.zeros((samples, 2), np.float32)
    for name, uses in places.items():
        stem = band.stem(name)
        for start, gain in uses:
            end = min(samples, start + len(stem))
            if end > start:
                total[start:end] += stem[: end - start] * np.float32(gain)
    return total


def master(audio: Samples, ending_seconds: float) -> NDArray[np.int16]:
    """Remove DC, bring to a common loudness, limit softly, fade, and round to 16 bits."""
    samples = len(audio)
    for side in (0, 1):
        audio[:, side] -= np.float32(audio[:, side].mean(dtype=np.float64))
    sample = audio[::7].ravel()
    rms = float(np.sqrt(np.vdot(sample, sample) / sample.size)) or 1.0
    drive = np.float32(_TARGET_RMS / rms / _CEILING)
    fade_in = min(samples // 4, int(0.02 * SAMPLE_RATE))
    fade_out = min(samples // 3, int(min(ending_seconds, 7.0) * SAMPLE_RATE))
    result = np.empty((samples, 2), np.int16)
    for start in range(0, samples, _CHUNK):
        piece = np.tanh(audio[start : start + _CHUNK] * drive) * np.float32(_CEILING * 32767)
        audio[start : start + _CHUNK] = piece
    if fade_in:
        audio[:fade_in] *= np.linspace(0, 1, fade_in, dtype=np.float32)[:, None]
    if fade_out:
        audio[-fade_out:] *= (np.linspace(1, 0, fade_out, dtype=np.float32) ** 1.5)[:, None]
    for start in range(0, samples, _CHUNK):
        result[start : start + _CHUNK] = np.rint(audio[start : start + _CHUNK])
    return result


class _Band:
    """Plays the parts of one score; within a part each distinct note is rendered once."""

    def __init__(self, score: Score, seed: int) -> None:
        self._score = score
        self._kit = Kit(seed)
        self._beat = 60.0 / score.beats_per_minute * SAMPLE_RATE
        self._length = round(score.block_seconds * SAMPLE_RATE) + _TAIL

    def stem(self, name: str) -> Samples:
        """Return four bars of a part, with its tail."""
        role = name.split("/", maxsplit=1)[0]
        stem = self._strokes(name) if role == "drums" else self._melodic(name, role)
        return self._room(stem, role)

    def _strokes(self, name: str) -> Samples:
        stem = np.zeros((self._length, 2), np.float32)
        for hit in self._score.drums[name]:
            sound = self._kit.sound(hit.drum)
            self._add(stem, sound * np.float32(hit.velocity), hit.start)
        return stem * np.float32(_LEVEL["drums"])

    def _melodic(self, name: str, role: str) -> Samples:
        instruments = self._score.instruments
        instrument = instruments.get(name.rpartition("/")[0]) or instruments[role]
        stem = np.zeros((self._length, 2), np.float32)
        sounds: dict[tuple[int, int], Samples] = {}
        for note in self._score.parts[name]:
            held = max(1, int(note.beats * self._beat))
            key = (note.pitch, held)
            if key not in sounds:
                sounds[key] = play(VOICES[instrument], note.pitch, held)
            self._add(stem, sounds[key] * np.float32(note.velocity), note.start)
        if role == "chords" and self._score.duck:
            stem *= self._ducking()[:, None]
        return stem * np.float32(_LEVEL[role])

    def _add(self, stem: Samples, sound: Samples, beat: float) -> None:
        start = round(beat * self._beat)
        end = min(len(stem), start + len(sound))
        stem[start:end] += sound[: end - start]

    def _ducking(self) -> Samples:
        """Gain that drops on each beat and comes back before the next."""
        place = (np.arange(self._length, dtype=np.float64) / self._beat) % 1.0
        curve: Samples = (0.35 + 0.65 * np.minimum(place / 0.6, 1.0) ** 1.3).astype(np.float32)
        return curve

    def _room(self, stem: Samples, role: str) -> Samples:
        if _ECHO[role]:
            stem = self._echo(stem, _ECHO[role])
        if _REVERB[role]:
            stem = _reverb(stem, _REVERB[role])
        fade = _TAIL // 3
        stem[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)[:, None]
        return stem

    def _echo(self, stem: Samples, strength: float) -> Samples:
        """Three repeats a dotted eighth apart, from side to side."""
        step = round(0.75 * self._beat)
        wet = stem.copy()
        for repeat in range(1, 4):
            late = step * repeat
            if late >= len(stem):
                break
            near = strength**repeat
            sides = np.array((near, near * 0.5) if repeat % 2 else (near * 0.5, near), np.float32)
            wet[late:] += stem[:-late] * sides
        return wet


def _reverb(stem: Samples, strength: float) -> Samples:
    """Four parallel combs per side, each computed a whole delay at a time."""
    send = (stem[:, 0] + stem[:, 1]) * np.float32(0.5)
    wet = np.zeros_like(stem)
    for delays in _COMBS:
        for side, delay in enumerate(delays):
            wet[:, side] += _comb(send, delay, 10 ** (-3 * delay / SAMPLE_RATE / 1.3))
    return stem + wet * np.float32(strength)


def _comb(send: Samples, delay: int, feedback: float) -> Samples:
    rows = -(-len(send) // delay)
    grid = np.zeros((rows, delay), np.float32)
    grid.reshape(-1)[: len(send)] = send
    ring = np.zeros_like(grid)
    gain = np.float32(feedback)
    for row in range(1, rows):
        np.multiply(ring[row - 1] + grid[row - 1], gain, out=ring[row])
    return ring.reshape(-1)[: len(send)]
