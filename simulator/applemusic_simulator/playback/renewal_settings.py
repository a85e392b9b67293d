"""How music user tokens are renewed right now; set through the control API or by a test."""

from dataclasses import asdict, dataclass
from typing import Any

from applemusic_simulator.user_tokens import LIFETIME

ANSWERS = ("new", "refuse", "none", "same", "dead")
"""What a renewal brings: a new token, a 401, an answer without one, the old one, a useless one."""


@dataclass(slots=True)
class RenewalSettings:
    """What the next renewal answers.

    Attributes:
        answer: One of `ANSWERS`.
        lifetime: Seconds that a renewed token is good for.
        revoke_old: The old token ends when a new one is given. Whether Apple does so is not known.
        keep_after_logout: `webPlayerLogout` says yes and takes nothing back.
    """

    answer: str = "new"
    lifetime: float = LIFETIME
    revoke_old: bool = False
    keep_after_logout: bool = False

    def describe(self) -> dict[str, Any]:
        """JSON-ready values, the choices included."""
        return {**asdict(self), "answers": list(ANSWERS)}

    def change(self, answer: str, lifetime: float, *, revoke_old: bool, keep: bool) -> None:
        """Set all.

        Raises:
            ValueError: There is no such answer.
        """
        if answer not in ANSWERS:
            msg = f"no answer {answer!r}; there are: {', '.join(ANSWERS)}"
            raise ValueError(msg)
        self.answer, self.lifetime = answer, lifetime
        self.revoke_old, self.keep_after_logout = revoke_old, keep

    def reset(self) -> None:
        """As at the start."""
        self.change("new", LIFETIME, revoke_old=False, keep=False)
