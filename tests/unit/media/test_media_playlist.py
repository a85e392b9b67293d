"""The ctrp256 playlist in both known layouts, its key lines, and everything it must not be."""

import base64
import os
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    OutOfRangeError,
    Reason,
)
from applemusic_server.media.key_line import parse_attributes
from applemusic_server.media.playlist import (
    MediaPlaylist,
    Segment,
    SegmentTable,
    parse_media_playlist,
)
from applemusic_server.media.seek import StartPoint, segment_at_time, start_at_byte
from tests.support.cenc import Packaged, box, full_box

BASE = "https://aod.example/itunes-assets/SIM/ctrp256.m3u8?token=secret"
FILE = "https://aod.example/itunes-assets/SIM/song.mp4"
KEY_ID = bytes(range(16))
KEY_URI = "data:;base64," + base64.b64encode(KEY_ID).decode()
KEY_LINE = f'#EXT-X-KEY:METHOD=ISO-23001-7,URI="{KEY_URI}"'
WIDEVINE = "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
WIDEVINE_BYTES = bytes.fromhex("edef8ba979d64acea3c827dcd51d21ed")

MAP_LAYOUT = f"""#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:10
#EXT-X-PLAYLIST-TYPE:VOD
{KEY_LINE}
#EXT-X-MAP:URI="song.mp4",BYTERANGE="1200@0"
#EXTINF:10.000000,
#EXT-X-BYTERANGE:320000@1200
song.mp4
#EXTINF:10.5,A title, with a comma
#EXT-X-BYTERANGE:320000@321200
song.mp4
#EXT-X-ENDLIST
"""
# The other layout: MAP first and without a range, KEY after it, later ranges without offsets.
OTHER_LAYOUT = f"""#EXTM3U
#EXT-X-TARGETDURATION:6
#EXT-X-VERSION:6
#EXT-X-MAP:URI="song.mp4"
#EXT-X-KEY:URI="{KEY_URI}",METHOD=ISO-23001-7
#EXTINF:10,
#EXT-X-BYTERANGE:320000@1200
song.mp4
#EXT-X-BYTERANGE:320000
#EXTINF:10.5
song.mp4
#EXT-X-ENDLIST"""


def fixtures() -> Path:
    here = Path(__file__).parents[3]
    places = [
        Path(os.environ.get("APPLEMUSIC_FIXTURES", "/nonexistent")),
        here.parent / "shared" / "fixtures" / "apple",
        here.parents[1] / "shared" / "fixtures" / "apple",
    ]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        pytest.skip("the recorded Apple responses are not here: set APPLEMUSIC_FIXTURES")
    return found


def key_lines(*lines: str) -> str:
    return MAP_LAYOUT.replace(KEY_LINE, "\n".join(lines))


def failure(text: str) -> AppleMusicError:
    with pytest.raises(AppleMusicError) as caught:
        parse_media_playlist(text, BASE)
    assert "secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("text", [MAP_LAYOUT, OTHER_LAYOUT], ids=["map", "other"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_both_layouts(text: str, newline: str) -> None:
    playlist = parse_media_playlist(text.replace("\n", newline), BASE)
    assert playlist == MediaPlaylist(
        file_url=FILE,
        key_uri=KEY_URI,
        key_id=KEY_ID,
        init_end=1200,
        segments=(Segment(1200, 320_000, 0.0, 10.0), Segment(321_200, 320_000, 10.0, 10.5)),
    )
    assert playlist.total_bytes == 641_200
    assert playlist.total_duration == 20.5
    assert "aod.example" not in repr(playlist)


def test_the_recorded_playlist() -> None:
    text = (fixtures() / "self-written" / "ctrp256-playlist.m3u8").read_text()
    playlist = parse_media_playlist(text, BASE)
    assert playlist.file_url.endswith("/itunes-assets/SIM/sim_0000001_audio.mp4")
    assert playlist.key_uri == "data:;base64,AAAAAAECAwQFBgcICQoLDA=="
    assert playlist.key_id.hex() == "000000000102030405060708090a0b0c"
    assert [s.offset for s in playlist.segments] == [1200, 321_200, 641_200]
    assert (playlist.init_end, playlist.total_bytes) == (1200, 785_200)
    assert playlist.total_duration == 24.5


