"""Audio configurations and fragment forms that the encoder of the tests does not write."""

import struct

import pytest

from applemusic_server.domain.errors import DataLossError, Reason, UnimplementedError
from applemusic_server.media.adts import AdtsWriter, adts_header_base
from applemusic_server.media.audio_format import (
    AudioFormat,
    parse_audio_specific_config,
    parse_esds,
)
from applemusic_server.media.boxes import Fields
from applemusic_server.media.fragment import Same, parse_fragment
from applemusic_server.media.key_check import allowed_element_ids
from applemusic_server.media.movie import Movie
from tests.support.cenc import box, full_box

LC = AudioFormat(2, 44100, 2, 1024, b"\x12\x10")
CLEAR = Movie(44100, 1, LC, None, 1024, 5, 0, None, None)


def bits(text: str) -> bytes:
    text = text.replace(" ", "")
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8), "big")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("00010 0100 0010 0 0 0", (2, 44100, 2, 1024)),
        ("00010 0011 0001 1 0 0", (2, 48000, 1, 960)),
        ("00010 1111 000000001010110001000100 0010 0 0 0", (2, 44100, 2, 1024)),
        ("00101 0111 0010 0100 00010 0 0 0", (5, 22050, 2, 1024)),
        ("11111 001010 0100 0010 0", (42, 44100, 2, 1024)),
    ],
    ids=["lc", "960", "explicit rate", "sbr", "escape"],
)
def test_audio_specific_config(config: str, expected: tuple[int, int, int, int]) -> None:
    audio = parse_audio_specific_config(bits(config))
    assert (audio.object_type, audio.sample_rate, audio.channels, audio.frame_samples) == expected
    assert audio.codec == f"mp4a.40.{expected[0]}"


@pytest.mark.parametrize("config", ["00010 1101 0010 0", "00010 1111 " + "0" * 24 + "0010 0", "0"])
def test_a_config_that_is_none(config: str) -> None:
    with pytest.raises(DataLossError):
        parse_audio_specific_config(bits(config))


def descriptor(tag: int, body: bytes, *, long: bool) -> bytes:
    size = bytes([0x80, 0x80, 0x80, len(body)]) if long else bytes([len(body)])
    return bytes([tag]) + size + body


@pytest.mark.parametrize("long", [True, False])
def test_esds_with_every_optional_part(*, long: bool) -> None:
    specific = descriptor(5, LC.config, long=long)
    decoder = descriptor(4, b"\x40" + bytes(12) + specific, long=long)
    optional = b"\0\1" + b"\x03url" + b"\0\2"
    stream = descriptor(3, b"\0\1\xe0" + optional + decoder, long=long)
    body = bytes(4) + stream
    assert parse_esds(Fields(body, 0, len(body))) == LC
    for broken in (
        body.replace(b"\x40\0", b"\x6b\0"),  # MP3
        body.replace(specific, descriptor(6, LC.config, long=long)),
        body[:-1],
        body[:4] + descriptor(3, b"\0\1\0" + descriptor(5, b"", long=long), long=long),
    ):
        with pytest.raises(DataLossError):
            parse_esds(Fields(broken, 0, len(broken)))


@pytest.mark.parametrize(
    "audio",
    [
        AudioFormat(5, 44100, 2, 1024, b""),
        AudioFormat(2, 44101, 2, 1024, b""),
        AudioFormat(2, 44100, 0, 1024, b""),
        AudioFormat(2, 44100, 2, 960, b""),
    ],
)
def test_what_does_not_fit_into_adts(audio: AudioFormat) -> None:
    with pytest.raises(UnimplementedError) as caught:
        adts_header_base(audio)
    assert caught.value.reason is Reason.CONTAINER_NOT_SUPPORTED


def test_a_frame_too_big_for_adts() -> None:
    writer = AdtsWriter()
    writer.begin(CLEAR)
    writer.samples([bytes(8184)], 0, [1024])
    with pytest.raises(DataLossError):
        writer.samples([bytes(8185)], 0, [1024])


def test_element_ids_by_channels() -> None:
    ids = {n: allowed_element_ids(AudioFormat(2, 44100, n, 1024, b"")) for n in (0, 1, 2, 6)}
    assert ids[2] == {1, 4, 6}
    assert ids[1] == ids[6] == {0, 4, 6}
    assert ids[0] == {0, 1, 4, 5, 6}


def moof(*runs: bytes, tfhd: bytes | None = None) -> bytes:
    head = tfhd or full_box(b"tfhd", 0x20000, struct.pack(">I", 1))
    return box(b"moof", box(b"traf", head, *runs))


def run(count: int, offset: int | None, *, first_flags: bool = False) -> bytes:
    extra = b"" if offset is None else struct.pack(">i", offset)
    flags = 4 * first_flags + (offset is not None)
    return full_box(b"trun", flags, struct.pack(">I", count), extra, bytes(4 * first_flags))


def test_several_runs_that_follow_each_other() -> None:
    fragment, _ = parse_fragment(moof(run(2, 100), run(3, 110), run(1, None)), CLEAR)
    assert (list(fragment.sizes), fragment.data_offset) == ([5] * 6, 100)
    assert (fragment.duration, fragment.data_bytes, fragment.decode_time) == (6 * 1024, 30, None)
    with pytest.raises(DataLossError, match="follow"):
        parse_fragment(moof(run(2, 100), run(3, 111)), CLEAR)


def test_defaults_of_the_fragment() -> None:
    tfhd = full_box(b"tfhd", 0x2003A, struct.pack(">IIIII", 1, 1, 960, 7, 0))
    fragment, _ = parse_fragment(moof(run(2, 100, first_flags=True), tfhd=tfhd), CLEAR)
    assert (list(fragment.sizes), list(fragment.durations)) == ([7, 7], [960, 960])


def test_a_fragment_without_its_first_samples() -> None:
    fragment, _ = parse_fragment(moof(run(2, 100), run(3, 110), run(1, None)), CLEAR)
    rest = fragment.after(4)
    assert (list(rest.sizes), list(rest.ends), list(rest.durations)) == (
        [5, 5],
        [25, 30],
        [1024, 1024],
    )
    assert len(fragment.sizes) == 6


def test_the_same_number_many_times() -> None:
    many = Same(1024, 5)
    assert (len(many), list(many), sum(many)) == (5, [1024] * 5, 5120)
    assert (list(many[3:]), list(many[:9]), many[0], many[-1]) == (
        [1024] * 2,
        [1024] * 5,
        1024,
        1024,
    )
    with pytest.raises(IndexError):
        many[5]


@pytest.mark.parametrize(
    "broken",
    [
        moof(),
        moof(run(0, 100)),
        moof(run(1, 9), tfhd=full_box(b"tfhd", 0x10000, struct.pack(">I", 1))),
        moof(run(1, 9), tfhd=full_box(b"tfhd", 0x2, struct.pack(">II", 1, 2))),
        moof(run(1, 9), tfhd=full_box(b"tfhd", 0x8, struct.pack(">II", 1, 44101))),
        box(b"moof"),
        box(b"moof", box(b"traf"), box(b"traf")),
    ],
    ids=["no run", "no samples", "empty", "entry", "too long", "no traf", "two traf"],
)
def test_fragments_that_are_refused(broken: bytes) -> None:
    with pytest.raises(DataLossError) as caught:
        parse_fragment(broken, CLEAR)
    assert caught.value.reason is Reason.MEDIA_MALFORMED
