"""The numbers that the audio path is tuned by, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    """How much is fetched at a time and how long to be patient.

    Attributes:
        first_range_bytes: First range, in bytes. Holds init, first `moof` and about 5 s of
            256 kbit/s audio: enough until the next range comes, with 150 ms per answer also for who
            plays twenty times as fast (docs: performance). Not more, because it is asked for before
            the licence is there and its bytes wait in memory until then.
        range_bytes: Most of every later range, in bytes: 32 s of audio. How much of it is asked
            for the pace of the stream says, so that a skipped song costs no more than its lead.
            Ranges are read to their end: to leave one open costs the connection, and the next
            song pays for a new one (reference: measured, 420 ms instead of 255 ms at 80 ms round
            trip over TLS).
        max_start_resumes: Broken transfers in a row that are taken up again before giving up, as
            long as nothing has come: somebody waits for the song to begin.
        max_resumes: The same, once something has come. All waits together take 6 to 12 s: at the
            usual lead the listener still has something to play.
        resume_credit_bytes: After so many bytes without a break, the count starts anew: a player
            that was paused for long costs a connection each time and must not use it up.
        first_backoff_seconds: Wait before the first resume; doubles each time.
        max_backoff_seconds: Upper bound of it, and of a wait that upstream asks for.
        max_skip_bytes: If a server ignores the range and sends the file from its start, read over
            at most so many bytes to the wanted place.
    """

    first_range_bytes: int = 160 * 1024
    range_bytes: int = 1024 * 1024
    max_start_resumes: int = 3
    max_resumes: int = 6
    resume_credit_bytes: int = 512 * 1024
    first_backoff_seconds: float = 0.25
    max_backoff_seconds: float = 4.0
    max_skip_bytes: int = 32 * 1024 * 1024
