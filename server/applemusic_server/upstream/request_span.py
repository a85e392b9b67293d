"""Requests to Apple as spans, by OpenTelemetry's conventions for HTTP clients.

`url.full` is left out on purpose: addresses of media are signed, others name what somebody listens
to. The name of the endpoint says what a reader needs. Nothing of a trace is sent to Apple.
"""

from contextlib import AbstractContextManager
from typing import Final

from yarl import URL

from applemusic_server.domain.tracing import SilentTracer, Span, SpanKind, Tracer
from applemusic_server.upstream.endpoints import Endpoint

_FIRST_FAILURE: Final = 400


def request_span(
    tracer: Tracer, method: str, endpoint: Endpoint, url: URL, tries: int = 0
) -> AbstractContextManager[Span]:
    """Return the span of one attempt; `tries` is how many came before it."""
    if isinstance(tracer, SilentTracer):
        return tracer.span("")  # five times for each song that starts: nobody wants to know more
    name = endpoint.value
    attributes: dict[str, str | int | float | bool] = {
        "http.request.method": method,
        "server.address": url.host or "",
        "server.port": url.port or 0,
        "applemusic.endpoint": name,
    }
    if tries:
        attributes["http.request.resend_count"] = tries
    return tracer.span(f"{method} {name}", attributes, SpanKind.CLIENT)


def note_status(span: Span, status: str) -> None:
    """Say how it ended: an HTTP status as text, or what happened instead."""
    if status.isdigit():
        span.note("http.response.status_code", int(status))
        if int(status) < _FIRST_FAILURE:
            return
    span.fail(status)
