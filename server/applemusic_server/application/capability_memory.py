"""What Apple lets accounts do, as far as is known here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from applemusic_server.domain.capability import Capability, CapabilityAnswer, KnownAnswer

# How long Apple is not asked again: its mind changes rarely, and each refusal costs a request.
REMEMBERED: Final = timedelta(days=1)

Told = Callable[[str, Capability, KnownAnswer], None]


class CapabilityMemory:
    """Remembers what Apple said about what accounts may do.

    Args:
        now: The time now, in UTC.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._known: dict[str, dict[Capability, KnownAnswer]] = {}
        self._told: Told = lambda *_: None

    def tell(self, told: Told) -> None:
        """Tell `told` of each answer that a call brought; it must neither wait nor fail."""
        self._told = told

    def add(self, account_id: str, capability: Capability) -> None:
        """Remember that Apple refused a call."""
        self._note(account_id, capability, CapabilityAnswer.REFUSED)

    def worked(self, account_id: str, capability: Capability) -> None:
        """Remember that Apple did what a call asked for."""
        known = self._known.get(account_id, {}).get(capability)
        if known is not None and known.answer is CapabilityAnswer.ALLOWED:
            return  # As before: not worth a write each time.
        self._note(account_id, capability, CapabilityAnswer.ALLOWED)

    def holds(self, account_id: str, capability: Capability) -> bool:
        """Whether Apple refused `capability` for the account within the last day."""
        known = self._known.get(account_id, {}).get(capability)
        return (
            known is not None
            and known.answer is CapabilityAnswer.REFUSED
            and known.expire_time > self._now()
        )

    def last(self, account_id: str, capability: Capability) -> CapabilityAnswer | None:
        """Return what Apple said last, however long ago; None when it was never asked."""
        known = self._known.get(account_id, {}).get(capability)
        return None if known is None else known.answer

    def is_known(self, account_id: str, capability: Capability, answer: KnownAnswer) -> bool:
        """Whether this very answer is the one that counts."""
        return self._known.get(account_id, {}).get(capability) == answer

    def outdated(
        self, account_id: str, capabilities: Iterable[Capability]
    ) -> tuple[Capability, ...]:
        """Return those about which Apple said nothing within the last day."""
        known, now = self._known.get(account_id, {}), self._now()
        return tuple(
            each for each in capabilities if each not in known or known[each].expire_time <= now
        )

    def learn(self, account_id: str, answers: Mapping[Capability, KnownAnswer]) -> None:
        """Take over what a probe or another replica learned; of two answers the newer counts."""
        known = self._known.setdefault(account_id, {})
        for capability, each in answers.items():
            present = known.get(capability)
            if present is None or present.expire_time < each.expire_time:
                known[capability] = each

    def forget(self, account_id: str) -> None:
        """Forget all of an account, e.g. when a person signs in anew."""
        self._known.pop(account_id, None)

    def _note(self, account_id: str, capability: Capability, answer: CapabilityAnswer) -> None:
        known = KnownAnswer(answer, self._now() + REMEMBERED)
        self._known.setdefault(account_id, {})[capability] = known
        self._told(account_id, capability, known)
