"""Where a number leads to the trace that it is an example of."""

from collections.abc import Callable

TraceLabels = Callable[[], dict[str, str] | None]
"""Returns the labels of the trace under way, its `trace_id`; None where there is none."""


def no_trace() -> None:
    """Return that there is none."""
