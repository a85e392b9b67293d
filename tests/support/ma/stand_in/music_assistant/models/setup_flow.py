"""The sessions of setup flows, of the newer generation: a script answers instead of a person."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from music_assistant_models.config_entries import ConfigEntry

_Result = TypeVar("_Result")


class SetupFlowError(Exception):
    """The values do not make a provider that loads."""

    def __init__(self, message: str, translation_key: str | None = None) -> None:
        super().__init__(message)
        self.translation_key = translation_key


class StepExpiredError(Exception):
    """Nobody did anything in time."""


class AbortFlow(Exception):
    """Ends the flow without a result."""

    def __init__(self, reason: str = "aborted") -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(kw_only=True)
class SetupFlowContext:
    """What is set up."""

    kind: str = "setup"
    reason: str = "user"
    setup_data: dict[str, Any] = field(default_factory=dict)


@dataclass
class Step:
    """One thing that the person saw."""

    step_id: str
    entries: dict[str, ConfigEntry] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    url: str = ""


Answer = Callable[[Step], Awaitable[dict[str, Any]]]


class SetupSession:
    """The host's handle on a person.

    Attributes:
        steps: What the person saw, in order.
        result: The values that the flow finished with.
    """

    def __init__(
        self,
        mass: Any,
        context: SetupFlowContext,
        answer: Answer,
        finish: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        self.mass = mass
        self.context = context
        self.steps: list[Step] = []
        self.result: dict[str, Any] | None = None
        self._answer = answer
        self._finish = finish

    async def form(
        self,
        entries: list[ConfigEntry],
        step_id: str = "user",
        errors: dict[str, str] | None = None,
        last_step: bool | None = None,
        expires_in: float | None = None,
        translation_params: list[str] | None = None,
    ) -> dict[str, Any]:
        if any(each.action for each in entries):
            raise ValueError("a setup flow has no actions")
        # Secrets never leave the host: the person types them again or leaves them empty.
        shown = {each.key: ConfigEntry.from_dict(each.to_dict()) for each in entries}
        step = Step(step_id, shown, dict(errors or {}))
        self.steps.append(step)
        given = await self._answer(step)
        found: dict[str, Any] = {}
        for each in entries:
            secret = each.type == "secure_string"
            before = None if secret else each.value
            value = given.get(each.key, before)
            found[each.key] = each.parse_value(value, allow_none=not each.required)
        return found

    async def external_until(
        self,
        awaitable: Awaitable[_Result],
        url: str,
        step_id: str = "auth",
        expires_in: float | None = None,
    ) -> _Result:
        step = Step(step_id, url=url)
        self.steps.append(step)
        person = asyncio.ensure_future(self._answer(step))
        try:
            async with asyncio.timeout(expires_in):
                return await awaitable
        except TimeoutError as error:
            raise StepExpiredError from error
        finally:
            await person

    def progress(
        self,
        step_id: str,
        text: str | None = None,
        pct: float | None = None,
        image: str | None = None,
    ) -> None:
        self.steps.append(Step(step_id))

    async def finish(self, values: dict[str, Any]) -> dict[str, str]:
        await self._finish(values)
        self.result = values
        return {"instance_id": "test"}
