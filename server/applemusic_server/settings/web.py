"""Where the pages are served."""

from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Checked, Port, Section
from applemusic_server.config_urls import (
    checked_frame_ancestors,
    checked_networks,
    checked_origins,
    checked_web_url,
)


class WebSettings(Section, frozen=True):
    """Where the sign-in, health and metrics pages are served."""

    host: Annotated[str, Meta(description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[Port, Meta(description="TCP port; 0 takes a free one.")] = 8780
    public_url: Annotated[
        str,
        Meta(
            description="Address of the pages as browsers see them, with the path that a proxy "
            "puts before them, e.g. `https://music.example.org/apple`."
        ),
        Checked(checked_web_url),
    ] = ""
    allowed_hosts: Annotated[
        tuple[str, ...],
        Meta(description="Host names that requests may name, besides loopback and `host`."),
    ] = ()
    metrics_accounts: Annotated[
        int,
        Meta(
            ge=0,
            description="Most accounts with series of their own in /metrics. Of more, those in "
            "trouble are shown first, then those whose token ends soonest; the counts by state are "
            "of all.",
        ),
    ] = 100
    open_metrics: Annotated[
        bool, Meta(description="Let anybody who reaches the port read /metrics.")
    ] = False
    allowed_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Further addresses that browsers see, without a path, e.g. those of Home "
            "Assistant when the pages are shown in it."
        ),
        Checked(checked_origins),
    ] = ()
    last_scrape_seconds: Annotated[
        float,
        Meta(
            ge=0,
            le=120,
            description="When the server goes down and the last call is over, stay for so long at "
            "most until /metrics was read once more; above Prometheus's interval, or 0.",
        ),
    ] = 0
    frame_ancestors: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses whose pages may show these pages in a frame; `self` for the "
            "pages' own. Nobody's by default."
        ),
        Checked(checked_frame_ancestors),
    ] = ()
    trusted_proxies: Annotated[
        tuple[str, ...],
        Meta(
            description="Addresses or networks of proxies whose `X-Forwarded-For` says where "
            "visitors come from, to count wrong codes of each; nobody's by default."
        ),
        Checked(checked_networks),
    ] = ()
