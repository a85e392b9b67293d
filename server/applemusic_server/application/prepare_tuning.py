"""The numbers that preparing is tuned by, in one place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PrepareTuning:
    """How much is prepared, and for how long it is good.

    Attributes:
        songs_per_account: Longest list; the contract says 5.
        ready_songs: The first so many are prepared to their first bytes, so that a skip finds the
            one after next ready, too. The others are resolved: that costs two small requests and
            next to no memory.
        ready_songs_per_server: No more than these hold audio, all accounts together; what is
            beyond stays resolved.
        bytes_per_song: Held audio of one song, in bytes. It is the first range (160 KiB, 5 s)
            unless the file server sends more than it is asked for.
        at_once: Songs being worked on, all accounts together: one at a time for each account.
        lifetime_seconds: What is known is asked for anew after so long. Apple says of neither key
            nor address how long it is good; clients use a key for an hour (observed).
        margin_seconds: So long before its end a song is prepared anew.
        retry_seconds: After a failure that passes, doubling to
        longest_retry_seconds: at most. Other failures last until the song is named again.
        list_seconds: A list that nobody names again is dropped after so long: the host is gone.
    """

    songs_per_account: int = 5
    ready_songs: int = 2
    ready_songs_per_server: int = 256
    bytes_per_song: int = 192 * 1024
    at_once: int = 8
    lifetime_seconds: float = 900.0
    margin_seconds: float = 60.0
    retry_seconds: float = 5.0
    longest_retry_seconds: float = 300.0
    list_seconds: float = 3 * 3600.0
