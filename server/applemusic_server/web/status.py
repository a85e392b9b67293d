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
_REFRESH: Final = "refresh"
_REFRESH_SECONDS: Final = 30

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
        prefix: Path that a proxy may leave before the page's own, e.g. `/apple`.
        frame_ancestors: Who may show the page in a frame; see `PageRules.ancestors`.
    """

    def __init__(
        self,
        reader: Reader,
        access: WebAccess,
        visitors: Visitors,
        *,
        open_metrics: bool,
        prefix: str = "",
        frame_ancestors: tuple[str, ...] = (),
    ) -> None:
        self._reader = reader
        self._access = access
        self._visitors = visitors
        self._open_metrics = open_metrics
        self._prefix = prefix
        self._rules = PageRules(ancestors=frame_ancestors)

    def add_routes(self, application: web.Application) -> None:
        """Register the page, with and without the prefix; its style sheet, unless others have."""
        known = {resource.canonical for resource in application.router.resources()}
        if self._prefix:
            application.router.add_get(self._prefix, self._add_slash)
        for prefix in dict.fromkeys(("", self._prefix)):
            application.router.add_get(f"{prefix}/", self._show)
            if f"{prefix}{_STYLE}" not in known:
                application.router.add_get(f"{prefix}{_STYLE}", asset("style.css", "text/css"))
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
            return page("Apple Music server", unavailable_body(error), self._rules, status=503)
        # Only for who asks for it: it moves the focus, and readers of screens begin anew.
        refreshes = _REFRESH in request.query
        body = status_body(status, refresh_seconds=_REFRESH_SECONDS if refreshes else 0)
        response = page("Apple Music server", body, self._rules)
        if refreshes:
            response.headers["Refresh"] = str(_REFRESH_SECONDS)
        return response

    async def _add_slash(self, request: web.Request) -> web.StreamResponse:
        """Lead to where relative addresses are right."""
        del request
        return web.Response(status=308, headers={"Location": f"{self._prefix}/"})

    def _lock_metrics(self) -> Callable[..., Awaitable[web.StreamResponse]]:
        @web.middleware
        async def lock(request: web.Request, handler: Handler) -> web.StreamResponse:
            if request.path != "/metrics" or self._open_metrics:
                return await handler(request)
            try:
                # What tells that the database is away must not need the database.
                grant = await self._access.grant(request, last_known=True)
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
