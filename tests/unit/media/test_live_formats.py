"""What segments of broadcasts are made of: ID3, ADTS, MPEG-TS and MP4, whole and broken."""

import io
import struct
from collections.abc import Callable
from typing import Any

import av
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, DataLossError, Reason
from applemusic_server.media.aac_mp4 import fragment, init_segment
from applemusic_server.media.audio_format import parse_audio_specific_config
from applemusic_server.media.id3 import read_id3
from applemusic_server.media.live_segment import read_segment
from applemusic_server.media.live_writer import AdtsLiveWriter, Mp4LiveWriter
from applemusic_server.media.mpeg_ts import is_transport_stream, packed_of_transport_stream
from applemusic_server.media.packed_aac import read_packed_aac
from tests.support.broadcast import aac_frames, id3
from tests.support.cenc import Packaged, Packaging, encode_song, package

FUZZ = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
FRAMES = aac_frames(6)
PACKED = b"".join(FRAMES)


def synchsafe(number: int) -> bytes:
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def tag(
    frames: list[tuple[bytes, bytes]], *, version: int = 4, flags: int = 0, extra: bytes = b""
) -> bytes:
    """A tag by hand: any version, any flags, `extra` before the frames."""
    size = synchsafe if version == 4 else lambda n: n.to_bytes(4, "big")
    body = extra + b"".join(name + size(len(data)) + b"\0\0" + data for name, data in frames)
    return b"ID3" + bytes([version, 0, flags]) + synchsafe(len(body)) + body


def transport_stream(frames: tuple[bytes, ...]) -> bytes:
    """The same frames in MPEG-TS, by FFmpeg."""
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(b"".join(frames)), mode="r", format="aac") as source,
        av.open(out, "w", format="mpegts") as target,
    ):
        stream: Any = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(audio=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    return out.getvalue()


@pytest.fixture(scope="module")
def in_ts() -> bytes:
    return transport_stream(FRAMES)


@pytest.mark.parametrize("encoding", [0, 1, 2, 3])
@pytest.mark.parametrize("version", [3, 4])
def test_titles_in_every_encoding(encoding: int, version: int) -> None:
    codec = ("latin-1", "utf-16", "utf-16-be", "utf-8")[encoding]
    title = "Frühling é" if encoding == 0 else "Frühling 🐸 é"
    data = tag(
        [(b"TIT2", bytes([encoding]) + title.encode(codec)), (b"TPE1", b"\0Frogs\0and more")],
        version=version,
    )
    found = read_id3(data)
    assert found is not None
    assert (found.title, found.artist, found.says, found.size) == (title, "Frogs", True, len(data))


def test_the_timestamp_and_nothing_to_say() -> None:
    found = read_id3(b"xx" + id3(stamp=90_000 * 7), 2)
    assert found is not None
    assert (found.seconds, found.says, found.title) == (7.0, False, "")


def test_forms_of_tags_that_are_rare() -> None:
    frames = [(b"TIT2", b"\3One")]
    # Version 2.3 with an extended header, whose size does not count itself; 2.4, where it does.
    for data in (
        tag(frames, version=3, flags=0x40, extra=(6).to_bytes(4, "big") + bytes(6)),
        tag(frames, version=4, flags=0x40, extra=synchsafe(6) + bytes(2)),
        tag(frames, version=4, flags=0x10) + b"3DI" + bytes(7),
    ):
        found = read_id3(data)
        assert found is not None
        assert (found.title, found.size) == ("One", len(data))
    # Unsynchronisation: FF 00 stands for FF.
    body = b"TIT2" + (4).to_bytes(4, "big") + b"\0\0" + b"\0\xff\x00\xe9o"
    data = b"ID3\3\0\x80" + synchsafe(len(body)) + body
    found = read_id3(data)
    assert found is not None
    assert found.title == "ÿéo"
    # A version nobody knows is skipped over.
    found = read_id3(b"ID3\2\0\0" + synchsafe(5) + b"TT2..")
    assert found is not None
    assert (found.size, found.says) == (15, False)


def test_a_title_is_one_line_of_bounded_length() -> None:
    found = read_id3(tag([(b"TIT2", b"\3a\r\n\tb\x1b[31m  c" + b"x" * 9000)]))
    assert found is not None
    assert found.title.startswith("a b [31m cxxx")
    assert len(found.title) == 512
    assert found.title.isprintable()


@pytest.mark.parametrize(
    "data",
    [b"", b"ID3", b"ID3\4\0\0\0\0\0\x7f", b"ID3\4\0\0\xff\xff\xff\xff", b"TAG" + bytes(20)],
)
def test_what_is_no_tag(data: bytes) -> None:
    assert read_id3(data) is None


@FUZZ
@given(body=st.binary(max_size=120), version=st.integers(0, 255), flags=st.integers(0, 255))
def test_any_tag(body: bytes, version: int, flags: int) -> None:
    data = b"ID3" + bytes([version, 0, flags]) + synchsafe(len(body)) + body + bytes(10)
    found = read_id3(data)
    assert found is not None
    assert found.size in (10 + len(body), 20 + len(body))
    assert found.title == "" or found.title.isprintable()


@FUZZ
@given(data=st.binary(max_size=60))
def test_any_bytes_as_a_tag(data: bytes) -> None:
    found = read_id3(b"ID3" + data)
    assert found is None or 10 <= found.size <= 3 + len(data)


def test_packed_audio_is_taken_apart_and_nothing_is_lost() -> None:
    data = id3("One") + b"".join(FRAMES[:100]) + id3("Two") + b"".join(FRAMES[100:])
    found = read_packed_aac(data)
    assert b"".join(frame.data for frame in found.frames) == PACKED
    assert [(place, each.title) for place, each in found.tags] == [(0, "One"), (100, "Two")]
    assert found.format.codec == "mp4a.40.2"
    assert found.seconds == pytest.approx(len(FRAMES) * 1024 / 44100)


def test_frames_with_a_checksum() -> None:
    frame = FRAMES[3]
    size = len(frame) + 2
    head = bytearray(frame[:7])
    head[1] &= 0xFE
    head[3] = head[3] & 0xFC | size >> 11
    head[4] = size >> 3 & 0xFF
    head[5] = head[5] & 0x1F | (size & 7) << 5
    found = read_packed_aac(bytes(head) + b"\x12\x34" + frame[7:])
    assert found.frames[0].payload == frame[7:]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        id3("no audio"),
        PACKED[:-1],
        PACKED[1:],
        PACKED + b"\0",
        PACKED + b"ID3\4\0\0\0\0\x7f\x7f",
        PACKED + b"".join(aac_frames(6, layout="mono")),
        b"\xff\xf1\x7c\x80\x01\x1f\xfc" + bytes(8),
        FRAMES[0][:6] + bytes([FRAMES[0][6] | 1]) + FRAMES[0][7:],
    ],
)
def test_broken_packed_audio(data: bytes) -> None:
    with pytest.raises(DataLossError) as caught:
        read_packed_aac(data)
    assert caught.value.reason is Reason.MEDIA_MALFORMED


