"""Lyrics, on the web player's host alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.storefronts import check_storefront
from applemusic_simulator.errors import not_found
from applemusic_simulator.hosts import AMP_API, API
from applemusic_simulator.model import Song
from applemusic_simulator.social.lyrics import Lyrics, Timing, make_lyrics
from applemusic_simulator.social.permissions import LYRICS
from applemusic_simulator.social.social import Social
from applemusic_simulator.social.ttml import TRANSLATED_TO, write_ttml

_BASE = "/catalog/{storefront}/songs/{id}"


class LyricsEndpoints:
    """`.../songs/{id}/lyrics` and `.../syllable-lyrics`, not part of Apple's public API.

    Args:
        songs: The catalogue's songs by id.
        social: Says who may read lyrics.
    """

    def __init__(self, songs: Mapping[str, Song], social: Social) -> None:
        self._songs = songs
        self._social = social

    def routes(self) -> Sequence[Route]:
        """All routes; each needs a music user token, and the public host knows none of them."""
        by_line, by_word = f"{_BASE}/lyrics", f"{_BASE}/syllable-lyrics"
        return (
            Route("GET", by_line, self._by_line, listener=True, hosts=(AMP_API,)),
            Route("GET", by_word, self._by_word, listener=True, hosts=(AMP_API,)),
            Route("GET", by_line, _nowhere, hosts=(API,)),
            Route("GET", by_word, _nowhere, hosts=(API,)),
        )

    def _by_line(self, call: Call) -> Answer:
        lyrics = self._lyrics(call)
        timing = Timing.LINE if lyrics.timing is Timing.WORD else lyrics.timing
        return _answer(call, lyrics, timing, "lyrics")

    def _by_word(self, call: Call) -> Answer:
        lyrics = self._lyrics(call)
        if lyrics.timing is not Timing.WORD:
            raise not_found()
        return _answer(call, lyrics, Timing.WORD, "syllable-lyrics")

    def _lyrics(self, call: Call) -> Lyrics:
        self._social.permissions.check(LYRICS, call.team, call.listener)
        check_storefront(call.names["storefront"])
        song = self._songs.get(call.names["id"])
        lyrics = None if song is None else make_lyrics(song)
        if lyrics is None:
            raise not_found()
        return lyrics


def _answer(call: Call, lyrics: Lyrics, timing: Timing, kind: str) -> Answer:
    language = call.query.text("l[lyrics]").partition("-")[0].lower()
    script = call.query.text("l[script]").lower()
    attributes: dict[str, Any] = {
        "ttml": write_ttml(
            lyrics,
            timing,
            translation=language == TRANSLATED_TO,
            transliteration=script.endswith("latn"),
        )
    }
    if "ttmlLocalizations" in call.query.names("extend") and lyrics.is_foreign:
        attributes["ttmlLocalizations"] = write_ttml(
            lyrics, timing, translation=True, transliteration=True
        )
    resource = {"id": call.names["id"], "type": kind, "href": call.path, "attributes": attributes}
    return Answer({"data": [resource]})


def _nowhere(_call: Call) -> Answer:
    raise not_found()
