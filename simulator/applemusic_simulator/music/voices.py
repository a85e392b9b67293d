"""Synthesizer voices: one note of one instrument as samples."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE = 44_100
"""Frames per second of everything the simulator plays."""

Samples = NDArray[np.float32]
"""Mono samples, or frames x 2 where a docstring says so; nominal range -1 to 1."""

_TABLE = 8192
_HIGHEST_HARMONIC_HZ = 15_000.0


@dataclass(frozen=True, slots=True)
class Voice:
    """How one instrument makes a tone.

    Attributes:
        harmonics: Strengths of the harmonics, the fundamental first.
        attack: Seconds until full strength.
        release: Seconds until silence after the key is let go.
        decay: Seconds for a held note to fall to 37 %; 0 holds it.
        damping: How much sooner high harmonics die than low ones; 0 is together.
        vibrato: Depth in cents, reached after a moment.
        modulation: Frequency-modulation index; 0 plays `harmonics`, else a carrier is modulated.
        ratio: Modulator over carrier frequency.
        spread: Cents by which the left and right copies are detuned; 0 is one copy for both.
        gain: Makes instruments equally loud.
    """

    harmonics: tuple[float, ...] = (1.0,)
    attack: float = 0.005
    release: float = 0.1
    decay: float = 0.0
    damping: float = 0.0
    vibrato: float = 0.0
    modulation: float = 0.0
    ratio: float = 1.0
    spread: float = 0.0
    gain: float = 1.0


def _saw(count: int, roll: float) -> tuple[float, ...]:
    return tuple(n**-roll for n in range(1, count + 1))


def _hollow(count: int, roll: float) -> tuple[float, ...]:
    return tuple(n**-roll if n % 2 else 0.0 for n in range(1, count + 1))


VOICES: dict[str, Voice] = {
    "warm": Voice(_saw(12, 1.7), attack=0.25, release=0.7, spread=9, gain=0.5),
    "saw_pad": Voice(_saw(24, 1.15), attack=0.06, release=0.4, spread=14, gain=0.36),
    "strings": Voice(_saw(18, 1.35), attack=0.3, release=0.6, vibrato=9, spread=7, gain=0.42),
    "organ": Voice((1, 0.7, 0.35, 0.5, 0, 0.25, 0, 0.3), 0.01, 0.12, vibrato=5, spread=3, gain=0.4),
    "keys": Voice(attack=0.003, release=0.3, decay=1.3, modulation=1.7, spread=3, gain=0.75),
    "bell": Voice(attack=0.002, release=1.0, decay=0.9, modulation=2.6, ratio=3.5, gain=0.55),
    "piano": Voice(_saw(16, 1.25), 0.002, 0.25, decay=1.1, damping=1.3, spread=2, gain=0.8),
    "pluck": Voice(_saw(14, 1.0), 0.002, 0.15, decay=0.28, damping=1.8, gain=0.75),
    "string": Voice(_saw(20, 0.9), 0.001, 0.25, decay=0.6, damping=2.2, spread=3, gain=0.7),
    "square": Voice(_hollow(13, 1.2), 0.012, 0.12, vibrato=10, spread=5, gain=0.5),
    "saw_lead": Voice(_saw(18, 1.1), 0.015, 0.15, vibrato=12, spread=11, gain=0.42),
    "flute": Voice((1, 0.35, 0.12, 0.06), 0.06, 0.14, vibrato=16, gain=0.7),
    "clarinet": Voice(_hollow(9, 1.0), 0.03, 0.12, vibrato=8, gain=0.55),
    "round": Voice((1, 0.55, 0.25, 0.1, 0.04), 0.006, 0.08, decay=1.6, damping=0.8, gain=0.95),
    "saw_bass": Voice(_saw(12, 1.2), 0.004, 0.06, decay=0.7, damping=1.2, gain=0.85),
    "sub": Voice((1, 0.18, 0.05), 0.01, 0.15, decay=2.5, gain=1.0),
    "upright": Voice((1, 0.6, 0.35, 0.2, 0.1), 0.004, 0.12, decay=0.7, damping=1.4, gain=0.95),
}
"""Every instrument by the name a `Style` uses."""


def play(voice: Voice, pitch: int, held: int) -> Samples:
    """Return one note as frames x 2.

    Args:
        voice: The instrument.
        pitch: MIDI note number; 69 is 440 Hz.
        held: Samples until the key is let go; the sound goes on for the voice's release.
    """
    count = held + int(voice.release * SAMPLE_RATE)
    envelope = _envelope(voice, held, count)
    if not voice.spread:
        mono = _tone(voice, pitch, count) * envelope
        return np.stack((mono, mono), axis=1)
    half = voice.spread / 200.0
    left = _tone(voice, pitch - half, count) * envelope
    right = _tone(voice, pitch + half, count) * envelope
    return np.stack((left + 0.3 * right, right + 0.3 * left), axis=1) * np.float32(0.8)


def _envelope(voice: Voice, held: int, count: int) -> Samples:
    times = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    shape = np.full(count, voice.gain, np.float32)
    if voice.decay and not voice.damping:
        shape *= np.exp(-times / np.float32(voice.decay))
    rise = min(held, max(1, int(voice.attack * SAMPLE_RATE)))
    shape[:rise] *= np.sin(np.linspace(0, np.pi / 2, rise, dtype=np.float32))
    fall = count - held
    shape[held:] *= (np.linspace(1, 0, fall, dtype=np.float32)) ** 2
    return shape


def _tone(voice: Voice, pitch: float, count: int) -> Samples:
    frequency = 440.0 * 2.0 ** ((pitch - 69) / 12)
    turns = np.arange(count, dtype=np.float64) * (frequency / SAMPLE_RATE)
    if voice.vibrato:
        times = np.arange(count, dtype=np.float32) / SAMPLE_RATE
        depth = frequency * voice.vibrato / 1731.0 / (2 * np.pi * 5.2)
        swell = np.minimum(times * 2.5, 1.0)
        turns += depth * swell * np.sin(np.float32(2 * np.pi * 5.2) * times)
    if voice.modulation:
        return _modulated(voice, turns)
    return _additive(voice, frequency, turns)


def _modulated(voice: Voice, turns: NDArray[np.float64]) -> Samples:
    count = len(turns)
    times = np.arange(count, dtype=np.float32) / SAMPLE_RATE
    index = np.float32(voice.modulation) * np.exp(-times * np.float32(3.0))
    full = np.float32(2 * np.pi)
    modulator = np.sin(full * ((turns * voice.ratio) % 1.0).astype(np.float32))
    carrier: Samples = np.sin(full * (turns % 1.0).astype(np.float32) + index * modulator)
    return carrier


def _additive(voice: Voice, frequency: float, turns: NDArray[np.float64]) -> Samples:
    """Look a single cycle up; with damping, three bands of harmonics with decays of their own."""
    allowed = max(1, int(_HIGHEST_HARMONIC_HZ / frequency))
    strengths = voice.harmonics[:allowed]
    places = (turns * _TABLE).astype(np.int32) & (_TABLE - 1)
    if not voice.damping:
        return np.take(_cycle(strengths, 0, len(strengths)), places)
    times = np.arange(len(turns), dtype=np.float32) / SAMPLE_RATE
    tone = np.zeros(len(turns), np.float32)
    for low, high, order in ((0, 2, 0.0), (2, 6, 1.0), (6, len(strengths), 2.2)):
        if low >= len(strengths):
            break
        rate = np.float32((1 + voice.damping * order) / voice.decay)
        tone += np.take(_cycle(strengths, low, high), places) * np.exp(-times * rate)
    return tone


def _cycle(strengths: tuple[float, ...], low: int, high: int) -> Samples:
    """One cycle of harmonics `low` to `high` of a wave with these strengths."""
    phases = np.arange(_TABLE) * (2 * np.pi / _TABLE)
    cycle = np.zeros(_TABLE)
    for number, strength in enumerate(strengths, start=1):
        if low < number <= high and strength:
            cycle += strength * np.sin(number * phases)
    power = sum(strength * strength for strength in strengths) ** 0.5
    scaled: Samples = (cycle / power).astype(np.float32)
    return scaled
