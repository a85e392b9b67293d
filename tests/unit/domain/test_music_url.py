"""Addresses of Apple Music pages: all forms that people share, and nothing else."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from applemusic_server.domain.errors import InvalidArgumentError, Reason
from applemusic_server.domain.music_url import MusicUrl, parse_music_url
from applemusic_server.domain.resources import ResourceType as T

SHARED = [
    ("https://music.apple.com/us/album/some-song/1440857780?i=1440857781", T.SONG, "1440857781"),
    ("https://music.apple.com/us/album/1440857780?i=1440857781", T.SONG, "1440857781"),
    ("https://music.apple.com/us/song/some-song/1440857781", T.SONG, "1440857781"),
    ("https://music.apple.com/us/song/1440857781", T.SONG, "1440857781"),
    ("https://music.apple.com/us/album/some-album/1440857780", T.ALBUM, "1440857780"),
    ("https://music.apple.com/us/album/1440857780", T.ALBUM, "1440857780"),
    ("https://music.apple.com/us/album/f%C3%BCr-elise/1440857780/", T.ALBUM, "1440857780"),
    ("https://music.apple.com/us/album/für-elise/1440857780", T.ALBUM, "1440857780"),
    ("https://music.apple.com/us/artist/somebody/159260351", T.ARTIST, "159260351"),
    ("https://music.apple.com/us/playlist/a-list/pl.f4d106fed2bd41149aaac", T.PLAYLIST, None),
    ("https://music.apple.com/us/playlist/pl.u-76oNlvYT8yNv4rL", T.PLAYLIST, None),
    ("https://music.apple.com/us/playlist/mix/pl.pm-20e9f373919da080", T.PLAYLIST, None),
    ("https://music.apple.com/us/station/apple-music-1/ra.978194965", T.STATION, "ra.978194965"),
    ("https://music.apple.com/us/station/mine/ra.u-6f0c9b", T.STATION, "ra.u-6f0c9b"),
    ("https://music.apple.com/us/music-video/a-video/1552406856", T.MUSIC_VIDEO, "1552406856"),
    ("https://music.apple.com/us/curator/apple-music-pop/976439548", T.CURATOR, "976439548"),
    ("https://music.apple.com/us/apple-curator/x/976439548", T.CURATOR, "976439548"),
    ("https://music.apple.com/us/record-label/a-label/1543411840", T.RECORD_LABEL, "1543411840"),
    ("https://geo.music.apple.com/us/album/x/1440857780?at=1l3v&ct=y&app=music", T.ALBUM, None),
    ("https://embed.music.apple.com/us/album/x/1440857780", T.ALBUM, "1440857780"),
    ("https://itunes.apple.com/us/album/x/id1440857780?i=1440857781&uo=4", T.SONG, "1440857781"),
    ("https://itunes.apple.com/us/artist/x/id159260351", T.ARTIST, "159260351"),
    ("itms://music.apple.com/us/album/x/1440857780", T.ALBUM, "1440857780"),
    ("itmss://itunes.apple.com/us/album/x/id1440857780", T.ALBUM, "1440857780"),
    ("music://music.apple.com/us/album/x/1440857780", T.ALBUM, "1440857780"),
    ("musics://music.apple.com/us/album/x/1440857780", T.ALBUM, "1440857780"),
    ("HTTPS://MUSIC.APPLE.COM/US/album/x/1440857780#top", T.ALBUM, "1440857780"),
    ("music.apple.com/us/album/x/1440857780", T.ALBUM, "1440857780"),
    ("https://classical.music.apple.com/us/album/1440857780", T.ALBUM, "1440857780"),
    ("https://music.apple.com/us/artist/x/159260351/see-all?section=top", T.ARTIST, "159260351"),
    ("  https://music.apple.com/us/album/x/1440857780?l=es-MX&ls \n", T.ALBUM, "1440857780"),
]


@pytest.mark.parametrize(("url", "kind", "resource_id"), SHARED)
def test_forms_that_people_share(url: str, kind: T, resource_id: str | None) -> None:
    shown = parse_music_url(url)
    assert (shown.type, shown.storefront) == (kind, "us")
    assert shown.id == (resource_id or url.partition("?")[0].rpartition("/")[2])


def test_a_storefront_may_be_missing() -> None:
    assert parse_music_url("https://geo.music.apple.com/album/x/1?i=2") == MusicUrl(T.SONG, "2", "")
    assert parse_music_url("https://music.apple.com/artist/3") == MusicUrl(T.ARTIST, "3", "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "   ",
        "1440857780",
        "https://example.com/us/album/x/1",
        "https://music.apple.com.example.com/us/album/x/1",
        "https://evil-music.apple.com/us/album/x/1",
        "https://music.apple.com@example.com/us/album/x/1",
        "https://user@music.apple.com/us/album/x/1",
        "https://user:pass@music.apple.com/us/album/x/1",
        "https://music.apple.com:8443/us/album/x/1",
        "https://music.apple.com:https/us/album/x/1",
        "https://[music.apple.com/us/album/x/1",
        "ftp://music.apple.com/us/album/x/1",
        "javascript://music.apple.com/us/album/x/1",
        "file:///us/album/x/1",
        "https://music.apple.com",
        "https://music.apple.com/",
        "https://music.apple.com/us",
        "https://music.apple.com/us/album",
        "https://music.apple.com/us/album/",
        "https://music.apple.com/us/album/x/",
        "https://music.apple.com/us/album/x/y/1",
        "https://music.apple.com/us/album//1",
        "https://music.apple.com/us/album/x/1a",
        "https://music.apple.com/us/album/x/١٢٣",
        "https://music.apple.com/us/album/x/1%2F..%2Fme",
        "https://music.apple.com/us/album/x/pl.123",
        "https://music.apple.com/us/playlist/x/123",
        "https://music.apple.com/us/playlist/x/pl.",
        "https://music.apple.com/us/playlist/x/pl./../..",
        "https://music.apple.com/us/station/x/pl.123",
        "https://music.apple.com/us/genre/x/34",
        "https://music.apple.com/us/library/albums/l.1",
        "https://music.apple.com/us/browse",
        "https://music.apple.com/usa/album/x/1",
        "https://music.apple.com/us/album/x/1?i=abc",
        "https://music.apple.com/us/album/x/1?i=1&i=2",
        "https://music.apple.com/us/album/x/1?i=1/../../me",
        "https://music.apple.com/us/al\nbum/x/1",
        "https://music.apple.com\\@example.com/us/album/x/1",
        "https://music.apple.com/us/album/x/id1",
        "https://music.apple.com/us/album/x/" + "1" * 21,
        "https://music.apple.com/us/album/" + "x" * 3000 + "/1",
        "https://music.apple.com/us/album/x/1?" + "&".join("a=1" for _ in range(100)),
    ],
)
def test_everything_else_is_refused(url: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_music_url(url)
    assert caught.value.reason is Reason.UNSUPPORTED_URL
    assert caught.value.violations[0].field == "url"


def test_a_foreign_host_is_named() -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        parse_music_url("https://open.example.com/track/1")
    assert caught.value.metadata == {"host": "open.example.com"}


PIECES = st.sampled_from(
    [
        *("https://", "itms://", "music.apple.com", "geo.music.apple.com", "/us", "/", "/album"),
        *("/song", "/playlist", "/station", "/x", "/1440857780", "/pl.u-1", "/ra.1", "?i=12"),
        *("&l=en", "#", "%2e", "..", "\\", "@", ":80", "\x00", "é", " ", "id1"),
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join))
@example("https://music.apple.com/us/album/x/1?i=%31")
def test_any_text_is_read_or_refused(url: str) -> None:
    try:
        shown = parse_music_url(url)
    except InvalidArgumentError:
        return
    # What comes out goes into a path of Apple's.
    assert shown.id.replace(".", "").replace("-", "").isalnum()
    assert shown.id.isascii()
    assert shown.storefront == "" or (len(shown.storefront) == 2 and shown.storefront.isalpha())
