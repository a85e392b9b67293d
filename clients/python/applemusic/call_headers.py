"""What every call carries besides its request: who calls, and within which trace."""

import sys
from importlib import import_module
from typing import Any, TypeAlias

from applemusic.config import ClientConfig, check_token

Headers: TypeAlias = tuple[tuple[str, str], ...]
"""Names, in lower case as gRPC wants them, with their values."""


class CallHeaders:
    """Returns the headers of the next call."""

    def __init__(self, config: ClientConfig) -> None:
        self._access_token = config.access_token
        self._more = config.headers
        self._trace_context = config.trace_context

    def __call__(self) -> Headers:
        """Return what the program wants sent, the trace that it is in, and its access token now."""
        headers = () if self._more is None else tuple(self._more())
        if self._trace_context:
            named = {name for name, _ in headers}
            headers += tuple(each for each in trace_headers() if each[0] not in named)
        if not self._access_token:
            return headers
        token = self._access_token
        if not isinstance(token, str):  # those that are were checked with the configuration
            token = token()
            check_token(token)
        return (*headers, ("authorization", f"Bearer {token}"))


def trace_headers() -> Headers:
    """Return what OpenTelemetry sends with a call now: W3C's `traceparent`, by default.

    Nothing in a program that does not trace. OpenTelemetry is no dependency: a program that is
    inside of a span has imported it.
    """
    if "opentelemetry.trace" not in sys.modules:
        return ()
    propagate: Any = import_module("opentelemetry.propagate")
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return tuple((name.lower(), value) for name, value in carrier.items())
