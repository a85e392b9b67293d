"""What the survey makes of what Apple sends: facts, and never a word that could be private."""

import base64
import json
import re
import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.survey import words
from applemusic_server.survey.answer import Answer, Verdict
from applemusic_server.survey.asking import Reply, at
from applemusic_server.survey.file_facts import read_head
from applemusic_server.survey.guard import LEFT_OUT, Guard
from applemusic_server.survey.playlist_facts import read_playlist

URL = "https://aod.itunes.apple.com/itunes-assets/x/p.m3u8"
SECRET = "Ak3" + "xYz0" * 20
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
SAFE = re.compile(r"[\x20-\x7e]*")


@given(value=JSON)
def test_words_are_short_and_plain(value: Any) -> None:
    said = [words.code_word(value), words.kind_word(value), words.host_word(value)]
    said += [words.parameter_word(value), words.number_word(value)]
    if isinstance(value, dict):
        said += [words.member_words(value), words.flavor_words(value)]
    assert all(SAFE.fullmatch(each) and len(each) < 500 for each in said)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (words.code_word("40403"), "40403"),
        (words.code_word(-1004), "-1004"),
        (words.code_word(SECRET), "other"),
        (words.code_word(value=True), "other"),
        (words.member_words({"data": 1, SECRET: 2, "x y": 3}), "data and 2 others"),
        (words.flavor_words(["28:ctrp256", SECRET]), "28:ctrp256 and 1 others"),
        (words.host_word("https://aod-ssl.itunes.apple.com/a?b=c"), "aod-ssl.itunes.apple.com"),
        (words.host_word(f"https://{SECRET}.example.com/"), "other"),
        (words.host_word("https://[::"), "other"),
        (words.parameter_word("limit[tracks]"), "limit[tracks]"),
        (words.parameter_word(SECRET), "other"),
        (words.type_word("application/json;charset=utf-8"), "JSON"),
        (words.type_word(SECRET), "another type"),
        (words.box_word(b"moof"), "moof"),
        (words.box_word(b"\xff\0ab"), "other"),
    ],
)
def test_what_becomes_of_what_apple_says(said: str, wanted: str) -> None:
    assert said == wanted


@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_any_body_has_a_shape(body: bytes) -> None:
    reply = Reply(404, "application/json", body)
    assert reply.shape.startswith("404, ")
    assert SAFE.fullmatch(reply.shape)


def test_shapes_tell_form_and_not_content() -> None:
    error = {"errors": [{"code": "40300", "detail": SECRET, "title": "Anna", SECRET: 1}]}
    shape = Reply(403, "application/json", json.dumps(error).encode()).shape
    assert shape == "403, JSON, code 40300, an error with code, detail, title and 1 others"
    assert Reply(500, "text/html", b"<p>Anna").shape == "500, HTML that is no JSON object"
    assert Reply(401).shape == "401, empty body"
    assert Reply(0).shape == "no answer"


@given(value=JSON, path=st.lists(st.text(max_size=3) | st.integers(0, 3), max_size=4))
def test_looking_into_any_json(value: Any, path: list[str | int]) -> None:
    at(value, *path)


@given(head=st.binary(max_size=300))
def test_any_head_of_a_file_is_looked_at(head: bytes) -> None:
    facts = read_head(head)
    assert all(SAFE.fullmatch(each) for each in (*facts.boxes, *facts.encryption(), *facts.sound()))


LINES = [
    *(
        "#EXTM3U",
        "#EXTINF:1.5,",
        "#EXTINF:x",
        "#EXT-X-BYTERANGE:5@0",
        "#EXT-X-BYTERANGE:5",
        "a.mp4",
    ),
    *('#EXT-X-KEY:METHOD=ISO-23001-7,URI="data:;base64,AAAA"', "#EXT-X-KEY:URI", "#EXT-X-MAP:x=1"),
    *("#EXT-X-VERSION:7", f"#{SECRET}", f"#EXT-X-KEY:METHOD={SECRET}", "http://[::"),
    "#EXT-X-ENDLIST",
]


@given(text=st.text(max_size=400) | st.lists(st.sampled_from(LINES)).map("\n".join))
def test_any_playlist_is_looked_at(text: str) -> None:
    facts = read_playlist(text, URL)
    said = " ".join((*facts.structure(), *facts.fragments()))
    assert SAFE.fullmatch(said)
    assert SECRET not in said


def test_what_a_playlist_says_of_itself() -> None:
    key = base64.b64encode(bytes(4) + b"\1" * 12).decode()
    text = "\n".join(
        [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            "#EXT-X-TARGETDURATION:10",
            f'#EXT-X-KEY:METHOD=ISO-23001-7,URI="data:;base64,{key}"',
            '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"',
            '#EXT-X-MAP:URI="a.mp4",BYTERANGE="700@0"',
            *("#EXTINF:10,", "#EXT-X-BYTERANGE:100@700", "a.mp4"),
            *("#EXTINF:10,", "#EXT-X-BYTERANGE:100@800", "a.mp4"),
            *("#EXTINF:3,", "#EXT-X-BYTERANGE:30@900", "a.mp4"),
            "#EXT-X-ENDLIST",
        ]
    )
    facts = read_playlist(text, URL)
    assert facts.read is not None
    assert facts.usual_duration == 10
    assert facts.first_offset == 700
    said = facts.structure()
    assert "version 6, target duration 10, files named: 1" in said
    assert "init segment: MAP line with 700 bytes at 0" in said
    assert (
        "key line: METHOD ISO-23001-7, no KEYFORMAT, URI a key id of 16 bytes, beginning with 4 "
        "zeros"
    ) in said
    assert "key line: METHOD SAMPLE-AES, FairPlay, URI skd" in said
    assert key not in " ".join(said)


def test_a_playlist_that_the_server_refuses_is_looked_at_all_the_same() -> None:
    facts = read_playlist("#EXTM3U\n#EXT-X-STREAM-INF:X\nb.mp4\n", URL)
    assert facts.read is None
    assert facts.file_url == "https://aod.itunes.apple.com/itunes-assets/x/b.mp4"
    assert "the server cannot play by it" in facts.structure()


def answer(*seen: str) -> Answer:
    return Answer("x", "It is so.", Verdict.HOLDS, seen)


@given(start=st.integers(0, len(SECRET) - 8), length=st.integers(8, len(SECRET)))
def test_no_piece_of_a_secret_passes(start: int, length: int) -> None:
    piece = SECRET[start : start + length]
    (checked,) = Guard([SECRET], []).checked([answer(f"seen {piece}!", "200, JSON with data")])
    assert checked.seen[0] == LEFT_OUT or len(piece) < 8
    assert checked.seen[1] == "200, JSON with data"


@pytest.mark.parametrize(
    "fact",
    [
        "by Anna",
        "by anna, too",
        "host http://x",
        "with ?token=1",
        "song i.abcdefGHIJ",
        "playlist pl.u-1",
        "key 0123456789abcdef01234567",
        "token eyJhbGci",
        "someone@example.org",
        "x" * 30,
        "x\u00e9",
    ],
)
def test_what_looks_private_is_left_out(fact: str) -> None:
    (checked,) = Guard([], ["Anna", "", " "]).checked([answer(fact)])
    assert checked.seen == (LEFT_OUT,)


@given(noise=st.text(string.printable, max_size=40))
def test_what_is_clean_stays(noise: str) -> None:
    assert Guard([SECRET], ["Anna"]).is_clean(noise)
