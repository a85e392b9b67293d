"""The status page, and the lock on the metrics."""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from aiohttp import web

from applemusic_server.application.status import Status
from applemusic_server.domain.access import Grant
from applemusic_server.domain.errors import AppleMusicError
from applemusic_server.web.access import WebAccess
from applemusic_server.web.page import PageRules, asset, page
from applemusic_server.web.status_html import status_body, unavailable_body
from applemusic_server.web.visitors import Visitors

_STYLE: Final = "/assets/style.css"
_REFRESH_SECONDS: Final = 30
_RULES: Final = PageRules()

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Reader(Protocol):
    """Knows how the server is doing; `application.status` is the one."""

    async def read(self, accounts: frozenset[str] | None) -> Status:
        """Return it, for one who may see these accounts."""
        ...


class StatusPages:
    """Shows how the server is doing to those who may know.

    Args:
        reader: What is shown.
        access: Who may see it.
        visitors: Under which names pages for people are shown: no page elsewhere may reach this one
            by a name of its own (DNS rebinding).
        open_metrics: Anybody may read the metrics.
    """

    def __init__(
        self, reader: Reader, access: WebAccess, visitors: Visitors, *, open_metrics: bool
    ) -> None:
        self._reader = reader
        self._access = access
        self._visitors = visitors
        self._open_metrics = open_metrics

    def add_routes(self, application: web.Application) -> None:
        """Register the page; the style sheet too, unless other pages have."""
        application.router.add_get("/", self._show)
        known = {resource.canonical for resource in application.router.resources()}
        if _STYLE not in known:
            application.router.add_get(_STYLE, asset("style.css", "text/css"))
        application.middlewares.append(self._lock_metrics())

    async def _show(self, request: web.Request) -> web.StreamResponse:
        if not self._visitors.knows_host(request):
            return web.Response(
                text="This server has another name. If this one is right, the operator adds it to "
                "web.allowed_hosts.\n",
                status=421,
            )
        try:
            grant = await self._access.grant(request)
            if not isinstance(grant, Grant):
                return grant
            status = await self._reader.read(grant.accounts)
        except AppleMusicError as error:
            return page("Apple Music server", unavailable_body(error), _RULES, status=503)
        response = page("Apple Music server", status_body(status), _RULES)
        response.headers["Refresh"] = str(_REFRESH_SECONDS)
        return response

    def _lock_metrics(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def lock(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/metrics" or self._open_metrics:
                return await handler(request)
            try:
                grant = await self._access.grant(request)
            except AppleMusicError as error:
                return web.Response(text=f"{error.reason}\n", status=503)
            if not isinstance(grant, Grant):
                return grant
            if grant.accounts is not None:
                return web.Response(
                    text="Metrics tell of all accounts, and this access token is for some.\n",
                    status=403,
                )
            return await handler(request)

        return lock
