"""What all questions share: who asks, about which songs, and what may be changed."""

from dataclasses import dataclass, field

from applemusic_server.domain.account import Account
from applemusic_server.survey.asking import Asker


@dataclass(frozen=True, slots=True)
class Survey:
    """Who is asked, and what for.

    Attributes:
        asker: Asks Apple.
        account: Whose account.
        storefront: Two letters.
        songs: Catalog ids of songs to ask about, the most popular first; empty when there are none.
        songs_with_lyrics: Those of them that Apple says to have lyrics of.
    """

    asker: Asker
    account: Account = field(repr=False)
    storefront: str
    songs: tuple[str, ...]
    songs_with_lyrics: tuple[str, ...]
