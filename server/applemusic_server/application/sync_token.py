"""Sync tokens: what the server has to know to go on, sealed and handed to the caller."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.sync import Sealer

_PURPOSE = "sync:1"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class SyncToken:
    """Where a sync is.

    Attributes:
        account: Whose library.
        epoch: Life of the snapshot.
        variant: Language and view.
        types: Names of the types, in the order in which they are read.
        tracks: The tracks of playlists are sent too.
        sync_id: The sync itself.
        base: The complete sync before it; 0 for none.
        begin_time: Unix time in seconds at which it began.
        complete: Everything was sent: the next sync takes this one as its base.
        stage: Index of the type to go on with.
        offset: Where in its list to go on.
        total_count: Items of that list, when it was left.
        anchor: Digest in hexadecimal of the page before the offset.
    """

    account: str
    epoch: str
    variant: str
    types: tuple[str, ...]
    tracks: bool
    sync_id: int
    base: int
    begin_time: float
    complete: bool = False
    stage: int = 0
    offset: int = 0
    total_count: int = 0
    anchor: str = ""

    def at(self, offset: int, total_count: int, anchor: str) -> "SyncToken":
        """The token of a place in the list that is being read."""
        return replace(self, offset=offset, total_count=total_count, anchor=anchor)

    def at_stage(self, stage: int) -> "SyncToken":
        """The token of the beginning of a type."""
        return replace(self, stage=stage, offset=0, total_count=0, anchor="")


class SyncTokens:
    """Makes tokens and reads them.

    Args:
        sealer: Keeps callers from making tokens themselves.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def write(self, token: SyncToken) -> str:
        """Return the token for the caller."""
        content = json.dumps(list(asdict(token).values()), separators=(",", ":"))
        return self._sealer.seal(_PURPOSE, content.encode())

    def read(self, text: str) -> SyncToken:
        """Return what a caller brought back.

        Raises:
            FailedPreconditionError: SYNC_TOKEN_INVALID.
        """
        content = self._sealer.unseal(_PURPOSE, text) if len(text) <= _LONGEST else None
        if content is None:
            raise invalid_sync_token("this server did not make it")
        values: list[Any] = json.loads(content)
        token = SyncToken(*values)
        return replace(token, types=tuple(token.types))


def invalid_sync_token(why: str) -> FailedPreconditionError:
    """The error of a token that cannot be used; `why` completes "the sync token: ..."."""
    return FailedPreconditionError(
        Reason.SYNC_TOKEN_INVALID,
        f"The sync token cannot be used: {why}. Sync from the start with an empty token.",
    )