EDITS = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 30), st.binary(max_size=30)),
    min_size=1,
    max_size=4,
)


def edited(data: bytes, edits: list[tuple[float, int, bytes]]) -> bytes:
    """Replace some bytes by others, so that the sizes no longer fit."""
    for place, cut, instead in edits:
        at = int(place * len(data))
        data = data[:at] + instead + data[at + cut :]
    return data


def outcome(read: Callable[[], Any]) -> None:
    """A reader returns, or fails with an error of ours."""
    reason = None
    try:
        read()
    except AppleMusicError as error:
        reason = error.reason
    assert reason in {
        None,
        Reason.MEDIA_MALFORMED,
        Reason.MEDIA_TRUNCATED,
        Reason.RENDITION_NOT_FOUND,
        Reason.LIVE_STATION_PROTECTED,
        Reason.MEDIA_CHANGED,
    }


@FUZZ
@given(edits=EDITS)
def test_mutated_packed_audio(edits: list[tuple[float, int, bytes]]) -> None:
    data = edited(id3("One") + b"".join(FRAMES[:8]), edits)
    outcome(lambda: read_segment(data, b""))


@FUZZ
@given(edits=EDITS)
def test_mutated_transport_streams(in_ts: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    data = edited(in_ts[: 188 * 12], edits)
    outcome(lambda: packed_of_transport_stream(data))
    whole = len(data) // 188 * 188
    outcome(lambda: packed_of_transport_stream(data[:whole]))


@FUZZ
@given(
    packets=st.lists(
        st.tuples(st.sampled_from([0, 16, 17, 256, 4096]), st.binary(min_size=0, max_size=184)),
        max_size=6,
    ),
    control=st.sampled_from([0x10, 0x30, 0x20]),
)
def test_any_transport_stream(packets: list[tuple[int, bytes]], control: int) -> None:
    data = b"".join(
        bytes([0x47, 0x40 | pid >> 8, pid & 0xFF, control]) + body.ljust(184, b"\xff")
        for pid, body in packets
    )
    outcome(lambda: packed_of_transport_stream(data))


def test_a_transport_stream_holds_the_same_frames(in_ts: bytes) -> None:
    assert is_transport_stream(in_ts)
    assert not is_transport_stream(PACKED)
    found = read_segment(in_ts, b"")
    assert tuple(frame.data for frame in found.frames) == FRAMES


def with_metadata(stream: bytes, content: bytes) -> bytes:
    """Add a second elementary stream with one PES of ID3, as HLS encoders do."""
    pes = b"\0\0\1\xbd" + (3 + len(content)).to_bytes(2, "big") + b"\x84\0\0" + content
    assert len(pes) <= 182
    stuffing = 184 - len(pes)
    adaptation = bytes([stuffing - 1, 0]) + b"\xff" * (stuffing - 2)
    packet = bytes([0x47, 0x42, 0x00, 0x30]) + adaptation + pes  # PID 0x200
    table = next(
        at
        for at in range(0, len(stream), 188)
        if stream[at + 1] & 0x1F == 0x10 and stream[at + 2] == 0
    )
    section = bytearray(stream[table + 5 : table + 188])
    size = (section[1] & 0x0F) << 8 | section[2]
    entry = b"\x15\xe2\x00\xf0\x00"
    body = section[: 3 + size - 4] + entry + bytes(4)
    body[1:3] = (0xB000 | size + 5).to_bytes(2, "big")
    rebuilt = stream[table : table + 5] + bytes(body).ljust(183, b"\xff")
    return stream[:table] + rebuilt + packet + stream[table + 188 :]


def test_metadata_beside_the_audio_of_a_transport_stream(in_ts: bytes) -> None:
    found = read_segment(with_metadata(in_ts, id3("One", "Frogs")), b"")
    assert tuple(frame.data for frame in found.frames) == FRAMES
    assert [(place, each.title, each.artist) for place, each in found.tags] == [(0, "One", "Frogs")]


def test_broken_transport_streams(in_ts: bytes) -> None:
    encrypted = bytearray(in_ts)
    encrypted[188 * 4 + 3] |= 0x80
    for data in (
        in_ts[:-1],
        in_ts[188 * 4 :],
        bytes(encrypted),
        in_ts[: 188 * 3],
        b"\x47" + bytes(187),
    ):
        with pytest.raises(DataLossError) as caught:
            read_segment(data, b"")
        assert caught.value.reason is Reason.MEDIA_MALFORMED


@pytest.fixture(scope="module")
def clear_mp4() -> bytes:
    return encode_song(9.0, fragment_seconds=3.0)


def split_mp4(data: bytes) -> tuple[bytes, list[bytes]]:
    """Init segment, and each moof with its mdat."""
    init, fragments, at = b"", [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        box, at = data[at : at + size], at + size
        if kind == b"moof":
            fragments.append(box)
        elif kind == b"mdat":
            fragments[-1] += box
        elif kind in (b"ftyp", b"moov"):
            init += box
    return init, fragments


def test_fragments_of_mp4_hold_the_same_frames(clear_mp4: bytes) -> None:
    with av.open(io.BytesIO(clear_mp4), mode="r") as container:
        source = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    init, fragments = split_mp4(clear_mp4)
    assert len(fragments) >= 3
    found = [frame.payload for each in fragments for frame in read_segment(each, init).frames]
    assert found == source


def test_protected_fragments_are_refused(clear_mp4: bytes) -> None:
    file: Packaged = package(clear_mp4, Packaging())
    init, fragments = split_mp4(file.data)
    with pytest.raises(AppleMusicError) as caught:
        read_segment(fragments[0], init)
    assert caught.value.reason is Reason.LIVE_STATION_PROTECTED


def test_aac_that_only_mp4_can_hold() -> None:
    short_frames = parse_audio_specific_config((2 << 11 | 4 << 7 | 2 << 3 | 1 << 2).to_bytes(2))
    assert short_frames.frame_samples == 960
    with pytest.raises(AppleMusicError) as caught:
        read_segment(fragment(1, 0, [b"!" * 9]), init_segment(short_frames))
    assert caught.value.reason is Reason.RENDITION_NOT_FOUND


@FUZZ
@given(edits=EDITS)
def test_mutated_fragments(clear_mp4: bytes, edits: list[tuple[float, int, bytes]]) -> None:
    init, fragments = split_mp4(clear_mp4)
    head = fragments[0][: fragments[0].index(b"mdat") + 400]
    outcome(lambda: read_segment(edited(head, edits), init))


CONFIGS = [
    (2, 4, 2),
    (2, 3, 1),
    (2, 0, 2),  # 96 kHz: more than the sample entry's field can say
    (1, 6, 1),
    (2, 4, 7),
]


@pytest.mark.parametrize(("object_type", "rate", "channels"), CONFIGS)
def test_the_mp4_that_is_written_is_read_alike(object_type: int, rate: int, channels: int) -> None:
    config = (object_type << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
    audio = parse_audio_specific_config(config)
    frames = [bytes([0x20, number]) * 50 for number in range(10)]
    init = data = init_segment(audio)
    found = []
    for number, start in enumerate((0, 4)):
        part = fragment(number + 1, start * 1024, frames[start : start + 4 + 2 * number])
        # Our own strict reader accepts it, and finds the same audio in it.
        if object_type == 2:
            read = read_segment(part, init)
            assert read.format.config == config
            found += [frame.payload for frame in read.frames]
        data += part
    assert object_type != 2 or found == frames
    with av.open(io.BytesIO(data), mode="r") as container:
        stream = container.streams.audio[0]
        assert stream.rate == audio.sample_rate
        packets = [(p.pts, bytes(p)) for p in container.demux(audio=0) if p.size]
    assert packets == [(1024 * n, frame) for n, frame in enumerate(frames)]


def test_frames_that_say_their_channels_themselves_do_not_fit_into_mp4() -> None:
    audio = parse_audio_specific_config((2 << 11 | 4 << 7).to_bytes(2, "big"))
    with pytest.raises(AppleMusicError) as caught:
        Mp4LiveWriter(audio, 32768)
    assert caught.value.reason is Reason.CONTAINER_NOT_SUPPORTED
    assert list(AdtsLiveWriter(audio, 32768).pieces([])) == []
