"""The pages: health and metrics, and those of other modules."""

import gzip
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, Protocol

from aiohttp import web

from applemusic_server.web.page import ancestors_directive
from applemusic_server.web.visitors import LOOPBACK_NAMES, host_name

Readiness = Callable[[], Awaitable[str]]
"""Returns why the server is not ready; an empty string when it is."""

RenderMetrics = Callable[[str], tuple[bytes, str]]
"""Returns the metrics and their content type, for a header `Accept`."""

# A look must be over in milliseconds: the higher levels take several times as long and gain little.
_GZIP_LEVEL: Final = 1

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


class Pages(Protocol):
    """Some of the pages."""

    def add_routes(self, application: web.Application) -> None:
        """Register them."""
        ...


def web_application(
    render_metrics: RenderMetrics,
    readiness: Readiness,
    refresh_metrics: Callable[[], Awaitable[None]],
    allowed_hosts: Iterable[str] | None,
    parts: Iterable[Pages] = (),
    *,
    frame_ancestors: Sequence[str] = (),
    on_scrape: Callable[[], None] = lambda: None,
) -> web.Application:
    """Return the application.

    Args:
        render_metrics: Writes what /metrics shows.
        readiness: Asked by /readyz.
        refresh_metrics: Awaited before each look at the metrics.
        allowed_hosts: Names that a request's Host header may have besides loopback's, so that no
            page elsewhere can reach this one by a name of its own (DNS rebinding); None allows all.
        parts: Further pages; they answer for what they need beyond this.
        frame_ancestors: Who may show answers in a frame, refusals too: they say what to mend.
        on_scrape: Called when somebody has read the metrics.
    """

    async def show_metrics(request: web.Request) -> web.StreamResponse:
        await refresh_metrics()
        text, content_type = render_metrics(",".join(request.headers.getall("Accept", ())))
        headers = {"Content-Type": content_type, "Vary": "Accept, Accept-Encoding"}
        if "gzip" in request.headers.get("Accept-Encoding", "").lower():
            text = gzip.compress(text, _GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
        return _Told(on_scrape, body=text, headers=headers)

    async def live(request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(text="ok\n")

    async def ready(request: web.Request) -> web.StreamResponse:
        del request
        problem = await readiness()
        return web.Response(text=f"{problem or 'ok'}\n", status=503 if problem else 200)

    rules = f"default-src 'none'; {ancestors_directive(frame_ancestors)}"
    hosts = None if allowed_hosts is None else frozenset(map(str.lower, allowed_hosts))
    application = web.Application(middlewares=[_guard(hosts, rules)])
    application.on_response_prepare.append(_without_versions)
    application.router.add_get("/metrics", show_metrics)
    application.router.add_get("/livez", live)
    application.router.add_get("/readyz", ready)
    for part in parts:
        part.add_routes(application)
    return application


class _Told(web.Response):
    """Tells when its last byte has been written."""

    def __init__(self, tell: Callable[[], None], **values: Any) -> None:
        super().__init__(**values)
        self._tell = tell

    async def write_eof(self, data: bytes = b"") -> None:
        await super().write_eof(data)
        self._tell()


async def _without_versions(request: web.BaseRequest, response: web.StreamResponse) -> None:
    """Keep from whoever asks which versions of Python and aiohttp answer."""
    del request
    response.headers.popall("Server", None)


def _guard(
    allowed_hosts: frozenset[str] | None, rules: str
) -> Callable[..., Awaitable[web.StreamResponse]]:
    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        response = await _answer(request, handler)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", rules)
        return response

    async def _answer(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        # Not `request.host`: without the header that looks the machine's name up, and waits for it.
        host = host_name(request.headers.get("Host", ""))
        if allowed_hosts is not None and host not in LOOPBACK_NAMES | allowed_hosts:
            return web.Response(
                text="This server has another name. If this one is right, the operator adds it to "
                "web.allowed_hosts.\n",
                status=421,
            )
        try:
            return await handler(request)
        except web.HTTPNotFound:
            return web.Response(
                text="There is nothing here. See /livez, /readyz and /metrics.\n", status=404
            )
        except web.HTTPMethodNotAllowed as error:
            allowed = ", ".join(sorted(error.allowed_methods))
            return web.Response(
                text=f"Only {allowed} here.\n", status=405, headers={"Allow": allowed}
            )

    return guard
