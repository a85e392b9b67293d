"""What went wrong, what to do next, and the exit code that says it."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from applemusic.cli.exits import Exit
from applemusic.cli.next_steps import next_step
from applemusic.errors import (
    AccessDeniedError,
    AccessTokenInvalidError,
    AccessTokenMissingError,
    AccountRequiredError,
    Advice,
    AppleMusicError,
    CapabilityRefusedError,
    ConnectError,
    ContainerNotSupportedError,
    DeadlineExceededError,
    InvalidArgumentError,
    InvalidPageTokenError,
    MalformedMessageError,
    NotFoundError,
    NotYetImplementedError,
    SyncTokenInvalidError,
)
from applemusic.errors.connecting import ConnectWords, connect_advice

_WORDS = ConnectWords(
    target="--server",
    tls="--tls",
    trust="--ca-file",
    certificate="--cert-file and --key-file",
    name="--tls-name",
)
# grpc says first what it always says, and the address that it is said of anyway.
_GRPC_PREFIX = re.compile(
    r"failed to connect to all addresses; last error: (?:\w+: )?(?:(?:ipv[46]|unix):\S+ )?"
)
_BY_ADVICE = {
    Advice.RETRY: Exit.LATER,
    Advice.RESTART: Exit.LATER,
    Advice.SKIP: Exit.REFUSED,
    Advice.SIGN_IN: Exit.SIGN_IN,
    Advice.TELL: Exit.ACT,
    Advice.REPORT: Exit.FAILED,
}
_BY_CLASS: tuple[tuple[tuple[type[AppleMusicError], ...], Exit], ...] = (
    ((ConnectError, DeadlineExceededError), Exit.UNREACHABLE),
    ((AccessTokenMissingError, AccessTokenInvalidError, AccessDeniedError), Exit.ACCESS),
    (
        (CapabilityRefusedError, ContainerNotSupportedError, NotYetImplementedError),
        Exit.REFUSED,
    ),
    ((InvalidPageTokenError,), Exit.LATER),
    ((SyncTokenInvalidError,), Exit.ACT),  # the same command would send the same token again
    ((MalformedMessageError,), Exit.FAILED),
    ((InvalidArgumentError,), Exit.USAGE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure, as it is shown.

    Attributes:
        message: What happened.
        next_step: What to do about it; empty where there is nothing to be said.
        exit: The exit code.
        reason: Name of an `ErrorReason`; empty where the server gave none.
        request_id: Names the call in the server's log.
        retry_after: When trying again may help.
    """

    message: str
    next_step: str
    exit: Exit
    reason: str = ""
    request_id: str = ""
    retry_after: timedelta | None = None

    def lines(self) -> list[str]:
        """Return it for people, the most important first."""
        lines = [f"applemusic: {self.message}"]
        if self.next_step:
            lines.append(f"  {self.next_step}")
        quoted = (self.reason, self.request_id and f"request {self.request_id}")
        if any(quoted):
            lines.append(f"  ({', '.join(filter(None, quoted))})")
        return lines

    def record(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "error": {
                "message": self.message,
                "next_step": self.next_step,
                "reason": self.reason,
                "exit_code": int(self.exit),
                "request_id": self.request_id,
                "retry_after": self.retry_after,
            }
        }


def failure_of(error: AppleMusicError, server: str) -> Failure:
    """Return what there is to say about an error.

    Args:
        error: What the client raised.
        server: Where it wanted to go.
    """
    if isinstance(error, ConnectError):
        what = _GRPC_PREFIX.sub("", error.what or error.message).rstrip(".")
        return Failure(
            message=f"cannot reach {server}: {what}.",
            next_step=connect_advice(error.what, server, _WORDS) + ".",
            exit=Exit.UNREACHABLE,
        )
    message = error.message
    for violation in error.violations:
        if violation.description not in message:
            message += f"; {violation.field}: {violation.description}"
    return Failure(
        message=message,
        next_step=next_step(error),
        exit=exit_of(error),
        reason=error.reason or error.code.name,
        request_id=error.request_id,
        retry_after=error.retry_after,
    )


def exit_of(error: AppleMusicError) -> Exit:
    """Return the exit code of an error."""
    if isinstance(error, AccountRequiredError) and error.advice is not Advice.SIGN_IN:
        return Exit.USAGE  # there are several, and none is named
    for classes, code in _BY_CLASS:
        if isinstance(error, classes):
            return code
    found = _BY_ADVICE[error.advice]
    if found is Exit.REFUSED and isinstance(error, NotFoundError):
        return Exit.NOT_FOUND
    return found
