"""Reads lyrics, and remembers where Apple does not give any."""

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.limits import check_id
from applemusic_server.domain.capability import Capability, lyrics_refused
from applemusic_server.domain.catalog_gateways import LyricsGateway
from applemusic_server.domain.errors import (
    Reason,
    UnauthenticatedError,
    UnimplementedError,
)
from applemusic_server.domain.language import check_language_tag
from applemusic_server.domain.lyrics import Lyrics, LyricsTiming


class LyricsReading:
    """The use case of reading lyrics.

    Args:
        gateway: Asks Apple.
        accounts: Knows listeners.
        refused: Remembers what Apple refuses.
    """

    def __init__(
        self, gateway: LyricsGateway, accounts: Accounts, refused: CapabilityMemory
    ) -> None:
        self._gateway = gateway
        self._accounts = accounts
        self._refused = refused

    async def read(
        self,
        account: str,
        song_id: str,
        timing: LyricsTiming = LyricsTiming.WORD,
        translation_language: str = "",
    ) -> Lyrics:
        """Return the lyrics of a song, timed no finer than wanted.

        Raises:
            InvalidArgumentError: INVALID_FIELD.
            NotFoundError: LYRICS_NOT_FOUND, ACCOUNT_NOT_FOUND.
            UnimplementedError: CAPABILITY_REFUSED; once refused, Apple is left alone for a day.
            UnauthenticatedError: MUSIC_USER_TOKEN_REJECTED.
            AppleMusicError: Another account, token or UPSTREAM reason.
        """
        check_id(song_id, "song_id")
        check_language_tag(translation_language, "translation_language")
        listener = await self._accounts.resolve(account)
        if self._refused.holds(listener.account_id, Capability.LYRICS):
            raise lyrics_refused()
        try:
            lyrics = await self._gateway.lyrics(
                song_id,
                listener,
                by_word=timing is LyricsTiming.WORD,
                language=translation_language,
            )
        except UnimplementedError:
            self._refused.add(listener.account_id, Capability.LYRICS)
            raise
        except UnauthenticatedError as error:
            if error.reason is Reason.MUSIC_USER_TOKEN_REJECTED:
                await self._accounts.mark_rejected(listener)
            raise
        self._refused.worked(listener.account_id, Capability.LYRICS)
        return lyrics.at_most(timing)
