"""The port to what counts sign-ins."""

from enum import StrEnum
from typing import Protocol


class SignInOutcome(StrEnum):
    """What is counted. A closed set: it is a metric's label."""

    BEGUN = "begun"
    SUCCEEDED = "succeeded"
    DECLINED = "declined"
    CANCELLED = "cancelled"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a label, not a token
    WRONG_CODE = "wrong_code"
    THROTTLED = "throttled"


class SignInObserver(Protocol):
    """Is told what happens to sign-ins; must neither wait nor fail."""

    def counted(self, outcome: SignInOutcome) -> None:
        """Hear that something happened."""
        ...
