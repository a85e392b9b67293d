"""Signing in."""

from dataclasses import dataclass, field
from datetime import datetime

from applemusic.models.account import Account
from applemusic.models.wire_enum import WireEnum


class SignInState(WireEnum):
    """Says how far a sign-in has come."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    PENDING = 1
    """Waiting for the person."""
    SUCCEEDED = 2
    """Done; the account is there."""
    FAILED = 3
    """The person declined at the page."""
    EXPIRED = 4
    """Nobody finished it in time."""
    CANCELLED = 5
    """Ended by CancelSignIn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Says where the person continues."""

    sign_in_id: str = field(default="", repr=False)
    """Names the sign-in in later calls."""
    url: str = field(default="", repr=False)
    """Page to open in a browser. Good once."""
    link_url: str = ""
    """Page to open on another device, where the code is typed in."""
    user_code: str = field(default="", repr=False)
    """Code to type there, e.g. `KQ4T-7MZX`."""
    expire_time: datetime | None = None
    """When all of this ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInStatus:
    """One state of a sign-in."""

    state: SignInState = SignInState.UNKNOWN
    """How far it has come."""
    account: Account | None = None
    """The account, once `state` is SUCCEEDED."""
    message: str = ""
    """What went wrong in words for the person, when `state` is FAILED."""
