"""How far a song is on its way from Apple to a listener."""

from dataclasses import dataclass
from datetime import timedelta

from applemusic_server.application.resolve import Resolved
from applemusic_server.domain.audio import AudioSource, Preparation
from applemusic_server.domain.content_key import ContentKey
from applemusic_server.domain.media import SongFacts


@dataclass(frozen=True, slots=True)
class Licensed:
    """The second state of a song on its way: its key is known, too.

    Attributes:
        key: None for what is not protected.
        renew_at: When its licence is to be renewed, by the clock; None is never.
    """

    resolved: Resolved
    key: ContentKey | None
    renew_at: float | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """The third state: its first bytes are there, and the key is right.

    Attributes:
        licensed: The state before.
        facts: For the header.
        start_offset: Media time of the first piece.
    """

    licensed: Licensed
    facts: SongFacts
    start_offset: timedelta


State = Resolved | Licensed | Ready | None
"""How far a song is; None is that nothing is known."""


def preparation_of(state: State) -> Preparation:
    """Name a state as the contract does."""
    match state:
        case None:
            return Preparation.COLD
        case Resolved():
            return Preparation.RESOLVED
        case Licensed():
            return Preparation.LICENSED
        case Ready():
            return Preparation.READY


def is_preview(state: State) -> bool:
    """Whether it is a preview that is that far, and not the song."""
    match state:
        case Ready(licensed=Licensed(resolved=found)) | Licensed(resolved=found):
            return found.source is AudioSource.PREVIEW
        case _:
            return False
