"""What is done for a song before it is asked for. The shapes follow `audio_service.proto`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from applemusic_server.domain.audio import AudioContainer, Preparation
from applemusic_server.domain.errors import Reason


@dataclass(frozen=True, slots=True)
class PreparedAudio:
    """How far a song is prepared.

    Attributes:
        preparation: COLD while it waits for its turn.
        expire_time: Until when that holds; None while there is nothing.
        byte_count: Bytes of audio held for it.
        failure_reason: Why it cannot be prepared; None when nothing is wrong.
        failure_message: What is wrong, in words.
    """

    song_id: str
    preparation: Preparation
    expire_time: datetime | None = None
    byte_count: int = 0
    failure_reason: Reason | None = None
    failure_message: str = ""


class AudioPreparer(Protocol):
    """Prepares songs; `application.prepare` is the one."""

    async def prepare(
        self, account: str, song_ids: Sequence[str], container: AudioContainer
    ) -> tuple[PreparedAudio, ...]:
        """Replace what an account will play next, and return at once how far each song is.

        Raises:
            AppleMusicError: An ACCOUNT or token reason, CONTAINER_NOT_SUPPORTED, or a WIDEVINE
                reason. What goes wrong with a single song is in its answer.
        """
        ...

    async def prepared(self, account: str) -> tuple[PreparedAudio, ...]:
        """Return how far the songs of an account are, the next first; raises as `prepare`."""
        ...


class PrepareOutcome(Enum):
    """What became of a song that was named; the value is its metric label.

    Attributes:
        USED: A stream took it.
        UNUSED: It was dropped when all had been done for it that was to be done.
        CANCELLED: It was dropped before that, or while it failed.
    """

    USED = "used"
    UNUSED = "unused"
    CANCELLED = "cancelled"


class PreparedStart(Enum):
    """What a song that begins found prepared; the value is its metric label.

    Attributes:
        HIT: All that was to be done for it.
        JOINED: Work under way.
        MISS: Nothing.
    """

    HIT = "hit"
    JOINED = "joined"
    MISS = "miss"


class PrepareObserver(Protocol):
    """Hears about preparing. Calls never raise."""

    def on_start(self, result: PreparedStart) -> None:
        """Count a song that begins."""
        ...

    def on_outcome(self, outcome: PrepareOutcome) -> None:
        """Count a song that is not on an account's list any more."""
        ...

    def on_failure(self, reason: Reason) -> None:
        """Count a step that failed."""
        ...

    def on_refresh(self) -> None:
        """Count a song that is prepared anew because what there is ends soon."""
        ...


class SilentPrepareObserver:
    """Tells nobody."""

    def on_start(self, result: PreparedStart) -> None:
        """Do nothing."""

    def on_outcome(self, outcome: PrepareOutcome) -> None:
        """Do nothing."""

    def on_failure(self, reason: Reason) -> None:
        """Do nothing."""

    def on_refresh(self) -> None:
        """Do nothing."""
