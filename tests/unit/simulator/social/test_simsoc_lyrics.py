"""Lyrics on the web host, and the TTML they come in."""

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.model import Catalogue, Song
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.social.lyrics import Timing, make_lyrics, timing_of
from applemusic_simulator.social.ttml import time_text, write_ttml
from applemusic_simulator.social.verses import syllables

Ask = Callable[..., Awaitable[tuple[int, Any]]]
US = "/catalog/us"
TT, TTM = "{http://www.w3.org/ns/ttml}", "{http://www.w3.org/ns/ttml#metadata}"
ITUNES = "{http://music.apple.com/lyric-ttml-internal}"


def song_with(catalogue: Catalogue, timing: Timing, language: str = "en") -> Song:
    for song in catalogue.songs.values():
        lyrics = make_lyrics(song)
        if lyrics and lyrics.timing is timing and lyrics.language == language:
            return song
    raise AssertionError(timing)


async def read(ask: Ask, song: Song, what: str = "lyrics", query: str = "") -> ET.Element:
    status, body = await ask("GET", f"{US}/songs/{song.id}/{what}{query}", host="amp_api")
    assert status == 200
    (resource,) = body["data"]
    assert (resource["id"], resource["type"]) == (song.id, what)
    return ET.fromstring(resource["attributes"]["ttml"])  # noqa: S314 - written by ourselves


def seconds(text: str) -> float:
    total = 0.0
    for part in text.split(":"):
        total = total * 60 + float(part)
    return total


async def test_timed_by_line(ask: Ask, catalogue: Catalogue) -> None:
    for timing in (Timing.LINE, Timing.WORD):
        song = song_with(catalogue, timing)
        root = await read(ask, song)
        assert root.get(f"{ITUNES}timing") == "Line"
        lines = root.findall(f".//{TT}p")
        assert [line.get(f"{ITUNES}key") for line in lines] == [
            f"L{number}" for number in range(1, len(lines) + 1)
        ]
        times = [seconds(line.get(name, "")) for line in lines for name in ("begin", "end")]
        assert times == sorted(times)
        assert times[-1] <= song.duration_ms / 1000
        assert all(line.text and not list(line) for line in lines)


async def test_timed_by_word(ask: Ask, catalogue: Catalogue) -> None:
    song = song_with(catalogue, Timing.WORD)
    by_word = await read(ask, song, "syllable-lyrics")
    by_line = await read(ask, song)
    assert by_word.get(f"{ITUNES}timing") == "Word"
    words = ["".join(line.itertext()) for line in by_word.iter(f"{TT}p")]
    assert words == [line.text for line in by_line.iter(f"{TT}p")]
    for line in by_word.iter(f"{TT}p"):
        times = [
            seconds(span.get(name, ""))
            for span in line.iter(f"{TT}span")
            if span.get("begin")
            for name in ("begin", "end")
        ]
        assert times == sorted(times)
        assert times[0] >= seconds(line.get("begin", ""))
        assert times[-1] <= seconds(line.get("end", ""))


async def test_not_timed(ask: Ask, catalogue: Catalogue) -> None:
    song = song_with(catalogue, Timing.NONE)
    root = await read(ask, song)
    assert root.get(f"{ITUNES}timing") == "None"
    assert all(not line.attrib for line in root.iter(f"{TT}p"))
    path = f"{US}/songs/{song.id}/syllable-lyrics"
    assert (await ask("GET", path, host="amp_api"))[0] == 404


async def test_translation_and_transliteration(ask: Ask, catalogue: Catalogue) -> None:
    song = song_with(catalogue, Timing.WORD, "el")
    plain = await read(ask, song, "syllable-lyrics")
    assert plain.find(f".//{ITUNES}translations") is None
    query = "?l[lyrics]=en-US&l[script]=el-Latn"
    root = await read(ask, song, "syllable-lyrics", query)
    keys = [line.get(f"{ITUNES}key") for line in root.iter(f"{TT}p")]
    for name in ("translation", "transliteration"):
        texts = root.findall(f".//{ITUNES}{name}/{ITUNES}text")
        assert [text.get("for") for text in texts] == keys
        assert all("".join(text.itertext()).isascii() for text in texts) == (name == "translation")
    path = f"{US}/songs/{song.id}/lyrics?extend=ttmlLocalizations"
    _, body = await ask("GET", path, host="amp_api")
    assert "<translations>" in body["data"][0]["attributes"]["ttmlLocalizations"]
    english = song_with(catalogue, Timing.WORD)
    path = f"{US}/songs/{english.id}/lyrics?extend=ttmlLocalizations"
    _, body = await ask("GET", path, host="amp_api")
    assert set(body["data"][0]["attributes"]) == {"ttml"}


