"""The last look at a report before anybody sees it."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from applemusic_server.survey.answer import Answer

LEFT_OUT: Final = "(left out: it looked like something private)"
# As much of a secret in one piece is one too much.
_PIECE: Final = 8
# What no fact has, and secrets and addresses do.
_SUSPICIOUS: Final = re.compile(
    r"[A-Za-z0-9+/=_-]{30,}|eyJ|://|@|-----BEGIN|[?&][A-Za-z0-9_-]+=|\b[ilpr]\.[A-Za-z0-9]{6,}"
    r"|\bp[lm]\.|\b[0-9A-Fa-f]{24,}|[^\x20-\x7e]"
)


class Guard:
    """Knows what must not be told.

    Args:
        secrets: Tokens and keys: no piece of one may be shown.
        names: Ids and names of people: not shown as words of their own.
    """

    def __init__(self, secrets: Iterable[str], names: Iterable[str]) -> None:
        self._pieces = frozenset(
            secret[at : at + _PIECE]
            for secret in secrets
            if len(secret) >= _PIECE
            for at in range(len(secret) - _PIECE + 1)
        )
        words = "|".join(re.escape(name) for name in sorted(names) if name.strip())
        self._names = re.compile(rf"(?<!\w)({words})(?!\w)", re.IGNORECASE) if words else None

    def checked(self, answers: Sequence[Answer]) -> tuple[Answer, ...]:
        """Return the answers with each fact replaced that shows what it must not."""
        return tuple(
            replace(answer, seen=tuple(self._fact(each) for each in answer.seen))
            for answer in answers
        )

    def is_clean(self, text: str) -> bool:
        """Whether no piece of a secret is in a text."""
        return not any(
            text[at : at + _PIECE] in self._pieces for at in range(len(text) - _PIECE + 1)
        )

    def _fact(self, fact: str) -> str:
        told = self._names is not None and self._names.search(fact)
        if told or _SUSPICIOUS.search(fact) or not self.is_clean(fact):
            return LEFT_OUT
        return fact
