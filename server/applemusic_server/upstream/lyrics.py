"""Lyrics, which only the host of Apple's web player has, and not for every developer token."""

from typing import Final

from applemusic_server.domain.capability import lyrics_refused
from applemusic_server.domain.errors import (
    NotFoundError,
    Reason,
    UnauthenticatedError,
    UnimplementedError,
)
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.lyrics import Lyrics
from applemusic_server.upstream.api_client import ApiClient, Missing, Question, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.failures import invalid_answer
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.ttml import LyricsMalformedError, parse_ttml

# No song has it; Apple's ids begin higher.
_NO_SONG: Final = "1"


class AppleLyrics:
    """Reads lyrics; implements `LyricsGateway`.

    Args:
        api: Asks Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def lyrics(
        self, song_id: str, listener: Listener, *, by_word: bool, language: str
    ) -> Lyrics:
        """Return the lyrics of a song: timed by word where Apple has that, else as Apple has it.

        Raises:
            NotFoundError: LYRICS_NOT_FOUND.
            UnimplementedError: CAPABILITY_REFUSED.
            AppleMusicError: A token or UPSTREAM reason.
        """
        for name in ("syllable-lyrics", "lyrics") if by_word else ("lyrics", "syllable-lyrics"):
            answer = await self._ask(song_id, name, listener, language)
            found = _parse(answer, language) if isinstance(answer, JsonReader) else None
            if found is not None:
                return found
        raise NotFoundError(
            Reason.LYRICS_NOT_FOUND,
            f"song {song_id!r} has no lyrics in storefront {listener.storefront!r}",
            metadata={"id": song_id},
        )

    async def permitted(self, listener: Listener) -> bool:
        """Whether Apple gives lyrics to both tokens, asked with a song that there is not.

        Raises:
            AppleMusicError: As `lyrics`.
        """
        try:
            await self._ask(_NO_SONG, "lyrics", listener, "")
        except UnimplementedError:
            return False
        return True

    async def _ask(
        self, song_id: str, name: str, listener: Listener, language: str
    ) -> JsonReader | Missing:
        user = UserToken(listener.account_id, listener.music_user_token)
        question = Question(
            Endpoint.LYRICS,
            f"/v1/catalog/{listener.storefront}/songs/{song_id}/{name}",
            {"extend": "ttmlLocalizations", "l[lyrics]": language} if language else {},
            user,
            on_web_host=True,
        )
        try:
            return await self._api.get(question)
        except UnauthenticatedError as error:
            if error.reason is not Reason.MUSIC_USER_TOKEN_REJECTED:
                raise
        # The developer token is good; is the user's? If so it is this host that refuses both.
        await self._api.get(Question(Endpoint.ME_STOREFRONT, "/v1/me/storefront", {}, user))
        raise lyrics_refused()


def _parse(answer: JsonReader, language: str) -> Lyrics | None:
    """Build the lyrics of an answer; None when it holds none."""
    for resource in answer.children("data"):
        attributes = resource.child("attributes")
        if attributes is None:
            continue
        text = (attributes.text("ttmlLocalizations") if language else "") or attributes.text("ttml")
        if not text:
            continue
        try:
            found = parse_ttml(text, language)
        except LyricsMalformedError as error:
            raise invalid_answer(Endpoint.LYRICS, f"{error}", resource.path) from None
        if found.lines:
            return found
    return None
