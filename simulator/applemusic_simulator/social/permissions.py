"""Which undocumented calls this service allows to whom: at Apple nobody knows for sure."""

from typing import Any

from applemusic_simulator.accounts import Account
from applemusic_simulator.developer_tokens import Team
from applemusic_simulator.errors import AppleError, forbidden, not_found, unauthorized

ALLOW = "allow"
ANSWERS = (ALLOW, "401", "403", "404", "405")
LYRICS = "lyrics"
FAVORITES = "favorites"
CAPABILITIES = (LYRICS, FAVORITES)
_ANYBODY = ""


class Permissions:
    """Answers by capability, team and account; the most particular rule counts.

    A rule for a team says whether that developer's token is accepted, one for an account whether
    that subscriber may; both may be given, or neither.
    """

    def __init__(self) -> None:
        self._rules: dict[tuple[str, str, str], str] = {}

    def set(self, capability: str, answer: str, *, team: str = "", account: str = "") -> None:
        """Allow or refuse from now on.

        Raises:
            ValueError: No such capability or answer.
        """
        if capability not in CAPABILITIES or answer not in ANSWERS:
            raise ValueError(
                f"{capability}={answer}: capabilities are {', '.join(CAPABILITIES)}, "
                f"answers {', '.join(ANSWERS)}"
            )
        self._rules[capability, team, account] = answer

    def answer(self, capability: str, team: str, account: str) -> str:
        """`allow`, or the HTTP status that refuses."""
        for key in ((team, account), (_ANYBODY, account), (team, _ANYBODY), (_ANYBODY, _ANYBODY)):
            if (capability, *key) in self._rules:
                return self._rules[capability, *key]
        return ALLOW

    def check(self, capability: str, team: Team, account: Account) -> None:
        """Refuse a call that is not allowed.

        Raises:
            AppleError: With the status that was set.
        """
        answer = self.answer(capability, team.id, account.id)
        if answer == "401":
            raise unauthorized()
        if answer == "403":
            raise forbidden()
        if answer == "404":
            raise not_found()
        if answer != ALLOW:
            raise AppleError(int(answer), empty=True)

    def describe(self) -> list[dict[str, Any]]:
        """JSON-ready rules."""
        return [
            {"capability": capability, "team": team, "account": account, "answer": answer}
            for (capability, team, account), answer in self._rules.items()
        ]

    def reset(self) -> None:
        """Allow everything to everybody."""
        self._rules.clear()