def test_the_scheme_is_left_to_the_transport() -> None:
    text = MAP_LAYOUT.replace("song.mp4", "http://other.example/a/song.mp4")
    assert parse_media_playlist(text, BASE).file_url == "http://other.example/a/song.mp4"


@pytest.mark.parametrize(
    "other",
    [
        f'#EXT-X-KEY:METHOD=ISO-23001-7,KEYFORMAT="com.microsoft.playready",URI="{KEY_URI}"',
        '#EXT-X-KEY:METHOD=ISO-23001-7,URI="skd://itunes.apple.com/P000/s1/e1"',
        '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"',
        "#EXT-X-KEY:METHOD=NONE",
        f'#EXT-X-KEY:METHOD=SAMPLE-AES,URI="{KEY_URI}",KEYFORMAT="{WIDEVINE}"',
    ],
)
def test_the_widevine_line_among_others(other: str) -> None:
    for lines in ((other, KEY_LINE), (KEY_LINE, other), (KEY_LINE, KEY_LINE)):
        assert parse_media_playlist(key_lines(*lines), BASE).key_uri == KEY_URI
    error = failure(key_lines(other))
    assert isinstance(error, FailedPreconditionError)
    assert error.reason is Reason.RENDITION_NOT_FOUND


def test_key_formats_of_widevine() -> None:
    for method in ("ISO-23001-7", "SAMPLE-AES-CTR"):
        line = f'#EXT-X-KEY:KEYFORMAT="{WIDEVINE.upper()}",METHOD={method},URI="{KEY_URI}"'
        line = line.replace("URN:UUID", "urn:uuid")
        assert parse_media_playlist(key_lines(line), BASE).key_id == KEY_ID


def pssh(version: int, key_ids: list[bytes], data: bytes, system: bytes = WIDEVINE_BYTES) -> bytes:
    listed = len(key_ids).to_bytes(4, "big") + b"".join(key_ids) if version else b""
    return full_box(b"pssh", 0, system, listed, len(data).to_bytes(4, "big"), data, version=version)


HEADER = b"\x08\x01\x12\x10" + KEY_ID + b"\x22\x04test" + b"\x19" + bytes(8) + b"\x25" + bytes(4)


@pytest.mark.parametrize(
    "data", [pssh(0, [], HEADER), pssh(1, [KEY_ID], b""), pssh(1, [KEY_ID], HEADER)]
)
def test_a_key_id_in_a_pssh_box(data: bytes) -> None:
    uri = "data:text/plain;charset=UTF-16;base64," + base64.b64encode(data).decode()
    playlist = parse_media_playlist(key_lines(KEY_LINE.replace(KEY_URI, uri)), BASE)
    assert (playlist.key_id, playlist.key_uri) == (KEY_ID, uri)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        KEY_ID[:15],
        KEY_ID + b"\0",
        pssh(0, [], b""),
        pssh(1, [KEY_ID, bytes(16)], b""),
        pssh(1, [KEY_ID], b"", system=bytes(16)),
        pssh(1, [KEY_ID], b"")[:-1],
        pssh(0, [], HEADER[:-1]),
        pssh(0, [], b"\xff" * 20),
        pssh(0, [], b"\x13"),
        box(b"pssh"),
        full_box(b"pssh", 0, WIDEVINE_BYTES, b"\xff\xff\xff\xff", version=1),
    ],
)
def test_key_data_that_is_none(data: bytes) -> None:
    uri = "data:;base64," + base64.b64encode(data).decode()
    assert failure(key_lines(KEY_LINE.replace(KEY_URI, uri))).reason is (
        Reason.UPSTREAM_RESPONSE_INVALID
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("#EXTM3U\n", ""),
        ("#EXTM3U", "<html>"),
        ("#EXT-X-ENDLIST\n", ""),
        ("#EXT-X-VERSION:7", "#EXT-X-STREAM-INF:BANDWIDTH=1"),
        ("#EXT-X-VERSION:7", '#EXT-X-MEDIA:TYPE=AUDIO,URI="x.m3u8"'),
        ("#EXT-X-VERSION:7", '#EXT-X-DEFINE:IMPORT="x"'),
        ("song.mp4\n#EXT-X-ENDLIST", "other.mp4\n#EXT-X-ENDLIST"),
        ('URI="song.mp4"', 'URI="other.mp4"'),
        ('URI="song.mp4"', 'URI="song.mp4?x=1"'),
        ('URI="song.mp4",', ""),
        ("320000@321200", "320000@321201"),
        ("320000@321200", "320000@321199"),
        ("320000@321200", "-5@321200"),
        ("320000@321200", "0@321200"),
        ("320000@321200", "999999999999@321200"),
        ("320000@321200", "320000@\u0663\u0662\u0661\u0662\u0660\u0660"),
        ("#EXT-X-BYTERANGE:320000@321200\n", ""),
        ("#EXTINF:10.5,A title, with a comma\n", ""),
        ("#EXTINF:10.5", "#EXTINF:nan"),
        ("#EXTINF:10.5", "#EXTINF:-1"),
        ("#EXTINF:10.5", "#EXTINF:1e400"),
        ('"1200@0"', '"1201@0"'),
        ('"1200@0"', '"1100@100"'),
        ('"1200@0"', '"x"'),
        ('#EXT-X-MAP:URI="song.mp4"', '#EXT-X-MAP:URI="song.mp4"\n#EXT-X-MAP:URI="song.mp4"'),
        ("#EXT-X-VERSION:7", "#EXT-X-PART-INF:PART-TARGET=1"),
        ("METHOD=ISO-23001-7", "METHOD=ISO-23001-7,METHOD=NONE"),
        ("METHOD=ISO-23001-7", "METHOD"),
        ("song.mp4", "file:///etc/passwd"),
        ("song.mp4", "https://[bad/song.mp4"),
        ("song.mp4", "http:///song.mp4"),
        ("song.mp4", "x" * 5000),
        (MAP_LAYOUT, ""),
        (MAP_LAYOUT, "#EXTM3U\n#EXT-X-ENDLIST"),
    ],
)
def test_what_is_not_one_complete_file_is_refused(old: str, new: str) -> None:
    assert old in MAP_LAYOUT
    error = failure(MAP_LAYOUT.replace(old, new))
    assert isinstance(error, InternalError)
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID


def test_a_song_that_lasts_no_time_is_refused() -> None:
    text = MAP_LAYOUT.replace("#EXTINF:10.000000", "#EXTINF:0").replace("#EXTINF:10.5", "#EXTINF:0")
    assert failure(text).reason is Reason.UPSTREAM_RESPONSE_INVALID
    some = parse_media_playlist(MAP_LAYOUT.replace("#EXTINF:10.5", "#EXTINF:0"), BASE)
    assert some.total_duration == 10


@pytest.mark.parametrize(
    "harmless",
    [
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        "#EXT-X-DISCONTINUITY",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z",
        "#EXT-X-SOMETHING-NEW:1",
        '#EXT-X-MAP:URI="song.mp4",BYTERANGE="1200@0"',
    ],
)
def test_what_changes_nothing_is_passed_over(harmless: str) -> None:
    second = MAP_LAYOUT.rindex("#EXTINF")
    text = MAP_LAYOUT[:second] + harmless + "\n" + MAP_LAYOUT[second:]
    assert parse_media_playlist(text, BASE) == parse_media_playlist(MAP_LAYOUT, BASE)


def test_two_keys_are_refused() -> None:
    other = KEY_LINE.replace(KEY_URI, "data:;base64," + base64.b64encode(bytes(16)).decode())
    assert "changes" in failure(key_lines(KEY_LINE, other)).message


@pytest.mark.parametrize(
    "bomb",
    [
        "#EXTM3U\n" + "#\n" * 1_000_000,
        "#EXTM3U\n" + "x" * 10_000_000,
        "#EXTM3U\n" + "\n" * 200_000,
        "#EXTM3U\n" + "#EXTINF:1,\n#EXT-X-BYTERANGE:1\ns\n" * 6_000 + "#EXT-X-ENDLIST",
        "#EXTM3U\n#EXT-X-KEY:" + 'A="' * 60_000,
        "#EXTM3U\n#EXT-X-KEY:" + "A=1," * 60_000,
        "#EXTM3U\n#EXT-X-KEY:" + " " * 200_000 + "!",
    ],
)
def test_bombs_end_soon(bomb: str) -> None:
    begin = time.process_time()
    failure(bomb)
    assert time.process_time() - begin < 1


