"""What Apple gives to listen along with: lyrics and stations."""

import re
from typing import Final

from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import Reply, at
from applemusic_server.survey.questions import Survey
from applemusic_server.survey.words import kind_word, member_words

_TIMING: Final = re.compile(r"""itunes:timing\s*=\s*["'](Word|Line|None)["']""")
_NEXT: Final = 10
_HEAD_CHARACTERS: Final = 4000


async def about_listening(survey: Survey) -> list[Answer]:
    """Return what is said of lyrics and stations.

    A station moves on by being asked, which nobody sees; nothing else changes.
    """
    return [await _lyrics(survey), await _next_tracks(survey)]


async def _lyrics(survey: Survey) -> Answer:
    """Open question (a), for lyrics. Of the lyrics only how they are timed is looked at."""
    known = (*survey.songs_with_lyrics, *survey.songs)
    name, assumption = (
        "lyrics.allowed",
        (
            "The web player's host gives lyrics to a developer token of one's own; the documented "
            "host has none."
        ),
    )
    if not known:
        return judged(name, assumption, holds=None, seen=("no song to ask about",))
    path = f"/v1/catalog/{survey.storefront}/songs/{known[0]}"
    by_line = await survey.asker.api(f"{path}/lyrics", on_web_host=True)
    by_word = await survey.asker.api(f"{path}/syllable-lyrics", on_web_host=True)
    documented = await survey.asker.api(f"{path}/lyrics")
    said = "which Apple says to have lyrics" if survey.songs_with_lyrics else "unknown for lyrics"
    return judged(
        name,
        assumption,
        holds=None if not by_line.status else by_line.ok and not documented.ok,
        seen=(
            f"a song {said}",
            f"web player's host, lyrics: {_timed(by_line)}",
            f"web player's host, syllable-lyrics: {_timed(by_word)}",
            f"documented host, lyrics: {_timed(documented)}",
        ),
    )


def _timed(reply: Reply) -> str:
    attributes = at(reply.json, "data", 0, "attributes")
    if not isinstance(attributes, dict):
        return reply.shape
    text = attributes.get("ttml")
    found = _TIMING.search(text[:_HEAD_CHARACTERS]) if isinstance(text, str) else None
    timing = f"timed by {found[1]}" if found else "timing not told"
    return f"{reply.status}, {timing}, ttml: {kind_word(text)}, members {member_words(attributes)}"


async def _next_tracks(survey: Survey) -> Answer:
    """Open question (h)."""
    name, assumption = (
        "radio.next_tracks",
        "A station made of a song gives 10 songs when 10 are asked for (next-tracks, limit=10).",
    )
    if not survey.songs:
        return judged(name, assumption, holds=None, seen=("no song to ask about",))
    station = f"/v1/me/stations/next-tracks/ra.{survey.songs[0]}"
    reply = await survey.asker.api(station, {"limit": str(_NEXT)}, method="POST")
    data = at(reply.json, "data")
    count = len(data) if isinstance(data, list) else 0
    more = await survey.asker.api(station, {"limit": str(_NEXT + 1)}, method="POST")
    return judged(
        name,
        assumption,
        holds=count == _NEXT if reply.ok else None,
        seen=(f"{reply.shape}; {count} songs", f"11 asked for: {more.shape}"),
    )
