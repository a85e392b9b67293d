"""How a failure of Apple's is told: the errors that several modules raise."""

from datetime import timedelta

from applemusic_server.domain.errors import (
    FailedPreconditionError,
    InternalError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.upstream.endpoints import Endpoint

# Observed: 429s are over after half a second in the median; after our own tries wait a little more.
_THROTTLED_AGAIN = timedelta(seconds=5)


def unavailable(endpoint: Endpoint, status: str) -> UnavailableError:
    """Apple cannot be reached or answers with a server error."""
    return UnavailableError(
        Reason.UPSTREAM_UNAVAILABLE,
        f"Apple does not answer {endpoint} just now ({status}); try again later",
        metadata={"endpoint": endpoint, "status": status},
    )


def timed_out(endpoint: Endpoint) -> UnavailableError:
    """Apple did not answer in time."""
    return UnavailableError(
        Reason.UPSTREAM_TIMEOUT,
        f"Apple did not answer {endpoint} in time; try again later",
        metadata={"endpoint": endpoint},
    )


def throttled(endpoint: Endpoint, retry_after: float | None) -> ResourceExhaustedError:
    """Apple goes on throttling after all tries."""
    wait = timedelta(seconds=retry_after) if retry_after is not None else _THROTTLED_AGAIN
    return ResourceExhaustedError(
        Reason.UPSTREAM_THROTTLED,
        f"Apple throttles this developer team ({endpoint}); wait before the next try",
        metadata={"endpoint": endpoint},
        retry_after=wait,
    )


def invalid_answer(endpoint: Endpoint, what: str, path: str = "") -> InternalError:
    """Apple's answer is not what this server understands; `what` must quote nothing of it."""
    place = {"path": path} if path else {}
    return InternalError(
        Reason.UPSTREAM_RESPONSE_INVALID,
        f"Apple's answer to {endpoint} is not understood: {what}" + (f" at {path}" if path else ""),
        metadata={"endpoint": endpoint, **place},
    )


def refusal(
    endpoint: Endpoint, status: int, apple_code: str, parameter: str = ""
) -> FailedPreconditionError:
    """Apple refused with a code that has no reason of its own."""
    place = {"parameter": parameter} if parameter else {}
    return FailedPreconditionError(
        Reason.UPSTREAM_REFUSED,
        f"Apple refused {endpoint} with status {status}"
        + (f", code {apple_code}" if apple_code else "")
        + (f", about {parameter!r}" if parameter else ""),
        metadata={
            "endpoint": endpoint,
            "status": str(status),
            "appleCode": apple_code or str(status),
            **place,
        },
    )
