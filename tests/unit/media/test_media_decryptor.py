"""The decryptor against clear originals, an independent packager and FFmpeg."""

import itertools
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.errors import AbortedError, DataLossError, Reason
from applemusic_server.media.adts import AdtsWriter, adts_size
from applemusic_server.media.decryptor import Decryptor
from applemusic_server.media.fragment import parse_fragment
from applemusic_server.media.movie import Movie, MovieBox, parse_movie
from tests.support.cenc import (
    KEY,
    KEY_ID,
    WRONG_KEY,
    Packaged,
    Packaging,
    encode_song,
    package,
    packets,
    remux_to_adts,
    top_boxes,
)

CONTENT_KEY = ContentKey(KEY_ID, KEY)
VARIANTS = {
    "whole-8": Packaging(),
    "whole-16": Packaging(iv_size=16),
    "subsamples-8": Packaging(subsamples=True),
    "subsamples-16": Packaging(iv_size=16, subsamples=True),
    "senc-only": Packaging(auxiliary=False),
    "sidx-pssh": Packaging(sidx=True, pssh=True),
    "absolute": Packaging(absolute=True),
    "counter-wraps": Packaging(iv_size=16, wrap_counter=True),
    "saio-free": Packaging(records="free"),
    "saio-free-16": Packaging(records="free", iv_size=16, typed=True),
    "saio-free-subsamples": Packaging(records="free", subsamples=True, absolute=True),
    "saio-beside": Packaging(records="beside", wide=True, pssh=True),
    "saio-mdat": Packaging(records="mdat"),
    "saio-mdat-subsamples-16": Packaging(records="mdat", iv_size=16, subsamples=True, typed=True),
    "saio-mdat-absolute": Packaging(records="mdat", absolute=True),
    "runs": Packaging(runs=3),
    "runs-saio": Packaging(runs=3, records="free", place_per_run=True),
    "runs-saio-mdat": Packaging(runs=4, records="mdat", place_per_run=True, wide=True),
    "saio-mdat-counter-wraps": Packaging(records="mdat", iv_size=16, wrap_counter=True),
    "counter-wraps-subsamples": Packaging(iv_size=16, wrap_counter=True, subsamples=True),
}


def run(decryptor: Decryptor, data: bytes, step: int = 1 << 16) -> bytes:
    out = [decryptor.feed(data[at : at + step]) for at in range(0, len(data), step)]
    return b"".join([*out, decryptor.close()])


def movie_of(data: bytes) -> Movie:
    return parse_movie(moov_of(data))[0]


def moov_of(data: bytes) -> bytes:
    start, end = next((at, stop) for kind, at, stop in top_boxes(data) if kind == b"moov")
    return data[start:end]


@pytest.mark.parametrize("how", VARIANTS.values(), ids=VARIANTS.keys())
def test_every_packaging_gives_the_clear_file(
    packaged: Callable[[Packaging], Packaged], clear_song: bytes, how: Packaging
) -> None:
    file = packaged(how)
    clean = run(Decryptor(CONTENT_KEY), file.data)
    assert clean == file.clean
    assert packets(clean) == packets(clear_song)
    assert run(Decryptor(CONTENT_KEY, AdtsWriter()), file.data) == remux_to_adts(clear_song)


def test_a_file_encrypted_by_ffmpeg(clear_song: bytes) -> None:
    secret = encode_song(encryption=True)
    clean = run(Decryptor(CONTENT_KEY), secret)
    assert len(clean) == len(secret)
    assert packets(clean) == packets(clear_song)
    assert packets(secret) != packets(clear_song)


def test_mono_and_another_rate() -> None:
    clear = encode_song(2.0, rate=48000, layout="mono", fragment_seconds=1.0)
    secret = package(clear).data
    assert run(Decryptor(CONTENT_KEY, AdtsWriter()), secret) == remux_to_adts(clear)


