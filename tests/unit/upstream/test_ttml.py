"""Lyrics out of TTML, and XML that means harm."""

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from applemusic_server.application.lrc import enhanced_lrc, lrc, plain_text
from applemusic_server.domain.lyrics import Lyrics, LyricsTiming
from applemusic_server.upstream.parse.ttml import LyricsMalformedError, parse_ttml
from applemusic_server.upstream.parse.xml_tree import MOST_BYTES, XmlRefusedError, parse_xml
from tests.support.fixtures import fixtures_folder

SNAPSHOT = Path(__file__).with_name("parsed_lyrics.json")
UPDATE = os.environ.get("APPLEMUSIC_UPDATE_SNAPSHOT") == "1"
NAMESPACES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata" '
    'xmlns:itunes="http://music.apple.com/lyric-ttml-internal"'
)


def document(body: str, *, timing: str = "Word", head: str = "") -> str:
    return (
        f'<tt {NAMESPACES} itunes:timing="{timing}" xml:lang="ja"><head><metadata>{head}'
        f"</metadata></head><body><div>{body}</div></body></tt>"
    )


def shown(lyrics: Lyrics) -> object:
    def seconds(value: object) -> object:
        return value.total_seconds() if isinstance(value, timedelta) else str(value)

    texts = {"plain": plain_text(lyrics), "lrc": lrc(lyrics), "enhanced": enhanced_lrc(lyrics)}
    return json.loads(json.dumps({**asdict(lyrics), **texts}, default=seconds))


def test_the_fixtures_parse_into_what_a_person_looked_at() -> None:
    folder = fixtures_folder() / "self-written"
    found = {
        path.name: shown(parse_ttml(path.read_text("utf-8")))
        for path in sorted(folder.glob("lyrics-*.ttml"))
    }
    if UPDATE:
        SNAPSHOT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", "utf-8")
    assert found == json.loads(SNAPSHOT.read_text("utf-8"))
    assert len(found) == 3


def test_syllables_words_and_voices() -> None:
    lyrics = parse_ttml(
        document(
            '<p begin="1.5" end="0:04.000" ttm:agent="v2" itunes:key="L1">'
            '<span begin="1.5" end="2">Pack</span><span begin="2" end="2.5">ets</span> '
            '<span begin="2.5" end="3">go </span><span begin="3" end="3.2">!</span>'
            '<span ttm:role="x-bg" begin="3" end="4"><span begin="3" end="3.5">(way</span> '
            '<span begin="3.5" end="4">home)</span></span>'
            '<span ttm:role="x-roman">pakketsu</span>'
            '<span ttm:role="x-translation">Pakete</span></p>',
            head='<ttm:agent type="person" xml:id="v1"><ttm:name>Ann</ttm:name></ttm:agent>'
            '<ttm:agent type="group" xml:id="v2"/>',
        ),
        "de",
    )
    (line,) = lyrics.lines
    assert line.text == "Packets go ! (way home)"
    words = [(each.text, each.word_end) for each in line.syllables]
    assert words == [("Pack", False), ("ets", True), ("go", True), ("!", True)]
    assert [each.text for each in line.background] == ["(way", "home)"]
    assert (line.agent_id, line.transliteration, line.translation) == ("v2", "pakketsu", "Pakete")
    assert (line.start, line.end) == (timedelta(seconds=1.5), timedelta(seconds=4))
    assert [(each.id, each.name, each.group) for each in lyrics.agents] == [
        ("v1", "Ann", False),
        ("v2", "", True),
    ]


HEAD = (
    '<iTunesMetadata xmlns="http://music.apple.com/lyric-ttml-internal"><translations>'
    '<translation type="subtitle" xml:lang="de"><text for="L1">Eins</text></translation>'
    '<translation type="subtitle" xml:lang="pt-BR"><text for="L1">Um</text></translation>'
    '</translations><transliterations><transliteration xml:lang="ja-Latn">'
    '<text for="L1">ichi <span>ban</span></text></transliteration></transliterations>'
    "<songwriters><songwriter>A B</songwriter><songwriter>C</songwriter></songwriters>"
    "</iTunesMetadata>"
)


@pytest.mark.parametrize(
    ("wanted", "found"), [("", ""), ("de-AT", "Eins"), ("pt", "Um"), ("fr", "")]
)
def test_translations_come_in_the_language_asked_for(wanted: str, found: str) -> None:
    lyrics = parse_ttml(document('<p begin="1" itunes:key="L1">一</p>', head=HEAD), wanted)
    assert lyrics.lines[0].translation == found
    assert lyrics.lines[0].transliteration == "ichi ban"
    assert lyrics.songwriters == ("A B", "C")
    assert lyrics.language == "ja"