def test_duets_and_echoes(catalogue: Catalogue) -> None:
    documents = []
    for song in catalogue.songs.values():
        lyrics = make_lyrics(song)
        if lyrics and lyrics.timing is Timing.WORD:
            assert lyrics == make_lyrics(song)
            documents.append((song, ET.fromstring(write_ttml(lyrics, Timing.WORD))))  # noqa: S314 - written by ourselves
    echoes = f".//{TT}span[@{TTM}role='x-bg']"
    echoing = [root for _, root in documents if root.find(echoes) is not None]
    assert 0 < len(echoing) < len(documents)
    for root in echoing:
        for parts in root.findall(echoes):
            assert all(
                seconds(part.get("begin", "")) < seconds(part.get("end", "")) for part in parts
            )
    for song, root in documents:
        agents = {agent.get("type") for agent in root.iter(f"{TTM}agent")}
        assert agents == ({"person", "group"} if song.featured_artist_ids else {"person"})
        known = {key for agent in root.iter(f"{TTM}agent") for key in agent.attrib.values()}
        assert {line.get(f"{TTM}agent") for line in root.iter(f"{TT}p")} <= known


async def test_songs_without_and_hosts_without(ask: Ask, catalogue: Catalogue) -> None:
    silent = next(song.id for song in catalogue.songs.values() if not song.has_lyrics)
    sung = song_with(catalogue, Timing.WORD).id
    for key in (silent, "1"):
        assert (await ask("GET", f"{US}/songs/{key}/lyrics", host="amp_api"))[0] == 404
    for what in ("lyrics", "syllable-lyrics"):
        assert (await ask("GET", f"{US}/songs/{sung}/{what}"))[0] == 404
    path = f"{US}/songs/{sung}/lyrics"
    assert (await ask("GET", path, host="amp_api", without="Music-User-Token"))[0] == 403
    assert (await ask("GET", path, host="amp_api", without="Authorization"))[0] == 401
    assert (await ask("GET", path.replace("us", "qq", 1), host="amp_api"))[0] == 404


async def test_the_web_host_tells_what_is_timed(ask: Ask, catalogue: Catalogue) -> None:
    for timing in Timing:
        song = song_with(catalogue, timing)
        _, body = await ask("GET", f"{US}/songs/{song.id}", host="amp_api")
        timed = body["data"][0]["attributes"]["hasTimeSyncedLyrics"]
        assert timed is (timing_of(song) is not Timing.NONE)
        _, body = await ask("GET", f"{US}/songs/{song.id}")
        assert "hasTimeSyncedLyrics" not in body["data"][0]["attributes"]


@pytest.mark.parametrize(("answer", "status"), [("401", 401), ("403", 403), ("404", 404)])
async def test_who_may_read_them(
    ask: Ask, control: Ask, simulator: Simulator, *, answer: str, status: int
) -> None:
    path = f"{US}/songs/{song_with(simulator.world.catalogue, Timing.WORD).id}/lyrics"
    rule = {"capability": "lyrics", "answer": answer, "team": simulator.team.id}
    assert (await control("POST", "/permissions", rule))[0] == 201
    assert (await ask("GET", path, host="amp_api"))[0] == status
    # The particular rule counts before the general one.
    both = {**rule, "answer": "allow", "account": "demo"}
    assert (await control("POST", "/permissions", both))[0] == 201
    assert (await ask("GET", path, host="amp_api"))[0] == 200
    await control("DELETE", "/permissions")
    await control("POST", "/permissions", {"capability": "lyrics", "answer": answer})
    assert (await ask("GET", path, host="amp_api"))[0] == status
    await control("POST", "/reset")
    assert (await ask("GET", path, host="amp_api"))[0] == 200


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0.000"), (9_500, "9.500"), (62_000, "1:02.000"), (3_600_001, "1:00:00.001")],
)
def test_times(milliseconds: int, text: str) -> None:
    assert time_text(milliseconds) == text


@given(st.text())
def test_syllables_together_are_the_word(word: str) -> None:
    assert "".join(syllables(word)) == word


def test_words_are_cut_as_they_are_sung() -> None:
    for cut in ("gar den", "lan tern", "hum ming", "but ter fly", "lane", "pil low"):
        assert syllables(cut.replace(" ", "")) == cut.split()
