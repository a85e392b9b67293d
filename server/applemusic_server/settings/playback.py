"""How songs are streamed."""

from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Checked, Section
from applemusic_server.config_urls import checked_host_names


class PlaybackSettings(Section, frozen=True):
    """How songs are streamed."""

    burst_seconds: Annotated[
        float, Meta(ge=0, le=60, description="Seconds of audio sent at once at the start.")
    ] = 10
    most_burst_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=60,
            description="Most of it that a caller gets who asks for more, to seek in its buffer.",
        ),
    ] = 60
    fill_rate: Annotated[
        float, Meta(ge=1, le=20, description="Then so many seconds of audio per second, until")
    ] = 2
    lead_seconds: Annotated[
        float,
        Meta(
            ge=1,
            le=120,
            description="the stream is so far ahead of real time. It is what a skipped song costs.",
        ),
    ] = 30
    # With the head of a fragment (8 KB) or the headers of ADTS (1.2 KB) that it may bring, it still
    # leaves as one chunk: the contract allows 128 KiB. A message has its price, whatever it holds:
    # in chunks of half the size, a minute of audio takes a sixth more CPU.
    chunk_bytes: Annotated[int, Meta(ge=4096, le=131072, description="Usual size of a chunk.")] = (
        122880
    )
    max_account_streams: Annotated[
        int, Meta(ge=1, le=100, description="Most streams at the same time per account.")
    ] = 4
    max_streams: Annotated[
        int, Meta(ge=1, le=10000, description="Most streams at the same time, in all.")
    ] = 200
    start_timeout_seconds: Annotated[
        float, Meta(gt=0, le=120, description="Longest time until the first byte.")
    ] = 15
    live_hosts: Annotated[
        tuple[str, ...],
        Meta(
            description="Hosts of broadcasters, besides Apple's, from which live stations may be "
            "fetched, e.g. `radio.example.org`; with all hosts below them."
        ),
        Checked(checked_host_names),
    ] = ()
