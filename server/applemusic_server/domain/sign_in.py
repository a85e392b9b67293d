"""A sign-in under way: from the call that begins it to the page where it ends."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum, auto
from typing import Final, Protocol

from applemusic_server.domain.secret import Secret

# No vowels (no words), and nothing that looks like something else: 0 O, 1 I L, 2 Z, 5 S, 8 B.
# 24 characters, eight of them: 1.1e11 codes.
CODE_ALPHABET: Final = "BCDFGHJKMNPQRTVWXYZ34679"
CODE_LENGTH: Final = 8
_LOOKALIKES: Final = str.maketrans({"2": "Z", "8": "B"})
_SEPARATORS: Final = re.compile(r"[\s\-\u2010-\u2015._]+")


class SignInState(Enum):
    """How far a sign-in has come. It ends once; an end is never left again.

    `FINISHING` is between Apple's yes and the stored account: too late to cancel. Callers are told
    `PENDING`.
    """

    PENDING = auto()
    FINISHING = auto()
    SUCCEEDED = auto()
    FAILED = auto()
    EXPIRED = auto()
    CANCELLED = auto()


class Handle(Enum):
    """By what a sign-in is found besides its key."""

    TICKET = "ticket"
    CODE = "code"
    BROWSER = "browser"


@dataclass(frozen=True, slots=True)
class SignIn:
    """A sign-in as stored. Of its secrets only digests are kept.

    Attributes:
        key: Digest of the id that the caller holds.
        account: Account that it is for, chosen when it began.
        ticket: Digest of what the link carries.
        code: Digest of the code that is typed in.
        browser: Digest of the cookie of the one browser that it goes on in; empty until opened.
        message: What went wrong, in words for the person.
        caller: Digest of who began it, so that one caller cannot take all the room.
    """

    key: str = field(repr=False)
    account: str
    display_name: str = field(repr=False)
    ticket: str = field(repr=False)
    code: str = field(repr=False)
    created_time: datetime
    expire_time: datetime
    browser: str = field(default="", repr=False)
    state: SignInState = SignInState.PENDING
    message: str = ""
    caller: str = field(default="", repr=False)

    def at(self, now: datetime) -> "SignIn":
        """The sign-in as it is at `now`: one that nobody ended in time has expired."""
        if self.state in {SignInState.PENDING, SignInState.FINISHING} and now >= self.expire_time:
            return replace(self, state=SignInState.EXPIRED)
        if self.state is SignInState.FINISHING:
            return replace(self, state=SignInState.PENDING)
        return self


RoomCheck = Callable[[int, int], None]


class SignInStore(Protocol):
    """Keeps sign-ins for all replicas. Every method may raise STORAGE_UNAVAILABLE."""

    async def add(self, sign_in: SignIn, *, check: RoomCheck | None = None) -> None:
        """Store a new sign-in durably.

        Args:
            sign_in: What to store.
            check: Is told how many have neither ended nor expired at its `created_time`: of the
                same caller, and in all; in one step with storing, whoever else begins one. What it
                raises is raised, and nothing is stored then.
        """
        ...

    async def get(self, key: str) -> SignIn | None:
        """Return one sign-in as stored."""
        ...

    async def find(self, handle: Handle, digest: str) -> SignIn | None:
        """Return the newest sign-in with this ticket, code or browser."""
        ...

    async def open(self, key: str, browser: str) -> bool:
        """Bind a pending sign-in to a browser; False when it is bound already or has ended."""
        ...

    async def move(
        self, key: str, before: SignInState, after: SignInState, *, message: str = ""
    ) -> bool:
        """Change the state if it still is `before`; False when it is not. Of two, one wins."""
        ...

    async def count_open(self, now: datetime) -> int:
        """Return how many have neither ended nor expired."""
        ...

    async def forget(self, expired_before: datetime, *, unopened_before: datetime) -> None:
        """Remove those whose time was up before then; another then for those nobody opened."""
        ...


def digest(secret: Secret) -> str:
    """Return what is stored of a secret of a sign-in.

    Tickets, ids and cookies are 256 random bits. A code is 37 bits and lives for minutes: who can
    read the database in that time could find it, and could as well read the account it makes.
    """
    return hashlib.sha256(secret.reveal().encode()).hexdigest()


def normal_code(typed: str) -> Secret:
    """Return a code as it was given out: typed in any case, with blanks, dashes or look-alikes."""
    return Secret(_SEPARATORS.sub("", typed).upper().translate(_LOOKALIKES))
