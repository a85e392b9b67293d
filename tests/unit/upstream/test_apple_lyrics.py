"""Lyrics from the host of the web player: what there is, what is refused, and why."""

import pytest

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
    UnimplementedError,
)
from applemusic_server.domain.lyrics import LyricsTiming
from applemusic_server.upstream.lyrics import AppleLyrics
from tests.support.apple_server import AppleServer, Responder, Upstream, answer, fault
from tests.support.fixtures import fixtures_folder

SYLLABLES = "/v1/catalog/us/songs/1/syllable-lyrics"
LINES = "/v1/catalog/us/songs/1/lyrics"
STOREFRONT = {"data": [{"id": "us", "type": "storefronts", "attributes": {"name": "US"}}]}


def ttml(name: str, **attributes: str) -> Responder:
    text = (fixtures_folder() / "self-written" / f"lyrics-{name}.ttml").read_text("utf-8")
    attributes = {"ttml": text, **attributes}
    return answer({"data": [{"id": "1", "type": "lyrics", "attributes": attributes}]})


@pytest.fixture
def lyrics(upstream: Upstream) -> AppleLyrics:
    return AppleLyrics(upstream.api)


async def read(lyrics: AppleLyrics, upstream: Upstream, *, by_word: bool = True) -> LyricsTiming:
    found = await lyrics.lyrics("1", upstream.listener, by_word=by_word, language="")
    return found.timing


async def test_words_before_lines(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    apple.on(SYLLABLES, ttml("word"))
    apple.on(LINES, ttml("line"))
    assert await read(lyrics, upstream) is LyricsTiming.WORD
    assert await read(lyrics, upstream, by_word=False) is LyricsTiming.LINE
    assert [each.path for each in apple.asked] == [SYLLABLES, LINES]
    assert apple.asked[0].headers["Music-User-Token"]


async def test_lines_where_there_are_no_words(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    apple.on(LINES, ttml("none"))
    assert await read(lyrics, upstream) is LyricsTiming.NONE


@pytest.mark.parametrize(
    "empty",
    [
        fault(404, "40400"),
        answer({"data": []}),
        answer({"data": [{"id": "1", "type": "lyrics"}]}),
        answer({"data": [{"id": "1", "type": "lyrics", "attributes": {"ttml": ""}}]}),
        answer({"data": [{"id": "1", "type": "lyrics", "attributes": {"ttml": "<tt/>"}}]}),
    ],
)
async def test_no_lyrics(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream, empty: Responder
) -> None:
    apple.on(SYLLABLES, empty)
    apple.on(LINES, empty)
    with pytest.raises(NotFoundError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.LYRICS_NOT_FOUND
    assert caught.value.metadata == {"id": "1"}


async def test_a_translation_is_asked_for(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    localized = (
        '<tt xmlns:itunes="http://music.apple.com/lyric-ttml-internal" xml:lang="ja"><head>'
        '<translations><translation xml:lang="de"><text for="L1">Eins</text></translation>'
        '</translations></head><body><p begin="1" itunes:key="L1">a</p></body></tt>'
    )
    apple.on(SYLLABLES, ttml("word", ttmlLocalizations=localized))
    found = await lyrics.lyrics("1", upstream.listener, by_word=True, language="de-DE")
    assert found.lines[0].translation == "Eins"
    assert apple.asked[0].query == {"extend": "ttmlLocalizations", "l[lyrics]": "de-DE"}


@pytest.mark.parametrize("status", [401, 403])
async def test_a_host_that_refuses_good_tokens_is_a_refused_capability(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream, status: int
) -> None:
    apple.on(SYLLABLES, fault(status))
    apple.on("/v1/test", answer())
    apple.on("/v1/me/storefront", answer(STOREFRONT))
    with pytest.raises(UnimplementedError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.CAPABILITY_REFUSED
    assert caught.value.metadata == {"capability": "lyrics"}
    assert caught.value.links[0].url.endswith("docs/lyrics.md")
    assert [each.path for each in apple.asked] == [SYLLABLES, "/v1/test", "/v1/me/storefront"]


async def test_a_dead_user_token_is_no_refused_capability(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    apple.on(SYLLABLES, fault(403, "40300"))
    apple.on("/v1/test", answer())
    apple.on("/v1/me/storefront", fault(403, "40300"))
    with pytest.raises(UnauthenticatedError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_REJECTED


async def test_a_dead_developer_token_is_no_refused_capability(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    apple.on(SYLLABLES, fault(401))
    apple.on("/v1/test", fault(401))
    with pytest.raises(FailedPreconditionError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED


async def test_what_is_no_ttml_is_said_without_quoting_it(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    bomb = '<!DOCTYPE tt [<!ENTITY secret "words">]><tt>&secret;</tt>'
    body = {"data": [{"id": "1", "type": "lyrics", "attributes": {"ttml": bomb}}]}
    apple.on(SYLLABLES, answer(body))
    with pytest.raises(InternalError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert "secret" not in caught.value.message


async def test_other_failures_stay_what_they_are(
    apple: AppleServer, lyrics: AppleLyrics, upstream: Upstream
) -> None:
    apple.on(SYLLABLES, answer("<html>", status=503, content_type="text/html"))
    with pytest.raises(AppleMusicError) as caught:
        await read(lyrics, upstream)
    assert caught.value.reason is Reason.UPSTREAM_UNAVAILABLE
