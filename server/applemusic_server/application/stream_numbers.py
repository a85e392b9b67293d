"""What a stream came to, put together from where its audio came from and what was sent."""

from datetime import timedelta
from typing import Protocol

from applemusic_server.application.paced_frames import PacedFrames
from applemusic_server.domain.audio import AudioSummary, Preparation, Stage, StreamNumbers


class Measured(Protocol):
    """Where the audio came from."""

    @property
    def stages(self) -> tuple[tuple[Stage, timedelta], ...]:
        """How long the steps of the start took."""
        ...

    @property
    def upstream_bytes(self) -> int:
        """How many bytes of media came from Apple."""
        ...

    @property
    def resumes(self) -> int:
        """How many broken transfers were taken up again."""
        ...

    @property
    def renewals(self) -> int:
        """How often the media's address or its licence was asked for anew."""
        ...


def stream_numbers(
    account_id: str, preparation: Preparation, source: Measured, sent: PacedFrames | None
) -> StreamNumbers:
    """Return the numbers of a stream; `sent` is None for one that has not begun."""
    return StreamNumbers(
        account_id=account_id,
        preparation=preparation,
        stages=source.stages,
        media_duration=sent.media_duration if sent else timedelta(0),
        stall_count=sent.stall_count if sent else 0,
        stall_duration=sent.stall_duration if sent else timedelta(0),
        resume_count=source.resumes,
        renewal_count=source.renewals,
        upstream_byte_count=source.upstream_bytes,
    )


def stream_summary(arrived: float, source: Measured, sent: PacedFrames) -> AudioSummary:
    """Return what a stream that was sent to its end tells its listener.

    Args:
        arrived: When the call came, by the clock of `sent`.
        source: Where its audio came from.
        sent: What was sent.
    """
    first = sent.first_chunk_at
    return AudioSummary(
        byte_count=sent.byte_count,
        media_duration=sent.media_duration,
        first_byte_duration=timedelta(seconds=(first if first is not None else arrived) - arrived),
        stages=source.stages,
        stall_count=sent.stall_count,
        stall_duration=sent.stall_duration,
        resume_count=source.resumes,
        upstream_byte_count=source.upstream_bytes,
    )
