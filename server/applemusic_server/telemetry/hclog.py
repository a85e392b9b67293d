"""The log as hosts of go-plugin read it: JSON with hclog's keys (reference: go-plugin 1.8.0)."""

from collections.abc import MutableMapping
from typing import Any, Final

# hclog knows these; of a line with another level the host shows the JSON as it is.
_LEVELS: Final = {"warning": "warn", "critical": "error", "exception": "error", "notset": "trace"}


def as_hclog(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: give an event hclog's keys. It comes right before the renderer.

    The three that it adds are texts, for go-plugin ends the host on others.
    """
    del logger, method
    level = str(event.pop("level", "info"))
    line: dict[str, Any] = {
        "@level": _LEVELS.get(level, level),
        "@message": str(event.pop("event", "")),
    }
    if "timestamp" in event:
        line["@timestamp"] = _microseconds(str(event.pop("timestamp")))
    if "logger" in event:
        line["@module"] = str(event.pop("logger"))
    return {**line, **event}


def _microseconds(time: str) -> str:
    """Return a time with six digits after the point: Go takes no others, Python omits zeros."""
    return time if "." in time else time.replace("Z", ".000000Z")
