"""What Apple lets accounts do, as far as is known here."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

from applemusic_server.domain.capability import (
    PROBED,
    Capability,
    CapabilityAnswer,
    KnownAnswer,
)

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
        self._changed: Callable[[str], None] = lambda _: None

    def tell(self, told: Told) -> None:
        """Tell `told` of each answer that a call brought; it must neither wait nor fail."""
        self._told = told

    def on_change(self, changed: Callable[[str], None]) -> None:
        """Tell `changed` the id of an account that may do other things now, as far as is known.

        It must neither wait nor fail. A refusal that is a day old and not asked about anew is no
        change: nobody knows yet.
        """
        self._changed = changed

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
        newer = {
            capability: each
            for capability, each in answers.items()
            if capability not in known or known[capability].expire_time < each.expire_time
        }
        self._take_over(account_id, newer)

    def forget(self, account_id: str) -> None:
        """Forget all of an account, e.g. when a person signs in anew."""
        self._known.pop(account_id, None)

    def _note(self, account_id: str, capability: Capability, answer: CapabilityAnswer) -> None:
        known = KnownAnswer(answer, self._now() + REMEMBERED)
        self._take_over(account_id, {capability: known})
        self._told(account_id, capability, known)

    def _take_over(self, account_id: str, answers: Mapping[Capability, KnownAnswer]) -> None:
        known = self._known.setdefault(account_id, {})
        before = [_allows(each, known.get(each)) for each in answers]
        known.update(answers)
        if before != [_allows(each, known[each]) for each in answers]:
            self._changed(account_id)


def _allows(capability: Capability, known: KnownAnswer | None) -> bool:
    """Whether a capability counts as there; what is probed only once Apple has answered."""
    if known is None:
        return capability not in PROBED
    return known.answer is not CapabilityAnswer.REFUSED
