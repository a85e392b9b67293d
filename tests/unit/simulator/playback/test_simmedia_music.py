"""The music is music: audible, different, repeatable, within bounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from applemusic_simulator.music.drums import Kit
from applemusic_simulator.music.render import perform
from applemusic_simulator.music.score import compose
from applemusic_simulator.music.style import POP
from applemusic_simulator.music.voices import SAMPLE_RATE, VOICES, play

GENRES = ("Pop", "Electronic", "Rock", "Hip-Hop/Rap", "Jazz", "Ambient", "Classical", "Folk")
SECONDS = 12


@pytest.fixture(scope="module", params=GENRES)
def audio(request: pytest.FixtureRequest) -> NDArray[np.float64]:
    return perform(11, request.param, SECONDS * SAMPLE_RATE).astype(np.float64) / 32768


def test_level_is_that_of_music(audio: NDArray[np.float64]) -> None:
    assert audio.shape == (SECONDS * SAMPLE_RATE, 2)
    peak, rms = np.abs(audio).max(), np.sqrt(np.mean(audio**2))
    assert 0.3 < peak < 0.97
    assert 0.08 < rms < 0.25
    assert np.abs(audio.mean(axis=0)).max() < 0.002


def test_no_second_in_the_middle_is_silent(audio: NDArray[np.float64]) -> None:
    middle = audio[SAMPLE_RATE : (SECONDS - 4) * SAMPLE_RATE]
    by_second = np.sqrt(np.mean(middle.reshape(-1, SAMPLE_RATE, 2) ** 2, axis=(1, 2)))
    assert by_second.min() > 0.01


def test_it_begins_and_ends_in_silence(audio: NDArray[np.float64]) -> None:
    assert np.abs(audio[:10]).max() < 0.01
    assert np.abs(audio[-10:]).max() < 0.001


def test_both_sides_are_alike_but_not_equal(audio: NDArray[np.float64]) -> None:
    assert np.abs(audio[:, 0] - audio[:, 1]).max() > 0.005
    assert np.corrcoef(audio[:, 0], audio[:, 1])[0, 1] > 0.3


def test_it_is_tonal_and_not_noise(audio: NDArray[np.float64]) -> None:
    piece = audio[3 * SAMPLE_RATE : 7 * SAMPLE_RATE].mean(axis=1)
    power = np.abs(np.fft.rfft(piece * np.hanning(len(piece)))) ** 2
    flatness = np.exp(np.mean(np.log(power + 1e-12))) / np.mean(power)
    assert flatness < 0.05  # white noise has 0.56


def test_equal_seeds_give_equal_music_and_others_do_not() -> None:
    one, again, other = (perform(seed, "Pop", 3 * SAMPLE_RATE) for seed in (1, 1, 2))
    assert np.array_equal(one, again)
    assert abs(np.corrcoef(one[:, 0], other[:, 0])[0, 1]) < 0.3


def test_songs_of_one_genre_differ_in_tempo_key_and_tune() -> None:
    scores = [compose(seed, "Pop", 200) for seed in range(12)]
    assert len({round(score.beats_per_minute) for score in scores}) > 6
    assert len({min(note.pitch for note in score.parts["chords/verse"]) for score in scores}) > 4
    assert len({score.parts["lead/chorus/0"] for score in scores}) == 12


def test_a_song_has_an_intro_verses_choruses_a_bridge_and_an_outro() -> None:
    kinds = [block.kind for block in compose(4, "Rock", 220).blocks]
    assert kinds[0] == "intro"
    assert kinds[-1] == "outro"
    assert {"verse", "chorus", "bridge"} <= set(kinds)


def test_the_form_fills_the_time() -> None:
    for seed in range(20):
        score = compose(seed, "Folk", 180)
        assert 170 < score.block_seconds * len(score.blocks) < 180 + score.block_seconds


def test_the_melody_comes_back_to_its_motif() -> None:
    notes = compose(8, "Pop", 200).parts["lead/verse/0"]
    bars = [[n.start % 4 for n in notes if n.start // 4 == bar] for bar in (0, 1)]
    assert bars[0] == bars[1]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**64), st.sampled_from((*GENRES, "", "Zydeco")), st.floats(0.5, 900))
def test_any_seed_makes_a_playable_score(seed: int, genre: str, seconds: float) -> None:
    score = compose(seed, genre, seconds)
    assert score.blocks
    for block in score.blocks:
        for name, _ in block.parts:
            assert name in score.parts or name in score.drums
    for name, notes in score.parts.items():
        low, high = (23, 51) if name.startswith("bass") else (40, 100)
        assert all(low <= note.pitch <= high for note in notes), name
        assert all(note.beats > 0 for note in notes)


@pytest.mark.parametrize("samples", [1, 100, 5000, SAMPLE_RATE])
def test_very_short_pieces_come_out_in_length(samples: int) -> None:
    assert perform(1, "Pop", samples).shape == (samples, 2)


@pytest.mark.parametrize("name", sorted(VOICES))
def test_every_voice_sounds_at_its_pitch_and_then_stops(name: str) -> None:
    note = play(VOICES[name], 69, SAMPLE_RATE // 2)
    assert np.isfinite(note).all()
    assert np.abs(note).max() > 0.1
    assert np.abs(note[-1]).max() < 0.01
    spectrum = np.abs(np.fft.rfft(note[:16384, 0] * np.hanning(16384)))
    peak = np.argmax(spectrum) * SAMPLE_RATE / 16384
    nearest = round(peak / 440)
    bells = name == "bell"  # inharmonic on purpose
    assert bells or abs(peak - 440 * nearest) < 15


def test_every_drum_of_a_groove_can_be_struck() -> None:
    kit = Kit(1)
    for drum in (*POP.full[0].__slots__, "tom"):
        sound = kit.sound(drum)
        assert 0.05 < np.abs(sound).max() < 1.5
        assert np.abs(sound[-1]).max() < 0.001
