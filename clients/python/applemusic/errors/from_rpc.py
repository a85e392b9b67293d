"""From the status of a call to an exception: the only place where errors of calls are made."""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from types import ModuleType
from typing import Final

from google.protobuf.message import DecodeError, Message
from google.rpc import error_details_pb2, status_pb2
from grpc import StatusCode
from grpc.aio import AioRpcError

from applemusic.convert import to_timedelta
from applemusic.errors import base, reasons
from applemusic.errors.base import (
    AppleMusicError,
    ConnectError,
    FieldViolation,
    HelpLink,
    UnknownStatusError,
)
from applemusic.errors.connecting import connect_advice

DOMAIN: Final = "applemusic.v1"
_DETAILS_KEY: Final = "grpc-status-details-bin"
_REQUEST_ID_KEY: Final = "x-request-id"


def error_from_rpc(error: AioRpcError, target: str) -> AppleMusicError:
    """Return the exception for a failed call, with all that the status says.

    Args:
        error: What grpc raised.
        target: Where the client connects to, named when nothing answers there.
    """
    details = _details(error)
    info = details.get(error_details_pb2.ErrorInfo)
    ours = isinstance(info, error_details_pb2.ErrorInfo) and info.domain == DOMAIN
    reason = info.reason if ours and isinstance(info, error_details_pb2.ErrorInfo) else ""
    code = error.code()
    cls = error_class(code, reason)
    message = said = error.details() or "the server gave no message"
    if not details and _is_of_the_transport(code, said):
        cls, message = ConnectError, unreachable(target, message)
    metadata = dict(info.metadata) if isinstance(info, error_details_pb2.ErrorInfo) else {}
    found = cls(
        message,
        code=code,
        reason=reason,
        metadata=metadata,
        retry_after=_retry_after(details),
        violations=_violations(details),
        links=_links(details),
        request_id=_request_id(error, details) or metadata.get("requestId", ""),
    )
    if isinstance(found, ConnectError):
        found.what = said
    return found


def _is_of_the_transport(code: StatusCode, said: str) -> bool:
    """Whether a status without details tells of a connection: our server always says a reason.

    A server that is gone before it has looked at a call resets it, which looks as if somebody had
    cancelled it; a proxy whose server goes in the middle of a stream does it with another code, or
    ends the stream without any status (nginx).
    """
    if code is StatusCode.INTERNAL:
        return "RST_STREAM" in said
    if code is StatusCode.UNKNOWN:
        return said.startswith("Stream removed")
    return code in {StatusCode.UNAVAILABLE, StatusCode.CANCELLED}


def unreachable(target: str, what: str) -> str:
    """Return the message for a server that cannot be reached."""
    return f"cannot reach {target}: {what.rstrip('.')}. {connect_advice(what, target)}"


def error_class(code: StatusCode, reason: str) -> type[AppleMusicError]:
    """Return the class of a reason, or that of the code when the reason is not known.

    A known reason with a code that is not its own counts as not known: the code decides what a
    caller may do next.
    """
    cls = _by_reason().get(reason)
    if cls is not None and cls.default_code is code:
        return cls
    return _by_code().get(code, UnknownStatusError)


@cache
def _by_reason() -> dict[str, type[AppleMusicError]]:
    return {cls.default_reason: cls for cls in _classes(reasons) if cls.default_reason}


@cache
def _by_code() -> dict[StatusCode, type[AppleMusicError]]:
    return {cls.default_code: cls for cls in _classes(base) if AppleMusicError in cls.__bases__}


def _classes(module: ModuleType) -> Iterator[type[AppleMusicError]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, AppleMusicError):
            yield value


def _details(error: AioRpcError) -> dict[type[Message], Message]:
    """Return the known details of a status by type; damaged ones are left out."""
    found: dict[type[Message], Message] = {}
    for raw in _trailing(error, _DETAILS_KEY):
        status = status_pb2.Status()
        try:
            status.ParseFromString(raw if isinstance(raw, bytes) else raw.encode())
        except DecodeError:
            continue
        for packed in status.details:
            for kind in (
                error_details_pb2.ErrorInfo,
                error_details_pb2.BadRequest,
                error_details_pb2.RetryInfo,
                error_details_pb2.Help,
                error_details_pb2.RequestInfo,
            ):
                detail = kind()
                try:
                    if packed.Unpack(detail):
                        found.setdefault(kind, detail)
                except DecodeError:
                    continue
    return found


def _trailing(error: AioRpcError, wanted: str) -> Iterator[str | bytes]:
    for key, value in error.trailing_metadata() or ():
        if key == wanted:
            yield value


def _retry_after(details: dict[type[Message], Message]) -> timedelta | None:
    info = details.get(error_details_pb2.RetryInfo)
    if not isinstance(info, error_details_pb2.RetryInfo) or not info.HasField("retry_delay"):
        return None
    return to_timedelta(info.retry_delay)


def _violations(details: dict[type[Message], Message]) -> list[FieldViolation]:
    request = details.get(error_details_pb2.BadRequest)
    if not isinstance(request, error_details_pb2.BadRequest):
        return []
    return [FieldViolation(v.field, v.description) for v in request.field_violations]


def _links(details: dict[type[Message], Message]) -> list[HelpLink]:
    page = details.get(error_details_pb2.Help)
    if not isinstance(page, error_details_pb2.Help):
        return []
    return [HelpLink(link.description, link.url) for link in page.links]


def _request_id(error: AioRpcError, details: dict[type[Message], Message]) -> str:
    info = details.get(error_details_pb2.RequestInfo)
    if isinstance(info, error_details_pb2.RequestInfo) and info.request_id:
        return str(info.request_id)
    for value in _trailing(error, _REQUEST_ID_KEY):
        return value if isinstance(value, str) else value.decode(errors="replace")
    return ""