@pytest.mark.parametrize("step", [1, 7, 999, 1 << 16, 1 << 24])
@pytest.mark.parametrize("adts", [False, True])
def test_the_size_of_the_pieces_does_not_matter(
    short_song: Packaged, step: int, *, adts: bool
) -> None:
    whole = run(Decryptor(CONTENT_KEY, AdtsWriter() if adts else None), short_song.data)
    assert run(Decryptor(CONTENT_KEY, AdtsWriter() if adts else None), short_song.data, step) == (
        whole
    )


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cuts=st.lists(st.integers(0, 1 << 20), max_size=40))
def test_any_split_gives_the_same(short_song: Packaged, cuts: list[int]) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    places = sorted({0, len(short_song.data), *(cut % len(short_song.data) for cut in cuts)})
    out = b"".join(
        decryptor.feed(memoryview(short_song.data)[a:b]) for a, b in itertools.pairwise(places)
    )
    assert out + decryptor.close() == short_song.clean


def test_output_comes_as_early_as_it_can(song: Packaged) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    first = song.fragments[0][0]
    assert len(decryptor.feed(song.data[:first])) == first  # all of the init, at once
    movie = decryptor.movie
    assert movie is not None
    fed = got = first
    seen_samples = 0
    while seen_samples == 0:
        got += len(decryptor.feed(song.data[fed : fed + 64]))
        fed += 64
        seen_samples = decryptor.samples_out
    assert seen_samples == 16  # held back until 16 frames have proven the key, no longer
    while fed < song.fragments[0][1]:
        got += len(decryptor.feed(song.data[fed : fed + 64]))
        fed += 64
        assert fed - got < 2048  # at most one sample is waiting


def test_facts(song: Packaged, clear_song: bytes) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    unknown = decryptor.movie
    assert unknown is None
    assert decryptor.media_seconds == 0
    run(decryptor, song.data)
    movie = decryptor.movie
    assert movie is not None
    assert movie.audio.codec == "mp4a.40.2"
    assert (movie.audio.sample_rate, movie.audio.channels) == (44100, 2)
    assert (movie.timescale, movie.priming) == (44100, 1024)
    assert movie.protection is not None
    assert (movie.protection.key_id, movie.protection.iv_size) == (KEY_ID, 8)
    assert decryptor.samples_out == len(packets(clear_song))
    # The last frame is as long as its audio: 12 s and the priming.
    assert decryptor.media_seconds * 44100 == pytest.approx(12 * 44100 + 1024, abs=1024)


def test_start_at_any_fragment(song: Packaged) -> None:
    movie = movie_of(song.data)
    for start, _ in song.fragments:
        decryptor = Decryptor(CONTENT_KEY, movie=movie, position=start)
        assert run(decryptor, song.data[start:]) == song.clean[start:]


@pytest.mark.parametrize("absolute", [False, True])
def test_jump_after_the_init_segment(
    packaged: Callable[[Packaging], Packaged], *, absolute: bool
) -> None:
    file = packaged(Packaging(absolute=absolute))
    start = file.fragments[2][0]
    decryptor = Decryptor(CONTENT_KEY)
    head = decryptor.feed(file.data[: file.init_end])
    decryptor.jump(start)
    assert head + run(decryptor, file.data[start:]) == (
        file.clean[: file.init_end] + file.clean[start:]
    )


def test_no_jump_inside_a_box(song: Packaged) -> None:
    decryptor = Decryptor(CONTENT_KEY)
    decryptor.feed(song.data[: song.fragments[0][0] + 20])
    with pytest.raises(ValueError, match="jump"):
        decryptor.jump(song.fragments[1][0])


def test_adts_begins_at_the_exact_frame(song: Packaged) -> None:
    movie = movie_of(song.data)
    whole = run(Decryptor(CONTENT_KEY, AdtsWriter()), song.data)
    first_part = Decryptor(CONTENT_KEY, AdtsWriter())
    sent = first_part.feed(song.data[: song.fragments[1][0] + 40_000])
    # What a client would send back: seconds, rounded to nanoseconds.
    resume_at = round(first_part.media_seconds * 10**9) / 10**9
    start = song.fragments[1][0]
    second = Decryptor(CONTENT_KEY, AdtsWriter(resume_at), movie=movie, position=start)
    rest = run(second, song.data[start:])
    assert sent + rest == whole
    assert first_part.samples_out + second.samples_out == len(packets(song.clean))


