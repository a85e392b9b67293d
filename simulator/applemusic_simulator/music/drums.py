"""Drum sounds made of sines and noise."""

import numpy as np

from applemusic_simulator.music.voices import SAMPLE_RATE, Samples


class Kit:
    """The drums of one song; each is made once and struck many times.

    Args:
        seed: Chooses the noise and shifts the tuning a little, so that kits differ.
    """

    def __init__(self, seed: int) -> None:
        self._noise = np.random.default_rng(seed)
        self._tuning = float(self._noise.uniform(0.9, 1.12))
        self._sounds: dict[str, Samples] = {}

    def sound(self, drum: str) -> Samples:
        """Return one stroke of a drum as frames x 2.

        Raises:
            KeyError: There is no such drum.
        """
        if drum not in self._sounds:
            maker = {
                "kick": self._kick,
                "snare": self._snare,
                "hat": self._hat,
                "shaker": self._shaker,
                "clap": self._clap,
                "ride": self._ride,
                "tom": self._tom,
            }[drum]
            self._sounds[drum] = maker()
        return self._sounds[drum]

    def _times(self, seconds: float) -> Samples:
        count = int(seconds * SAMPLE_RATE)
        return np.arange(count, dtype=np.float32) / np.float32(SAMPLE_RATE)

    def _sweep(self, times: Samples, start: float, end: float, speed: float) -> Samples:
        """A sine that falls from one frequency to another."""
        cycles = end * times + (start - end) / speed * (1 - np.exp(-speed * times))
        wave: Samples = np.sin(2 * np.pi * self._tuning * cycles).astype(np.float32)
        return wave

    def _hiss(self, times: Samples, bright: int) -> Samples:
        """Noise, each difference taken tilting it 6 dB per octave towards the top."""
        noise: Samples = self._noise.standard_normal(len(times) + bright, dtype=np.float32)
        for _ in range(bright):
            noise = (noise[1:] - noise[:-1]) * np.float32(0.7)
        return noise

    def _place(self, mono: Samples, pan: float) -> Samples:
        mono = mono.copy()
        mono[-200:] *= np.linspace(1, 0, 200, dtype=np.float32)
        return np.stack((mono * (1 - max(pan, 0)), mono * (1 + min(pan, 0))), axis=1)

    def _kick(self) -> Samples:
        times = self._times(0.35)
        body = self._sweep(times, 160, 48, 28) * np.exp(-times * 9)
        click = self._hiss(times, 1) * np.exp(-times * 400) * 0.15
        return self._place(body * 0.95 + click, 0.0)

    def _snare(self) -> Samples:
        times = self._times(0.28)
        skin = self._sweep(times, 240, 180, 30) * np.exp(-times * 22) * 0.5
        wires = self._hiss(times, 1) * np.exp(-times * 17) * 0.28
        return self._place(skin + wires, 0.08)

    def _hat(self) -> Samples:
        times = self._times(0.09)
        return self._place(self._hiss(times, 3) * np.exp(-times * 55) * 0.16, 0.35)

    def _shaker(self) -> Samples:
        times = self._times(0.11)
        swell = np.minimum(times * 60, 1) * np.exp(-times * 32)
        return self._place(self._hiss(times, 2) * swell * 0.13, -0.4)

    def _clap(self) -> Samples:
        times = self._times(0.25)
        shape = np.exp(-times * 20) * 0.5
        for delay in (0.0, 0.011, 0.023):
            shape += np.where(times >= delay, np.exp(-np.abs(times - delay) * 160), 0)
        return self._place(self._hiss(times, 1) * shape.astype(np.float32) * 0.17, -0.1)

    def _ride(self) -> Samples:
        times = self._times(0.7)
        ring = sum(np.sin(2 * np.pi * f * self._tuning * times) for f in (3117, 4290, 5640, 7411))
        wash = self._hiss(times, 2) * 0.35
        shape = np.exp(-times * 7)
        return self._place(((ring * 0.06 + wash * 0.16) * shape).astype(np.float32), -0.3)

    def _tom(self) -> Samples:
        times = self._times(0.35)
        return self._place(self._sweep(times, 190, 95, 14) * np.exp(-times * 10) * 0.6, 0.25)
