"""Whether the database takes writes, as metrics."""

import math
from collections.abc import Coroutine
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Gauge

from applemusic_server.domain.storage_health import StorageHealth
from applemusic_server.telemetry.bounded_look import BoundedLook


class Known(Protocol):
    """Knows how the storage is; see `storage.health`."""

    def recall(self) -> Coroutine[Any, Any, StorageHealth]:
        """Return what is known."""
        ...


class StorageTelemetry:
    """Shows how the storage is.

    Args:
        registry: Where the metrics are.
        storage: Knows it.
    """

    def __init__(self, registry: CollectorRegistry, storage: Known) -> None:
        self._look = BoundedLook(storage.recall)
        self._unwritable = Gauge(
            "applemusic_storage_unwritable",
            "1 while the database does not take what is written, because the disk is full or for "
            "another reason; else 0.",
            registry=registry,
        )
        self._free = Gauge(
            "applemusic_storage_free_bytes",
            "Room on the disk of the data folder; NaN where the database is elsewhere.",
            registry=registry,
        )

    async def refresh(self) -> None:
        """Show it as it is now."""
        health = await self._look.get()
        if health is None:
            self._unwritable.set(1)  # whoever waits for a write waits as long
            return
        self._unwritable.set(not health.is_writable)
        self._free.set(math.nan if health.free_bytes is None else health.free_bytes)

    async def close(self) -> None:
        """Give up on a look that is under way."""
        await self._look.close()
