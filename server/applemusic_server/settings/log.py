"""How the server tells what it does."""

from typing import Annotated, Literal

from msgspec import Meta

from applemusic_server.config_section import Section


class LogSettings(Section, frozen=True):
    """How the server tells what it does."""

    format: Annotated[
        Literal["auto", "json", "console", "hclog"],
        Meta(
            description="auto is console on a terminal and JSON elsewhere; for a plugin it is "
            "hclog, JSON with the keys that hosts of go-plugin read."
        ),
    ] = "auto"
    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severity.")
    ] = "info"
