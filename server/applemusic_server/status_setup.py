"""Puts the status page together; `app` serves it with the other pages."""

from urllib.parse import urlsplit

from applemusic_server.application.access_tokens import KnownTokens
from applemusic_server.application.status import StatusReader
from applemusic_server.config import Settings, is_loopback
from applemusic_server.web.access import WebAccess
from applemusic_server.web.status import StatusPages
from applemusic_server.web.visitors import Visitors


def status_pages(settings: Settings, reader: StatusReader, tokens: KnownTokens) -> StatusPages:
    """Return the status page, and the lock on the metrics.

    Args:
        settings: How to run.
        reader: What is shown.
        tokens: The access tokens.
    """
    web = settings.web
    # Where a proxy is told of, visitors from elsewhere look as if they came from here.
    proxied = bool(web.public_url or web.allowed_hosts or web.allowed_origins)
    trust_local = is_loopback(web.host) and not proxied and not settings.grpc.require_access_token
    return StatusPages(
        reader,
        WebAccess(tokens, trust_local=trust_local),
        Visitors(web.public_url, web.allowed_origins, (*web.allowed_hosts, web.host)),
        open_metrics=web.open_metrics,
        prefix=urlsplit(web.public_url).path,
        frame_ancestors=web.frame_ancestors,
    )
