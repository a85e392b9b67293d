"""The one line that a call leaves in the log, put together where it ends in every respect."""

from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field


@dataclass(slots=True)
class Told:
    """What was told of a call while it ran.

    Attributes:
        event: What the line is about; empty while nothing was told.
        fields: What it says.
    """

    event: str = ""
    fields: dict[str, object] = field(default_factory=dict)


class CallLine:
    """Takes what a call does to the place that knows how it ended, and writes the line.

    One per server, shared by what serves calls and what surrounds them. It follows the task in
    which a call runs; see `PermittedAccounts`.
    """

    def __init__(self) -> None:
        self._told: ContextVar[Told | None] = ContextVar("call line", default=None)

    def collecting(self) -> "Collecting":
        """Collect what is told in the body of `with`."""
        return Collecting(self._told)

    def tell(self, event: str, fields: Mapping[str, object]) -> bool:
        """Add to the line of the call under way; False where nobody writes one."""
        told = self._told.get()
        if told is None:
            return False
        told.event = event
        told.fields.update(fields)
        return True


class Collecting:
    """A context manager; see `CallLine.collecting`. No generator: each stream holds one."""

    __slots__ = ("_token", "_told")

    def __init__(self, told: ContextVar[Told | None]) -> None:
        self._told = told
        self._token: Token[Told | None] | None = None

    def __enter__(self) -> Told:
        told = Told()
        self._token = self._told.set(told)
        return told

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            self._told.reset(self._token)
