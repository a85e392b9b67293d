"""Puts together what watches the server; a part of the composition root."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack

from prometheus_client import CollectorRegistry, ProcessCollector
from structlog.typing import FilteringBoundLogger

from applemusic_server.config import Settings
from applemusic_server.domain.call_line import CallLine
from applemusic_server.domain.tracing import Tracer
from applemusic_server.telemetry.accounts import AccountTelemetry
from applemusic_server.telemetry.database import Answering, DatabaseTelemetry
from applemusic_server.telemetry.event_loop import EventLoopTelemetry
from applemusic_server.telemetry.exposition import Exposition
from applemusic_server.telemetry.library import LibraryTelemetry
from applemusic_server.telemetry.metrics import Metrics
from applemusic_server.telemetry.playback import PlaybackTelemetry
from applemusic_server.telemetry.prepare import PrepareTelemetry
from applemusic_server.telemetry.redaction import Redactor
from applemusic_server.telemetry.storage import Known, StorageTelemetry
from applemusic_server.telemetry.tokens import TokenTelemetry
from applemusic_server.telemetry.tracing import Tracing, open_tracing


class TelemetryParts:
    """Metrics, logs and traces of one server.

    Attributes:
        line: Is told what calls do; shared by what serves them and what surrounds them.
    """

    def __init__(
        self,
        settings: Settings,
        version: str,
        log: FilteringBoundLogger,
        clock: Callable[[], float],
        tracing: Tracing,
    ) -> None:
        """Make everything; nothing is watched yet.

        Args:
            settings: How to run.
            version: Of the server.
            log: Where to write.
            clock: Monotonic seconds.
            tracing: Makes spans, or none.
        """
        self.tracing = tracing
        registry = CollectorRegistry()
        self.metrics = Metrics(registry, version, tracing.trace_labels)
        self.metrics.stream_limit.set(settings.playback.max_streams)
        self.line = CallLine()
        self.playback = PlaybackTelemetry(self.metrics, log, clock, self.line)
        self.prepare = PrepareTelemetry(registry)
        self.library = LibraryTelemetry(registry)
        self.tokens = TokenTelemetry(registry, log, settings.developer_token.source)
        self.accounts = AccountTelemetry(registry, settings.web.metrics_accounts)
        self.database = DatabaseTelemetry(registry)
        self.render = Exposition(registry, self.metrics.calls).render
        self._loop = EventLoopTelemetry(registry)
        self._registry = registry
        ProcessCollector(registry=registry)

    @property
    def registry(self) -> CollectorRegistry:
        """Where further metrics go."""
        return self._registry

    @property
    def call_tracer(self) -> Tracer | None:
        """What makes spans of calls; None where tracing is off, so that they take no notice."""
        return self.tracing.tracer if self.tracing.is_on else None

    def start(self, opened: AsyncExitStack) -> None:
        """Begin to watch the event loop; what ends it, and tracing, is put on `opened`."""
        opened.push_async_callback(self.tracing.stop)
        self._loop.start(asyncio.get_running_loop())
        opened.callback(self._loop.stop)

    def watch_storage(self, database: Answering, health: Known, opened: AsyncExitStack) -> None:
        """Have each look at the metrics look at the database, too."""
        self._database_look = self.database.look_at(database)
        self._storage = StorageTelemetry(self._registry, health)
        opened.push_async_callback(self._database_look.close)
        opened.push_async_callback(self._storage.close)

    async def refresh(self) -> None:
        """Look at what is only known by looking."""
        await asyncio.gather(self._database_look.refresh(), self._storage.refresh())


def tracing_of(settings: Settings, environment: Mapping[str, str], version: str) -> Tracing:
    """Return tracing as the settings have it: silent, unless it is switched on."""
    if not settings.tracing.enabled:
        return Tracing()
    return open_tracing(environment, version, Redactor())
