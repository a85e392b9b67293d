"""How the answers are told."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from applemusic_server.survey.answer import Answer, Verdict

WHERE_TO: Final = "https://github.com/applemusic-grpc/applemusic-grpc/issues/new"
_ORDER: Final = (Verdict.DIFFERS, Verdict.HOLDS, Verdict.NOT_SEEN)


@dataclass(frozen=True, slots=True)
class Report:
    """What the survey found.

    Attributes:
        server_version: Of this server.
        date: The day, in UTC.
        storefront: Two letters.
        developer_token: Whether it is made from a key or given.
        simulated: Apple was looked for elsewhere, so nothing of this is about Apple.
        allowed: What the operator allowed to be changed.
        answers: One per assumption.
    """

    server_version: str
    date: str
    storefront: str
    developer_token: str
    simulated: bool
    allowed: tuple[str, ...]
    answers: tuple[Answer, ...]

    def described(self) -> dict[str, Any]:
        """Return what programs are told."""
        return {**asdict(self), "send_to": WHERE_TO}

    def as_json(self) -> str:
        """Return it for programs."""
        return json.dumps(self.described(), indent=2)

    def as_text(self) -> str:
        """Return it as Markdown, which people read and issues take."""
        counts = ", ".join(f"{len(self._of(each))} {each}" for each in _ORDER)
        lines = [
            "# What is true of Apple: report of applemusic-server doctor",
            "",
            *(["**Of a simulator or a proxy, not of Apple.**", ""] if self.simulated else []),
            f"- server {self.server_version}, {self.date}, storefront {self.storefront}",
            (
                f"- developer token: {self.developer_token}; "
                f"changes allowed: {', '.join(self.allowed) or 'none'}"
            ),
            f"- assumptions: {counts}",
        ]
        for verdict in _ORDER:
            answers = self._of(verdict)
            lines += ["", f"## {verdict.capitalize()}", ""] if answers else []
            for answer in answers:
                lines.append(f"- `{answer.id}`: {answer.assumption}")
                lines += [f"  - {fact}" for fact in answer.seen]
        lines += [
            "",
            "Please read this, then send it: it holds neither tokens nor keys, nor names, ids or",
            f"addresses of yours. {WHERE_TO}",
        ]
        return "\n".join(lines)

    def _of(self, verdict: Verdict) -> Sequence[Answer]:
        return [each for each in self.answers if each.verdict is verdict]