TOKENS = st.sampled_from(
    [
        *MAP_LAYOUT.splitlines(),
        "#EXT-X-BYTERANGE:",
        "#EXTINF:",
        "#EXT-X-KEY:",
        "#EXT-X-MAP:",
        'URI="',
        "//[",
        "%",
        "\x0b",
        "\u2028",
        "\0",
        "@",
        ",",
        "=",
        "9" * 12,
    ]
)


@settings(max_examples=400, deadline=None)
@given(parts=st.lists(TOKENS | st.text(max_size=12), max_size=20), newline=st.booleans())
def test_any_text_is_a_playlist_or_our_error(parts: list[str], *, newline: bool) -> None:
    try:
        playlist = parse_media_playlist("#EXTM3U\n" + ("\n" if newline else "").join(parts), BASE)
    except AppleMusicError:
        return
    assert playlist.segments


@settings(max_examples=400, deadline=None)
@given(
    at=st.integers(0, len(MAP_LAYOUT)),
    length=st.integers(0, 40),
    text=st.text(max_size=10),
)
def test_a_changed_playlist_keeps_the_rules(at: int, length: int, text: str) -> None:
    try:
        playlist = parse_media_playlist(MAP_LAYOUT[:at] + text + MAP_LAYOUT[at + length :], BASE)
    except AppleMusicError:
        return
    ends = [segment.end for segment in playlist.segments]
    assert [segment.offset for segment in playlist.segments[1:]] == ends[:-1]
    assert len(playlist.key_id) == 16


def test_attributes_keep_commas_in_quotes() -> None:
    assert parse_attributes('A=1,URI="x,y=z", B-2="",C=') == {
        "A": "1",
        "URI": "x,y=z",
        "B-2": "",
        "C": "",
    }


def test_where_to_begin_for_a_byte() -> None:
    playlist = parse_media_playlist(MAP_LAYOUT, BASE)
    head = StartPoint(0, 1199, 0.0, needs_movie=False)
    assert start_at_byte(playlist, 0) == StartPoint(0, 0, 0.0, needs_movie=False)
    assert start_at_byte(playlist, 1199) == head
    assert start_at_byte(playlist, 321_199).fetch_from == 0
    assert start_at_byte(playlist, 321_200) == StartPoint(321_200, 0, 10.0, needs_movie=True)
    assert start_at_byte(playlist, 641_199) == StartPoint(321_200, 319_999, 10.0, needs_movie=True)
    assert start_at_byte(playlist, 641_200) == StartPoint(641_200, 0, 20.5, needs_movie=True)
    for outside in (-1, 641_201, 1 << 70):
        with pytest.raises(OutOfRangeError) as caught:
            start_at_byte(playlist, outside)
        assert caught.value.reason is Reason.OFFSET_OUT_OF_RANGE


def test_where_to_begin_for_a_time() -> None:
    playlist = parse_media_playlist(MAP_LAYOUT, BASE)
    assert segment_at_time(playlist, 0) == 0
    assert segment_at_time(playlist, 9.999) == 0
    assert segment_at_time(playlist, 10) == 1
    for outside in (-0.001, 20.5, float("inf"), float("nan")):
        with pytest.raises(OutOfRangeError):
            segment_at_time(playlist, outside)


def test_a_playlist_of_the_packager_fits_its_file(song: Packaged) -> None:
    playlist = parse_media_playlist(song.playlist(12.0), BASE)
    assert playlist.init_end == song.init_end
    assert tuple((s.offset, s.end) for s in playlist.segments) == song.fragments
    assert playlist.total_bytes == len(song.data)


def test_a_table_of_segments_is_like_the_tuple_of_them() -> None:
    whole = tuple(Segment(1200 + 7 * n, 7, n / 3, 1 / 3 + n) for n in range(5))
    table = SegmentTable(whole)
    assert (len(table), tuple(table)) == (5, whole)
    one, other = (MediaPlaylist("f", "k", b"", None, each) for each in (table, whole))
    assert one == other
    assert (table[0], table[-1], table[3]) == (whole[0], whole[-1], whole[3])
    assert (table[1:4], table[3:], table[::-1]) == (whole[1:4], whole[3:], whole[::-1])
    assert hash(table) == hash(SegmentTable(whole))
    assert one != MediaPlaylist("f", "k", b"", None, whole[1:])
    assert table.index(whole[2]) == 2
    with pytest.raises(IndexError):
        table[5]
