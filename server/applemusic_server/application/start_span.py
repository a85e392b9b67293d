"""The start of a stream as a span: from knowing who listens to the first byte."""

from contextlib import AbstractContextManager

from applemusic_server.domain.audio import AudioRequest
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.tracing import Span, Tracer


def start_span(
    tracer: Tracer, request: AudioRequest, listener: Listener
) -> AbstractContextManager[Span]:
    """Return the span; how much was prepared is not known yet."""
    attributes = {
        "applemusic.account": listener.account_id,
        "applemusic.container": request.container.name.lower(),
    }
    if request.station_id:
        return tracer.span(
            "start broadcast", {**attributes, "applemusic.station_id": request.station_id}
        )
    return tracer.span("start song", {**attributes, "applemusic.song_id": request.song_id})
