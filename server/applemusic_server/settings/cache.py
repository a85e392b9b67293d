"""What is remembered of the catalog."""

from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Section


class CacheSettings(Section, frozen=True):
    """What is remembered of the catalog, in memory."""

    max_entries: Annotated[
        int,
        Meta(
            ge=0,
            le=10_000_000,
            description="Most answers; the least recently used go first. 0 remembers nothing.",
        ),
    ] = 50_000
    max_mebibytes: Annotated[
        int, Meta(ge=1, le=16_384, description="Most memory for them, estimated.")
    ] = 64
    seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=86_400,
            description="How long an answer is good. Favorites and library state are "
            "never remembered.",
        ),
    ] = 600
