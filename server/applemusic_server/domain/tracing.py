"""The port through which the server's parts say what they do as spans of a trace.

Names and attributes are OpenTelemetry's conventions where there are some, else begin with
`applemusic.`. Never a secret, a URL's query or a text that Apple sent.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import Enum, auto
from types import MappingProxyType, TracebackType
from typing import Final, Protocol, Self

AttributeValue = str | int | float | bool
NO_ATTRIBUTES: Final[Mapping[str, AttributeValue]] = MappingProxyType({})


class SpanKind(Enum):
    """Who does what a span tells of."""

    INTERNAL = auto()
    SERVER = auto()
    CLIENT = auto()


class Span(Protocol):
    """Something that is being done."""

    @property
    def trace_id(self) -> str:
        """Names the trace, 32 hexadecimal digits; empty where there is none."""
        ...

    def note(self, name: str, value: AttributeValue) -> None:
        """Add an attribute."""
        ...

    def event(self, name: str, attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES) -> None:
        """Add something that happened meanwhile."""
        ...

    def fail(self, kind: str, *, is_fault: bool = True) -> None:
        """Say why it did not come to its end.

        Args:
            kind: One of few words, e.g. a `Reason`.
            is_fault: False where that is as it should be, as for a caller who left.
        """
        ...


class Tracer(Protocol):
    """Makes spans. Calls never raise."""

    def span(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Span]:
        """Tell of the body; spans that are made in it, and in tasks begun there, are its children.

        What the body raises ends the span as failed, by the reason of an `AppleMusicError` or else
        the name of the exception.

        Args:
            name: One of few.
            attributes: What is known beforehand.
            kind: Who does it.
            parent: W3C headers (`traceparent`, `tracestate`) of whoever asks; None goes on in the
                trace under way.
        """
        ...

    def here(self) -> Mapping[str, str]:
        """Return the span under way as `parent` for what is done later, elsewhere."""
        ...


class _SilentSpan:
    """Tells nobody. There is one, for it knows nothing."""

    trace_id = ""

    def note(self, name: str, value: AttributeValue) -> None:
        """Do nothing."""

    def event(self, name: str, attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES) -> None:
        """Do nothing."""

    def fail(self, kind: str, *, is_fault: bool = True) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None


_SILENT_SPAN: Final = _SilentSpan()
_NOWHERE: Final[Mapping[str, str]] = MappingProxyType({})


class SilentTracer:
    """Makes no spans, and costs nothing."""

    def span(
        self,
        name: str,
        attributes: Mapping[str, AttributeValue] = NO_ATTRIBUTES,
        kind: SpanKind = SpanKind.INTERNAL,
        parent: Mapping[str, str] | None = None,
    ) -> AbstractContextManager[Span]:
        """Tell nobody of the body."""
        del name, attributes, kind, parent
        return _SILENT_SPAN

    def here(self) -> Mapping[str, str]:
        """Return nothing."""
        return _NOWHERE
