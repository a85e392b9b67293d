"""Starts the web pages: sign-in, status, health and metrics."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack

from applemusic_server.config import Settings
from applemusic_server.from_settings import allowed_hosts
from applemusic_server.web.application import Pages, Readiness, RenderMetrics, web_application
from applemusic_server.web.last_scrape import LastScrape
from applemusic_server.web.site import Site


async def start_web(
    settings: Settings,
    pages: Iterable[Pages],
    opened: AsyncExitStack,
    *,
    render_metrics: RenderMetrics,
    readiness: Readiness,
    refresh_metrics: Callable[[], Awaitable[None]],
    clock: Callable[[], float],
    last_scrape: LastScrape,
) -> int:
    """Listen, and return the port; what has to be stopped is put on `opened`.

    Args:
        settings: Where to listen, and for whom.
        pages: Those besides health and metrics.
        opened: Stops it.
        render_metrics: Writes what /metrics shows.
        readiness: Asked by /readyz.
        refresh_metrics: Awaited before each look at the metrics.
        clock: Monotonic seconds.
        last_scrape: Is waited for when everything else has stopped.

    Raises:
        OSError: The port cannot be had.
    """
    application = web_application(
        render_metrics,
        readiness,
        refresh_metrics,
        allowed_hosts(settings),
        pages,
        frame_ancestors=settings.web.frame_ancestors,
        on_scrape=last_scrape.seen,
    )
    site = Site(application, clock)
    opened.push_async_callback(site.stop)
    opened.push_async_callback(last_scrape.wait)
    return await site.start(settings.web.host, settings.web.port)
