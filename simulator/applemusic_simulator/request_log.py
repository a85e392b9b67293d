"""What was asked of the simulator, in order, so that a test can count it."""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 10_000


@dataclass(slots=True)
class LoggedRequest:
    """One request, from its arrival on.

    Attributes:
        index: Start order, from 1; never reused until the log is cleared.
        path: Path below the host's prefix; `host` is the prefix without slashes.
        range: The Range header, or empty.
        started_at: Seconds on the monotonic clock.
        finished_at: The same clock; None while it is being answered.
        status: None until answered, and for a connection that was reset or left.
    """

    index: int
    endpoint: str
    method: str
    host: str
    path: str
    query: str
    range: str
    started_at: float
    finished_at: float | None = None
    status: int | None = None


class RequestLog:
    """The last requests, and counts of all of them.

    Args:
        clock: Monotonic seconds.
        kept: How many requests are remembered; the counts go on.
    """

    def __init__(self, clock: Callable[[], float], kept: int = KEPT) -> None:
        self._clock = clock
        self._entries: deque[LoggedRequest] = deque(maxlen=kept)
        self._counts: Counter[str] = Counter()
        self._active: Counter[str] = Counter()
        self._most_active: Counter[str] = Counter()

    def start(
        self, *, endpoint: str, method: str, path: str, query: str, range_header: str
    ) -> LoggedRequest:
        """Note a request that just arrived."""
        host, _, rest = path.lstrip("/").partition("/")
        self._counts[endpoint] += 1
        self._active[endpoint] += 1
        self._most_active[endpoint] = max(self._most_active[endpoint], self._active[endpoint])
        entry = LoggedRequest(
            index=self._counts.total(),
            endpoint=endpoint,
            method=method,
            host=host,
            path=f"/{rest}",
            query=query,
            range=range_header,
            started_at=self._clock(),
        )
        self._entries.append(entry)
        return entry

    def finish(self, entry: LoggedRequest, status: int | None) -> None:
        """Note how it was answered."""
        entry.finished_at = self._clock()
        entry.status = status
        self._active[entry.endpoint] -= 1

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def count(self, endpoint: str = "") -> int:
        """How many requests came since the last `clear`, at one endpoint or at all."""
        return self._counts[endpoint] if endpoint else self._counts.total()

    def clear(self) -> None:
        """Forget all; requests still being answered stay counted as active."""
        self._entries.clear()
        self._counts.clear()
        self._most_active.clear()

    def describe(self, endpoint: str = "", since: int = 0) -> dict[str, Any]:
        """Counts and entries as JSON-ready values, in start order."""
        return {
            "total": self._counts.total(),
            "counts": dict(self._counts),
            "most_at_once": dict(self._most_active),
            "requests": [
                asdict(entry)
                for entry in self._entries
                if entry.index > since and endpoint in ("", entry.endpoint)
            ],
        }
