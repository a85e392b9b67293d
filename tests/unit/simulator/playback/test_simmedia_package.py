"""What the packager encrypts, FFmpeg decrypts to the very packets it was given."""

import io
import itertools
import struct

import av
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from applemusic_simulator.media.boxes import box, find, walk
from applemusic_simulator.media.encode import encode_fragmented, encode_plain
from applemusic_simulator.media.fragments import read_layout
from applemusic_simulator.media.package import ContentKey, encrypt
from applemusic_simulator.media.variant import Auxiliary, Variant

AUXILIARIES: tuple[Auxiliary, ...] = ("both", "senc", "saiz", "mdat")
VARIANTS = [
    Variant(iv_size=iv_size, subsamples=subsamples, sidx=sidx, auxiliary=auxiliary)
    for iv_size, subsamples, sidx, auxiliary in itertools.product(
        (8, 16), (False, True), (False, True), AUXILIARIES
    )
]


def packets(data: bytes, key: bytes | None = None) -> list[tuple[int | None, bytes]]:
    options = {} if key is None else {"decryption_key": key.hex()}
    with av.open(io.BytesIO(data), "r", options=options) as container:
        return [(packet.pts, bytes(packet)) for packet in container.demux(audio=0) if packet.size]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_ffmpeg_decrypts_to_identical_packets(
    clear: bytes, content_key: ContentKey, variant: Variant
) -> None:
    data = encrypt(clear, content_key, variant)
    assert packets(data, content_key.key) == packets(clear)
    assert packets(data, bytes(16)) != packets(clear)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_no_sample_is_left_in_the_clear(
    clear: bytes, content_key: ContentKey, variant: Variant
) -> None:
    data = encrypt(clear, content_key, variant)
    for _, sample in packets(clear):
        assert len(sample) < 80 or sample[51:] not in data


def test_initialisation_vectors_never_repeat(clear: bytes, content_key: ContentKey) -> None:
    data = encrypt(clear, content_key, Variant(auxiliary="senc"))
    vectors = []
    for moof in (top for top in walk(data) if top.kind == "moof"):
        senc = find(data, "traf/senc", moof.body, moof.end)
        vectors += [data[at : at + 8] for at in range(senc.body + 8, senc.end, 8)]
    assert len(set(vectors)) == len(vectors) == len(packets(clear))


def test_boxes_of_the_default_variant(clear: bytes, content_key: ContentKey) -> None:
    data = encrypt(clear, content_key, Variant())
    kinds = [top.kind for top in walk(data)]
    assert kinds == ["ftyp", "moov", "moof", "mdat", "moof", "mdat", "moof", "mdat"]
    entry = find(data, "moov/trak/mdia/minf/stbl/stsd").body + 8
    assert data[entry + 4 : entry + 8] == b"enca"
    for name in (b"frma\0mp4a"[:4], b"schm", b"cenc", b"tenc", content_key.kid):
        assert name in data[: read_layout(data).init_size]
    assert content_key.key not in data


def test_sidx_lists_the_fragments(clear: bytes, content_key: ContentKey) -> None:
    data = encrypt(clear, content_key, Variant(sidx=True))
    sidx = find(data, "sidx")
    layout = read_layout(data)
    rows = np.frombuffer(data[sidx.body + 24 : sidx.end], ">u4").reshape(-1, 3)
    assert rows[:, 0].tolist() == [part.size for part in layout.fragments]
    assert rows[:, 1].tolist() == [part.duration for part in layout.fragments]
    assert sidx.end == layout.init_size


def test_layout_tells_priming_and_length(clear: bytes, pcm: NDArray[np.int16]) -> None:
    layout = read_layout(clear)
    assert layout.priming == 1024
    assert layout.timescale == 44_100
    assert sum(part.duration for part in layout.fragments) == layout.priming + len(pcm)
    assert layout.access_units == len(packets(clear))
    # The edit list counts in the movie's timescale, which is the sample rate, too.
    movie, edits = find(clear, "moov/mvhd"), find(clear, "moov/trak/edts/elst")
    assert struct.unpack_from(">I", clear, movie.body + 12) == (44_100,)
    assert struct.unpack_from(">IIi", clear, edits.body + 4) == (1, len(pcm), 1024)


def test_encoding_is_repeatable_and_close_to_the_sound(
    clear: bytes, pcm: NDArray[np.int16]
) -> None:
    assert encode_fragmented(pcm, 256, 3) == clear
    with av.open(io.BytesIO(clear), "r") as container:
        frames = [frame.to_ndarray().astype(np.float64) for frame in container.decode(audio=0)]
    heard = np.concatenate(frames, axis=1).T[: len(pcm)]
    noise = heard - pcm[: len(heard)] / 32768
    assert 10 * np.log10(np.mean(heard**2) / np.mean(noise**2)) > 20


def test_bit_rate_is_what_was_asked_for(pcm: NDArray[np.int16]) -> None:
    for kbps in (64, 256):
        size = len(encode_fragmented(pcm, kbps, 15))
        assert 0.75 < size * 8 / 8 / 1000 / kbps < 1.15


def test_plain_file_has_its_index_in_front(pcm: NDArray[np.int16]) -> None:
    kinds = [top.kind for top in walk(encode_plain(pcm, 256))]
    assert kinds.index("moov") < kinds.index("mdat")


def test_a_file_that_is_not_fragmented_is_refused(
    pcm: NDArray[np.int16], content_key: ContentKey
) -> None:
    with pytest.raises(ValueError, match="no fragment"):
        encrypt(encode_plain(pcm, 256), content_key, Variant())


@given(st.binary(max_size=200))
@example(box("moov", box("trak")))
@example(b"\0\0\0\1moov")
def test_any_bytes_are_a_file_or_a_value_error(data: bytes) -> None:
    try:
        boxes = list(walk(data))
    except ValueError:
        return
    assert sum(one.end - one.start for one in boxes) == len(data)


@given(
    st.builds(
        Variant,
        st.integers(1, 60),
        st.sampled_from((64, 256)),
        st.sampled_from((8, 16)),
        st.booleans(),
        st.booleans(),
        st.sampled_from(AUXILIARIES),
    )
)
def test_names_of_variants_can_be_read_back(variant: Variant) -> None:
    assert Variant.parse(variant.name) == variant


@pytest.mark.parametrize("name", ["", "15", "iv9", "0s", "999s", "128k", "senk", "iv8-"])
def test_unknown_names_of_variants_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"is|unknown"):
        Variant.parse(name)
