"""An assumption about Apple, and what was seen of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of an assumption; NOT_SEEN where this account or these calls cannot tell."""

    HOLDS = "holds"
    DIFFERS = "differs"
    NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class Answer:
    """One assumption and what was seen.

    Attributes:
        id: Stable, e.g. `playback.iv`.
        assumption: What the server takes for granted.
        verdict: Whether it is so.
        seen: Facts, each a short text of numbers and safe words.
    """

    id: str
    assumption: str
    verdict: Verdict
    seen: tuple[str, ...] = field(default=())


def judged(name: str, assumption: str, *, holds: bool | None, seen: Sequence[str]) -> Answer:
    """Build an answer; `holds` is None where nothing tells."""
    verdict = Verdict.NOT_SEEN
    if holds is not None:
        verdict = Verdict.HOLDS if holds else Verdict.DIFFERS
    return Answer(name, assumption, verdict, tuple(seen))
