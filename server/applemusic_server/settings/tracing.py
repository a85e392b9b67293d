"""Whether the server tells a tracing backend what it does."""

from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Section


class TracingSettings(Section, frozen=True):
    """Whether the server tells a tracing backend what it does."""

    enabled: Annotated[
        bool,
        Meta(
            description="Send spans by OTLP, to where OpenTelemetry's variables (`OTEL_...`) say. "
            "Needs the extra `otel`."
        ),
    ] = False
