"""Counts calls under go-grpc-middleware's names, for which dashboards exist.

There are thousands of these series and few of them change between two looks. So they are numbers
in lists here, and lines of text that are kept until one of their numbers changes: with the client
library's objects a look took longer than a song takes to start.
"""

import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from applemusic_server.telemetry.exemplars import TraceLabels, no_trace

CALL_BUCKETS: Final = (0.01, 0.05, 0.25, 1.0, 5.0)
GRPC_CODES: Final = (
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated",
)
# What a caller makes up must not become a label.
_UNKNOWN: Final = "unknown"
_EDGES: Final = (*map(str, CALL_BUCKETS), "+Inf")


class CountedCall(Protocol):
    """A call as it is seen here; its counts grow while it lasts."""

    path: str
    received_count: int
    sent_count: int


@dataclass(frozen=True, slots=True)
class _Exemplar:
    labels: Mapping[str, str]
    seconds: float
    moment: float

    def __str__(self) -> str:
        labels = ",".join(f'{name}="{value}"' for name, value in self.labels.items())
        return f" # {{{labels}}} {self.seconds} {self.moment:.3f}"


@dataclass(slots=True)
class _Method:
    """What is known of one RPC; `kept` are its lines, by family, while they hold.

    Of a single answer there are as many messages as calls, and a histogram is two thirds of what an
    RPC has: these series begin with its first call. 85 RPCs have 700 of them, most for nothing.
    """

    labels: str
    single: bool
    handled: dict[str, int]
    later: tuple[str, ...] = ()
    started: int = 0
    received: int = 0
    sent: int = 0
    seconds: float = 0.0
    buckets: list[int] = field(default_factory=lambda: [0] * len(_EDGES))
    exemplars: dict[int, _Exemplar] = field(default_factory=dict)
    open: dict[int, CountedCall] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)

    @property
    def only_counted(self) -> bool:
        """Whether nothing but its calls and how they end is shown yet."""
        return self.single and not self.started


class CallTelemetry:
    """Counts calls by method and how they ended; the port is `wire.interceptors.observing`.

    Args:
        exemplar: Labels of the trace under way, or none.
        now: Unix time in seconds, for exemplars.
    """

    def __init__(
        self,
        exemplar: TraceLabels = no_trace,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._exemplar = exemplar
        self._now = now
        self._methods: dict[str, _Method] = {}

    def know_method(
        self,
        kind: str,
        service: str,
        method: str,
        codes: Iterable[str],
        later: Iterable[str] = (),
    ) -> None:
        """Make the series of an RPC, so that they are there before its first call.

        The codes `later` are there once it was called: what only a caller is the reason of.
        Those of a unary one's length and messages are there from its first call. Calls of methods
        that are not known are counted as `unknown`; codes that are not given are there from the
        first call that ends so.
        """
        labels = f'grpc_method="{method}",grpc_service="{service}",grpc_type="{kind}"'
        self._methods[f"/{service}/{method}"] = _Method(
            labels, kind == "unary", dict.fromkeys(codes, 0), tuple(later)
        )

    def call_started(self, call: CountedCall) -> None:
        """Count a call that begins. Its messages are counted as they come and go."""
        method = self._method_of(call)
        if not method.started:
            for code in method.later:
                method.handled.setdefault(code, 0)
        method.started += 1
        method.open[id(call)] = call
        method.kept.clear()

    def call_ended(self, call: CountedCall, code: str, seconds: float) -> None:
        """Count a call that ended; `code` in Go's spelling."""
        method = self._method_of(call)
        del method.open[id(call)]
        method.received += call.received_count
        method.sent += call.sent_count
        method.handled[code] = method.handled.get(code, 0) + 1
        bucket = bisect_left(CALL_BUCKETS, seconds)
        method.buckets[bucket] += 1
        method.seconds += seconds
        labels = self._exemplar()
        if labels:
            method.exemplars[bucket] = _Exemplar(labels, seconds, self._now())
        method.kept.clear()

    @property
    def open_calls(self) -> int:
        """How many calls are open."""
        return sum(len(method.open) for method in self._methods.values())

    def text(self, *, open_metrics: bool) -> Iterator[str]:
        """Yield the exposition, some lines at a time, without an end mark.

        Args:
            open_metrics: In that form, which alone has exemplars.
        """
        for name, (what, lines) in _COUNTERS.items():
            family = name.removesuffix("_total") if open_metrics else name
            yield f"# HELP {family} {what}\n# TYPE {family} counter\n"
            for method in self._methods.values():
                yield _kept(method, name, lines)
        yield f"# HELP {_HANDLING} {_HANDLING_HELP}\n# TYPE {_HANDLING} histogram\n"
        for method in self._methods.values():
            if open_metrics and method.exemplars:
                yield _histogram(method, exemplars=True)
            else:
                yield _kept(method, _HANDLING, _histogram)

    def _method_of(self, call: CountedCall) -> _Method:
        method = self._methods.get(call.path)
        if method is None:
            if _UNKNOWN not in self._methods:
                self.know_method(_UNKNOWN, _UNKNOWN, _UNKNOWN, ("Unimplemented",))
                self._methods[_UNKNOWN] = self._methods.pop(f"/{_UNKNOWN}/{_UNKNOWN}")
            method = self._methods[_UNKNOWN]
        return method


def _kept(method: _Method, name: str, lines: Callable[[_Method], str]) -> str:
    if method.open:
        return lines(method)
    kept = method.kept.get(name)
    if kept is None:
        kept = method.kept[name] = lines(method)
    return kept


def _started(method: _Method) -> str:
    return f"grpc_server_started_total{{{method.labels}}} {method.started}\n"


def _handled(method: _Method) -> str:
    return "".join(
        f'grpc_server_handled_total{{grpc_code="{code}",{method.labels}}} {count}\n'
        for code, count in method.handled.items()
    )


def _received(method: _Method) -> str:
    if method.only_counted:
        return ""
    count = method.received + sum(call.received_count for call in method.open.values())
    return f"grpc_server_msg_received_total{{{method.labels}}} {count}\n"


def _sent(method: _Method) -> str:
    if method.only_counted:
        return ""
    count = method.sent + sum(call.sent_count for call in method.open.values())
    return f"grpc_server_msg_sent_total{{{method.labels}}} {count}\n"


def _histogram(method: _Method, *, exemplars: bool = False) -> str:
    if method.only_counted:
        return ""
    lines = []
    count = 0
    for number, edge in enumerate(_EDGES):
        count += method.buckets[number]
        exemplar = method.exemplars.get(number, "") if exemplars else ""
        lines.append(f'{_HANDLING}_bucket{{{method.labels},le="{edge}"}} {count}{exemplar}\n')
    lines.append(f"{_HANDLING}_count{{{method.labels}}} {count}\n")
    lines.append(f"{_HANDLING}_sum{{{method.labels}}} {method.seconds}\n")
    return "".join(lines)


_HANDLING: Final = "grpc_server_handling_seconds"
_HANDLING_HELP: Final = "How long calls took; a stream of audio takes as long as its song."
_COUNTERS: Final[Mapping[str, tuple[str, Callable[[_Method], str]]]] = {
    "grpc_server_started_total": ("Calls that began.", _started),
    "grpc_server_handled_total": ("Calls that ended, by status code.", _handled),
    "grpc_server_msg_received_total": ("Messages received.", _received),
    "grpc_server_msg_sent_total": ("Messages sent.", _sent),
}
