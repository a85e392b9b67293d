"""The one place where a failure becomes a gRPC status.

The class of an error gives the code, its reason and dynamic parts become `google.rpc` details.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from applemusic_server.domain.errors import (
    AbortedError,
    AppleMusicError,
    DataLossError,
    FailedPreconditionError,
    InternalError,
    InvalidArgumentError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
    UnavailableError,
    UnimplementedError,
)

ERROR_DOMAIN: Final = "applemusic.v1"

CODES: Final[Mapping[type[AppleMusicError], grpc.StatusCode]] = MappingProxyType(
    {
        InvalidArgumentError: grpc.StatusCode.INVALID_ARGUMENT,
        OutOfRangeError: grpc.StatusCode.OUT_OF_RANGE,
        NotFoundError: grpc.StatusCode.NOT_FOUND,
        FailedPreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
        UnauthenticatedError: grpc.StatusCode.UNAUTHENTICATED,
        PermissionDeniedError: grpc.StatusCode.PERMISSION_DENIED,
        ResourceExhaustedError: grpc.StatusCode.RESOURCE_EXHAUSTED,
        UnimplementedError: grpc.StatusCode.UNIMPLEMENTED,
        UnavailableError: grpc.StatusCode.UNAVAILABLE,
        AbortedError: grpc.StatusCode.ABORTED,
        DataLossError: grpc.StatusCode.DATA_LOSS,
        InternalError: grpc.StatusCode.INTERNAL,
    }
)

# The details travel in a header that must stay well under gRPC's 8 KiB.
_MOST_VIOLATIONS: Final = 8
_LONGEST_TEXT: Final = 240
_DEFAULT_RETRY: Final = timedelta(seconds=1)
# Apple was asked several times already: whoever asks again at once only asks it several times more.
_TRIED_ALREADY: Final = frozenset({Reason.UPSTREAM_UNAVAILABLE, Reason.UPSTREAM_TIMEOUT})
_UPSTREAM_RETRY: Final = timedelta(seconds=2)
# A negative number tells gRPC's own retries to stop (gRFC A6).
_PUSHBACK_KEY: Final = "grpc-retry-pushback-ms"


@dataclass(frozen=True, slots=True)
class CallStatus(grpc.Status):
    """How a call ends; what gRPC's `abort_with_status` takes."""

    code: grpc.StatusCode
    details: str
    trailing_metadata: tuple[tuple[str, str | bytes], ...]


def to_status(
    error: AppleMusicError, trailing_metadata: tuple[tuple[str, str | bytes], ...] = ()
) -> CallStatus:
    """Return the status, with details, that tells a caller about `error`.

    Args:
        error: What happened.
        trailing_metadata: What else to send; a status replaces what was set before.
    """
    status = status_pb2.Status(
        code=_code_number(code_of(error)), message=_short(error.message), details=_details(error)
    )
    packed = rpc_status.to_status(status)
    return CallStatus(
        code=packed.code,
        details=packed.details,
        trailing_metadata=(
            *(packed.trailing_metadata or ()),
            *_pushback(error),
            *trailing_metadata,
        ),
    )


def code_of(error: AppleMusicError) -> grpc.StatusCode:
    """Return the status code of an error, by its class or the nearest base that has one."""
    for kind in type(error).__mro__:
        if kind in CODES:
            return CODES[kind]
    return grpc.StatusCode.INTERNAL


def internal_error(request_id: str) -> InternalError:
    """What a caller is told about a defect: nothing but where to look it up."""
    return InternalError(
        Reason.INTERNAL,
        f"The server made a mistake. Its log says more under request id {request_id}.",
        metadata={"requestId": request_id},
    )


def _details(error: AppleMusicError) -> list[AnyMessage]:
    details: list[Any] = [
        error_details_pb2.ErrorInfo(
            reason=error.reason.value,
            domain=ERROR_DOMAIN,
            metadata={key: _short(value) for key, value in error.metadata.items()},
        )
    ]
    if error.violations:
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=_short(violation.field), description=_short(violation.description)
                    )
                    for violation in error.violations[:_MOST_VIOLATIONS]
                ]
            )
        )
    retry_after = _retry_after(error)
    if retry_after is not None:
        delay = Duration()
        delay.FromTimedelta(retry_after)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if error.links:
        details.append(
            error_details_pb2.Help(
                links=[
                    error_details_pb2.Help.Link(description=link.description, url=link.url)
                    for link in error.links
                ]
            )
        )
    return [_packed(detail) for detail in details]


def _retry_after(error: AppleMusicError) -> timedelta | None:
    if error.retry_after is not None:
        return error.retry_after
    if error.reason in _TRIED_ALREADY:
        return _UPSTREAM_RETRY
    return _DEFAULT_RETRY if isinstance(error, ResourceExhaustedError) else None


def _pushback(error: AppleMusicError) -> tuple[tuple[str, str], ...]:
    """Keep gRPC's own retries from adding to ours, except where a call helps at once."""
    if error.reason not in _TRIED_ALREADY or error.retry_after == timedelta(0):
        return ()
    return ((_PUSHBACK_KEY, "-1"),)


def _packed(message: Any) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _code_number(code: grpc.StatusCode) -> int:
    number: int = code.value[0]
    return number


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
