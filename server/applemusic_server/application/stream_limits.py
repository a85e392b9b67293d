"""How many streams there may be at the same time."""

from collections import Counter
from datetime import timedelta

from applemusic_server.domain.errors import Reason, ResourceExhaustedError


class StreamLimits:
    """Counts open streams per account and in all, and refuses what is too much.

    Args:
        per_account: Most streams of one account.
        per_server: Most streams of all accounts.
        retry_after: When a refused caller may try again.
    """

    def __init__(self, per_account: int, per_server: int, retry_after: timedelta) -> None:
        self._per_account = per_account
        self._per_server = per_server
        self._retry_after = retry_after
        self._streams: Counter[str] = Counter()

    @property
    def streams(self) -> int:
        """How many streams are open."""
        return self._streams.total()

    def streams_of(self, account_id: str) -> int:
        """How many streams of an account are open."""
        return self._streams.get(account_id, 0)

    def admit(self, account_id: str) -> "Admission":
        """Count a stream for the body of `with`, which raises as `enter` does."""
        return Admission(self, account_id)

    def enter(self, account_id: str) -> None:
        """Count a stream, until `leave`.

        Raises:
            ResourceExhaustedError: STREAM_LIMIT_REACHED.
        """
        if self.streams_of(account_id) >= self._per_account:
            raise self._refused("account", self._per_account, f"account {account_id!r}")
        if self.streams >= self._per_server:
            raise self._refused("server", self._per_server, "this server")
        self._streams[account_id] += 1

    def leave(self, account_id: str) -> None:
        """Count a stream no longer."""
        self._streams[account_id] -= 1
        if not self._streams[account_id]:
            del self._streams[account_id]

    def _refused(self, scope: str, limit: int, whose: str) -> ResourceExhaustedError:
        return ResourceExhaustedError(
            Reason.STREAM_LIMIT_REACHED,
            f"{whose} already has {limit} open streams, its limit; close one, or try again later",
            metadata={"scope": scope, "limit": str(limit)},
            retry_after=self._retry_after,
        )


class Admission:
    """A context manager; see `StreamLimits.admit`. No generator: each stream holds one."""

    __slots__ = ("_account_id", "_limits")

    def __init__(self, limits: StreamLimits, account_id: str) -> None:
        self._limits = limits
        self._account_id = account_id

    def __enter__(self) -> None:
        self._limits.enter(self._account_id)

    def __exit__(self, *_: object) -> None:
        self._limits.leave(self._account_id)
