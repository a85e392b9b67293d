"""The base of all errors, and one class per status code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import ClassVar

from grpc import StatusCode

from applemusic.errors.advice import Advice, advice_for


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """One field of a request that breaks a rule."""

    field: str
    """Path in the request as the contract names it, e.g. `song_ids[3]`."""
    description: str
    """What is wrong and what would be right."""


@dataclass(frozen=True, slots=True)
class HelpLink:
    """Where a person reads how to mend it."""

    description: str
    """What is found there."""
    url: str
    """Where it is."""


class AppleMusicError(Exception):
    """Base of everything that this package raises about a call.

    Attributes:
        code: Status code of the call.
        reason: Name of an `ErrorReason`, to switch on; empty where the server gave none. May be a
            name that this version does not know.
        message: What happened and what to do, for the person who reads the log. May change.
        metadata: The dynamic parts of the message by key, e.g. `{"id": "1440857781"}`.
        retry_after: When trying again may help; None when the server did not say.
        violations: The fields at fault, where the request was.
        links: Pages that say how to mend it.
        request_id: Names the call in the server's log; empty when the server sent none.
    """

    default_code: ClassVar[StatusCode] = StatusCode.UNKNOWN
    """Code of errors of this class that come from no status."""
    default_reason: ClassVar[str] = ""
    """The one reason that this class stands for; empty for bases."""

    def __init_subclass__(cls, *, reason: str = "", code: StatusCode | None = None) -> None:
        """Note which reason or code a subclass stands for."""
        super().__init_subclass__()
        cls.default_reason = reason
        if code is not None:
            cls.default_code = code

    def __init__(
        self,
        message: str,
        *,
        code: StatusCode | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] = MappingProxyType({}),
        retry_after: timedelta | None = None,
        violations: Sequence[FieldViolation] = (),
        links: Sequence[HelpLink] = (),
        request_id: str = "",
    ) -> None:
        super().__init__(message)
        self.code = self.default_code if code is None else code
        self.reason = self.default_reason if reason is None else reason
        self.message = message
        self.metadata = dict(metadata)
        self.retry_after = retry_after
        self.violations = tuple(violations)
        self.links = tuple(links)
        self.request_id = request_id

    @property
    def advice(self) -> Advice:
        """What a player does next."""
        return advice_for(self.reason, self.code)

    def __str__(self) -> str:
        text = f"{self.reason or self.code.name}: {self.message}"
        for violation in self.violations:
            if violation.description not in self.message:
                text += f"; {violation.field}: {violation.description}"
        return f"{text} (request {self.request_id})" if self.request_id else text


class InvalidArgumentError(AppleMusicError, code=StatusCode.INVALID_ARGUMENT):
    """The request can never succeed as it is. Mend it; `violations` names the fields."""


class OutOfRangeError(AppleMusicError, code=StatusCode.OUT_OF_RANGE):
    """A position lies past the end."""


class UnimplementedError(AppleMusicError, code=StatusCode.UNIMPLEMENTED):
    """This server, installation or account cannot do it."""


class UnauthenticatedError(AppleMusicError, code=StatusCode.UNAUTHENTICATED):
    """A token is missing or not accepted: this server's access token, or one of Apple's."""


class PermissionDeniedError(AppleMusicError, code=StatusCode.PERMISSION_DENIED):
    """The caller or the listener may not do it."""


class NotFoundError(AppleMusicError, code=StatusCode.NOT_FOUND):
    """What was named is not there."""


class AlreadyExistsError(AppleMusicError, code=StatusCode.ALREADY_EXISTS):
    """What was to be made is there already. No reason of this contract uses it yet."""


class FailedPreconditionError(AppleMusicError, code=StatusCode.FAILED_PRECONDITION):
    """Something has to be set right first; trying again alone does not help."""


class ResourceExhaustedError(AppleMusicError, code=StatusCode.RESOURCE_EXHAUSTED):
    """A limit is reached; `retry_after` says when to try again."""


class DataLossError(AppleMusicError, code=StatusCode.DATA_LOSS):
    """The audio is damaged, or ended before its end."""


class IncompleteStreamError(DataLossError):
    """A stream ended without saying that it was complete. What came is good as far as it goes."""

    @property
    def advice(self) -> Advice:
        """RETRY: what is missing can be had with `byte_offset`."""
        return Advice.RETRY


class AbortedError(AppleMusicError, code=StatusCode.ABORTED):
    """Something changed meanwhile. Start again from the beginning."""


class UnavailableError(AppleMusicError, code=StatusCode.UNAVAILABLE):
    """The server or Apple cannot be reached just now. The only code that is safe to retry."""


class ConnectError(UnavailableError):
    """The server cannot be reached, or the connection to it broke. The message says what to do.

    Attributes:
        what: What grpc says, without what to do.
    """

    what: str = ""


class DeadlineExceededError(AppleMusicError, TimeoutError, code=StatusCode.DEADLINE_EXCEEDED):
    """The call took longer than its `timeout`."""


class CallCancelledError(AppleMusicError, code=StatusCode.CANCELLED):
    """The call was cancelled by somebody else than the caller."""


class ClientClosedError(CallCancelledError):
    """The client or the stream was closed before or during the call."""


class InternalError(AppleMusicError, code=StatusCode.INTERNAL):
    """A defect of the server, or of what stands between. Report it."""


class ProtocolError(InternalError):
    """The server's answer breaks the contract. Compare the versions of client and server."""


class UnknownStatusError(AppleMusicError, code=StatusCode.UNKNOWN):
    """The call failed with a status that says nothing; what answered may be another server."""