@pytest.mark.parametrize(
    ("body", "said", "timing"),
    [
        ("<p>a</p>", "Word", LyricsTiming.NONE),
        ('<p begin="1" end="2">a</p>', "Word", LyricsTiming.LINE),
        ('<p begin="1" end="2">a</p>', "Line", LyricsTiming.LINE),
        ('<p begin="1" end="2">a</p>', "None", LyricsTiming.NONE),
        ('<p begin="1"><span begin="1" end="2">a</span></p>', "Word", LyricsTiming.WORD),
    ],
)
def test_timing_is_what_the_lines_hold(body: str, said: str, timing: LyricsTiming) -> None:
    assert parse_ttml(document(body, timing=said)).timing is timing


@pytest.mark.parametrize(
    ("time", "seconds"),
    [("7", 7), ("7.25s", 7.25), ("1:02.5", 62.5), ("1:01:01.000001", 3661.000001), ("99:59", 5999)],
)
def test_times(time: str, seconds: float) -> None:
    line = parse_ttml(document(f'<p begin="{time}">a</p>')).lines[0]
    assert line.start == timedelta(seconds=seconds)


@pytest.mark.parametrize("time", ["x", "-1", "1:2:3:4", "1e5", "99999999", "1,5", "٣", "25:00:00"])
def test_what_is_no_time(time: str) -> None:
    with pytest.raises(LyricsMalformedError):
        parse_ttml(document(f'<p begin="{time}">a</p>'))


def test_an_end_before_its_beginning_is_moved() -> None:
    line = parse_ttml(document('<p begin="5" end="4">a</p>')).lines[0]
    assert line.end == line.start


def harmful() -> Iterator[tuple[str, str]]:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = document("<p>&l9;</p>")
    yield "laughs", f'<!DOCTYPE tt [<!ENTITY l0 "ha">{laughs}]>{body}'
    entity = '<!DOCTYPE tt [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    yield "file", entity + document("<p>&x;</p>")
    yield "external", '<!DOCTYPE tt SYSTEM "http://127.0.0.1:9/x.dtd">' + body
    yield "lower case", "<!doctype tt>" + body
    yield "undeclared", document("<p>&nothing;</p>")
    yield "deep", "<tt>" + "<p>" * 100 + "</p>" * 100 + "</tt>"
    yield "very deep", "<tt>" + "<p>" * 200_000
    yield "large", document("<p>" + "x" * (MOST_BYTES + 1) + "</p>")
    yield "many", document("<p/>" * 150_000)
    yield "not xml", "not xml"
    yield "empty", ""
    yield "cut", document("<p>a</p>")[:-5]
    yield "nul", document("<p>\x00</p>")
    yield "surrogate", document("<p>\ud800</p>")
    yield "html", "<html><body>Service unavailable</body></html>"


HARMFUL = dict(harmful())


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_is_refused(name: str) -> None:
    with pytest.raises(LyricsMalformedError) as caught:
        parse_ttml(HARMFUL[name])
    assert "passwd" not in str(caught.value)


def test_a_declared_encoding_does_not_decode_anew() -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?>' + document("<p>für</p>")
    assert parse_ttml(text).lines[0].text == "für"


TREE = st.recursive(
    st.text(st.characters(blacklist_categories=["Cs"]), max_size=5).map(
        lambda text: text.replace("&", "&amp;").replace("<", "&lt;")
    ),
    lambda inner: st.builds(
        lambda name, attributes, parts: f"<{name} {attributes}>{''.join(parts)}</{name}>",
        st.sampled_from(["p", "span", "div", "text", "translation"]),
        st.sampled_from(
            ["", 'begin="1"', 'begin="2" end="1"', 'ttm:role="x-bg"', 'begin="x"', 'for="L1"']
        ),
        st.lists(inner, max_size=4),
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(TREE, st.sampled_from(["Word", "Line", "None", "?"]), st.sampled_from(["", "de"]))
def test_any_document_is_read_or_refused(body: str, timing: str, language: str) -> None:
    try:
        lyrics = parse_ttml(document(body, timing=timing, head=HEAD), language)
    except LyricsMalformedError:
        return
    assert all(line.text for line in lyrics.lines)
    for text in (plain_text(lyrics), lrc(lyrics), enhanced_lrc(lyrics)):
        text.encode()


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_xml_or_refused(text: str) -> None:
    with contextlib.suppress(XmlRefusedError):
        parse_xml(text).words().encode()