def test_adts_size_is_exact(song: Packaged) -> None:
    movie = movie_of(song.data)
    total = 0
    for kind, start, end in top_boxes(song.data):
        if kind == b"moof":
            total += adts_size(parse_fragment(song.data[start:end], movie)[0])
    assert total == len(run(Decryptor(CONTENT_KEY, AdtsWriter()), song.data))


def test_a_clear_file_needs_no_key(clear_song: bytes) -> None:
    assert run(Decryptor(None), clear_song) == clear_song
    assert run(Decryptor(None, AdtsWriter()), clear_song) == remux_to_adts(clear_song)


def test_an_encrypted_file_needs_one(song: Packaged) -> None:
    with pytest.raises(DataLossError) as caught:
        Decryptor(None).feed(song.data)
    assert caught.value.reason is Reason.DECRYPTION_KEY_WRONG


@pytest.mark.parametrize("how", ["whole-8", "whole-16"])
@pytest.mark.parametrize("layout", ["stereo", "mono"])
def test_a_wrong_key_lets_no_sample_out(how: str, layout: str) -> None:
    file = package(encode_song(1.0, layout=layout, fragment_seconds=0.2), VARIANTS[how])
    decryptor = Decryptor(ContentKey(KEY_ID, WRONG_KEY))
    out = bytearray()

    def feed_until_it_fails() -> None:
        for at in range(0, len(file.data), 100):
            out.extend(decryptor.feed(file.data[at : at + 100]))

    with pytest.raises(DataLossError) as caught:
        feed_until_it_fails()
    assert caught.value.reason is Reason.DECRYPTION_KEY_WRONG
    assert decryptor.samples_out == 0
    assert len(out) <= file.data.index(b"mdat") + 4
    assert WRONG_KEY.hex() not in str(caught.value)


def test_fewer_frames_than_the_check_wants() -> None:
    file = package(encode_song(0.1, fragment_seconds=0.05))
    assert run(Decryptor(CONTENT_KEY), file.data, 10) == file.clean
    with pytest.raises(DataLossError) as caught:
        run(Decryptor(ContentKey(KEY_ID, WRONG_KEY)), file.data)
    assert caught.value.reason is Reason.DECRYPTION_KEY_WRONG


def test_a_moov_that_is_known_is_not_read_again(song: Packaged) -> None:
    moov = moov_of(song.data)
    clean = bytes(reversed(moov))  # to be seen in the output
    known = MovieBox(moov, clean, movie_of(song.data))
    assert run(Decryptor(CONTENT_KEY, known=known), song.data) == (
        song.clean.replace(parse_movie(moov)[1], clean)
    )


def test_a_moov_that_only_looks_known_is_read(song: Packaged) -> None:
    other = package(encode_song(1.0, layout="mono"))
    decryptor = Decryptor(CONTENT_KEY, known=MovieBox.read(moov_of(song.data)))
    assert run(decryptor, other.data) == other.clean
    assert decryptor.movie == movie_of(other.data)
    with pytest.raises(AbortedError) as caught:
        Decryptor(
            CONTENT_KEY,
            movie=movie_of(song.data),
            known=MovieBox.read(moov_of(other.data)),
        ).feed(other.data)
    assert caught.value.reason is Reason.MEDIA_CHANGED


def test_another_file_than_the_one_begun_with(song: Packaged) -> None:
    other = package(encode_song(1.0, layout="mono"))
    with pytest.raises(AbortedError) as caught:
        Decryptor(CONTENT_KEY, movie=movie_of(song.data)).feed(other.data)
    assert caught.value.reason is Reason.MEDIA_CHANGED


def test_the_known_init_may_come_again(song: Packaged) -> None:
    decryptor = Decryptor(CONTENT_KEY, movie=movie_of(song.data))
    assert run(decryptor, song.data) == song.clean
