"""Playlists of broadcasts, and the window that moves over them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.media.live_playlist import (
    LivePlaylist,
    LiveSegment,
    Variant,
    parse_live_playlist,
)
from applemusic_server.media.live_tuning import LiveTuning
from applemusic_server.media.live_window import LiveWindow

URL = "https://radio.test/live/index.m3u8?sig=secret"
MEDIA = """#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:41
#EXTINF:5.99,Song, with a comma
41.aac?sig=a
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z
#EXTINF:6
../other/42.aac
#EXT-X-GAP
#EXTINF:6,
//cdn.test/43.aac
#EXTINF:6,
https://else.test/44.aac
"""


def media(text: str, url: str = URL) -> LivePlaylist:
    found = parse_live_playlist(text, url)
    assert isinstance(found, LivePlaylist)
    return found


def variants(text: str) -> tuple[Variant, ...]:
    found = parse_live_playlist(text, URL)
    assert isinstance(found, tuple)
    return found


def failure(text: str) -> AppleMusicError:
    with pytest.raises(AppleMusicError) as caught:
        parse_live_playlist(text, URL)
    assert "secret" not in str(caught.value)
    return caught.value


def test_a_live_window() -> None:
    found = media(MEDIA)
    assert (found.target_duration, found.ended) == (6.0, False)
    assert [(each.number, each.url, each.duration, each.absent) for each in found.segments] == [
        (41, "https://radio.test/live/41.aac?sig=a", 5.99, False),
        (42, "https://radio.test/other/42.aac", 6.0, False),
        (43, "https://cdn.test/43.aac", 6.0, True),
        (44, "https://else.test/44.aac", 6.0, False),
    ]


def test_line_ends_byte_order_marks_and_an_end() -> None:
    found = media("\ufeff" + MEDIA.replace("\n", "\r\n") + "#EXT-X-ENDLIST\r\n")
    assert found.ended
    assert len(found.segments) == 4


def test_byte_ranges_and_init_segments() -> None:
    found = media(
        "#EXTM3U\n#EXT-X-TARGETDURATION:4\n"
        '#EXT-X-MAP:URI="init.mp4"\n'
        "#EXTINF:4,\n#EXT-X-BYTERANGE:100@50\nall.mp4\n"
        "#EXTINF:4,\n#EXT-X-BYTERANGE:70\nall.mp4\n"
    )
    assert [each.byte_range for each in found.segments] == [(50, 150), (150, 220)]
    assert {each.init_url for each in found.segments} == {"https://radio.test/live/init.mp4"}


def test_nothing_yet_is_a_playlist() -> None:
    assert media("#EXTM3U\n#EXT-X-TARGETDURATION:4\n").segments == ()


def test_addresses_are_not_shown() -> None:
    found = media(MEDIA)
    assert "sig" not in repr(found)
    assert "cdn" not in repr(found)


def test_the_best_variant_of_aac_first() -> None:
    found = variants(
        "#EXTM3U\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.5"\nlow.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=320000,CODECS="mp4a.40.34"\nmp3.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1x1\nv.m3u8\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=256000,CODECS="mp4a.40.2"\nhigh.m3u8?sig=1\n'
        "#EXT-X-STREAM-INF:BANDWIDTH=128000\nunknown.m3u8\n"
        '#EXT-X-STREAM-INF:BANDWIDTH=400000,CODECS="ac-3"\nac3.m3u8\n'
    )
    base = "https://radio.test/live/"
    assert [(each.url.removeprefix(base), each.codec) for each in found] == [
        ("high.m3u8?sig=1", "mp4a.40.2"),
        ("unknown.m3u8", ""),
        ("low.m3u8", "mp4a.40.5"),
    ]


def test_sound_apart_from_pictures() -> None:
    (found,) = variants(
        "#EXTM3U\n"
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="second",URI="second.m3u8"\n'
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,URI="main.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"\nv.m3u8\n'
    )
    assert found.url == "https://radio.test/live/main.m3u8"


def test_nothing_but_pictures() -> None:
    error = failure('#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.4d401f"\nv.m3u8\n')
    assert error.reason is Reason.RENDITION_NOT_FOUND


@pytest.mark.parametrize("tag", ["KEY", "SESSION-KEY"])
@pytest.mark.parametrize("method", ["AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR", "ISO-23001-7", "X"])
def test_protection(tag: str, method: str) -> None:
    line = f'#EXT-X-{tag}:METHOD={method},URI="skd://x"\n'
    master = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n" + line
    assert failure(master).reason is Reason.LIVE_STATION_PROTECTED
    if tag == "KEY":
        assert failure(MEDIA + line).reason is Reason.LIVE_STATION_PROTECTED


def test_no_protection_by_name() -> None:
    assert media(MEDIA.replace("#EXT-X-GAP", "#EXT-X-KEY:METHOD=NONE")).segments


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "#EXTM3U\n",
        MEDIA.replace("#EXT-X-TARGETDURATION:6\n", ""),
        MEDIA.replace("DURATION:6", "DURATION:0"),
        MEDIA.replace("DURATION:6", "DURATION:9999"),
        MEDIA.replace("DURATION:6", "DURATION:-1"),
        MEDIA.replace("SEQUENCE:41", "SEQUENCE:x"),
        MEDIA.replace("SEQUENCE:41", "SEQUENCE:9999999999999999999"),
        MEDIA + "#EXT-X-MEDIA-SEQUENCE:3\n",
        MEDIA + "no-duration.aac\n",
        MEDIA + "#EXTINF:nan,\nx.aac\n",
        MEDIA + "#EXTINF:1,\nfile:///etc/passwd\n",
        MEDIA + "#EXTINF:1,\nhttp://[broken\n",
        MEDIA + "#EXTINF:1,\n" + "x" * 5000 + "\n",
        MEDIA + "#EXTINF:1,\n#EXT-X-BYTERANGE:5\nx.aac\n",
        MEDIA + "#EXTINF:1,\n#EXT-X-BYTERANGE:0@0\nx.aac\n",
        MEDIA + '#EXT-X-DEFINE:NAME="x",VALUE="y"\n',
        MEDIA + "#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n",
        MEDIA + "#EXT-X-MAP:BYTERANGE=3\n",
        MEDIA + "#EXT-X-KEY:,,,\n",
        "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=many\nx.m3u8\n",
        "#EXTM3U\n" + "#EXT-X-STREAM-INF:BANDWIDTH=1\nx.m3u8\n" * 65,
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n" + "#EXTINF:1,\nx\n" * 10_001,
        "#EXTM3U\n" + "\n" * 50_001,
        "#EXTM3U\n" + "#" * (1 << 20),
    ],
)
def test_what_is_no_playlist(text: str) -> None:
    error = failure(text)
    assert error.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert error.metadata == {"endpoint": "live.playlist"}


LINES = st.sampled_from(
    [
        *MEDIA.splitlines(),
        "#EXT-X-BYTERANGE:7@3",
        "#EXT-X-BYTERANGE:7",
        "#EXT-X-ENDLIST",
        '#EXT-X-MAP:URI="i.mp4"',
        "#EXT-X-KEY:METHOD=NONE",
        '#EXT-X-STREAM-INF:BANDWIDTH=5,CODECS="mp4a.40.2",AUDIO="a"',
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="a.m3u8"',
        "#EXT-X-PART:DURATION=1,URI=x",
    ]
)


@settings(max_examples=300, deadline=None)
@given(lines=st.lists(LINES | st.text(max_size=40), max_size=25))
def test_any_playlist(lines: list[str]) -> None:
    found: LivePlaylist | tuple[Variant, ...] | Reason
    try:
        found = parse_live_playlist("\n".join(["#EXTM3U", *lines]), URL)
    except AppleMusicError as error:
        found = error.reason
    if isinstance(found, Reason):
        assert found in {
            Reason.UPSTREAM_RESPONSE_INVALID,
            Reason.LIVE_STATION_PROTECTED,
            Reason.RENDITION_NOT_FOUND,
        }
    elif isinstance(found, LivePlaylist):
        numbers = [each.number for each in found.segments]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))) if numbers else True
        assert all(each.url.startswith("http") for each in found.segments)
    else:
        assert found


def window_of(first: int, count: int, *, ended: bool = False) -> LivePlaylist:
    segments = tuple(
        LiveSegment(number, f"https://radio.test/{number}", None, 6.0)
        for number in range(first, first + count)
    )
    return LivePlaylist(6.0, segments, ended)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.integers(0, 12)),
        st.tuples(st.just("take"), st.integers(1, 4)),
        st.tuples(st.just("stale"), st.integers(0, 3)),
    ),
    max_size=40,
)


@settings(max_examples=200, deadline=None)
@given(steps=STEPS, length=st.integers(1, 30))
def test_a_window_never_goes_back_and_tells_every_gap(
    steps: list[tuple[str, int]], length: int
) -> None:
    window = LiveWindow(LiveTuning())
    edge = 100
    window.update(window_of(edge - length, length))
    last: int | None = None
    for what, count in steps:
        if what == "move":
            edge += count
            window.update(window_of(edge - length, length))
        elif what == "stale":
            window.update(window_of(edge - length - min(count, length - 1), length))
        else:
            for _ in range(count):
                segment = window.first
                if segment is None:
                    break
                told = window.gaps()
                assert last is None or segment.number > last
                assert (last is not None and segment.number > last + 1) == bool(told)
                last = segment.number
                window.take()
    assert edge - (window.first.number if window.first else edge) <= max(length, 10)


def test_a_window_begins_three_target_durations_before_the_end() -> None:
    window = LiveWindow(LiveTuning())
    window.update(window_of(10, 8))
    assert window.first is not None
    assert window.first.number == 15
    window = LiveWindow(LiveTuning())
    window.update(window_of(10, 2))
    assert window.first is not None
    assert window.first.number == 10


def test_a_window_of_something_that_is_over() -> None:
    window = LiveWindow(LiveTuning())
    assert window.update(window_of(10, 30, ended=True))
    assert window.first is not None
    assert window.first.number == 10
    for _ in range(30):
        assert not window.at_end
        window.take()
    assert window.at_end
