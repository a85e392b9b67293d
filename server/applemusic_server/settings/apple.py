"""Where Apple is found."""

from collections.abc import Mapping
from typing import Annotated

from msgspec import Meta, field

from applemusic_server.config_section import Checked, Section
from applemusic_server.config_urls import checked_base_url, checked_base_urls


class AppleSettings(Section, frozen=True):
    """Where Apple is found."""

    storefront: Annotated[
        str,
        Meta(
            min_length=2,
            max_length=2,
            pattern="^[a-z]{2}$",
            description="Storefront of catalog reads without an account, e.g. `us`.",
        ),
    ] = "us"
    base_urls: Annotated[
        Mapping[str, str],
        Meta(
            description="Base URL per host of Apple, for a simulator or a proxy; others are "
            "`https://<host>`."
        ),
        Checked(checked_base_urls),
    ] = field(default_factory=dict)
    root_url: Annotated[
        str,
        Meta(
            description="One server that stands for all of Apple's hosts, each under a path of its "
            "name, as `applemusic-simulator` does."
        ),
        Checked(checked_base_url),
    ] = ""

    def base_url(self, host: str) -> str:
        """Return the base URL for one of Apple's hosts, without a slash at the end."""
        if host in self.base_urls:
            return self.base_urls[host].rstrip("/")
        if self.root_url:
            return f"{self.root_url.rstrip('/')}/{host}"
        return f"https://{host}"
