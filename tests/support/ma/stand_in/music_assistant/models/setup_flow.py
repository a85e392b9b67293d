"""The sessions of setup flows, of the newer generation: a script answers instead of a person."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from music_assistant_models.config_entries import UI_ONLY, ConfigEntry
from music_assistant_models.enums import ConfigEntryType

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
    domain: str = "apple_music_grpc"
    instance_id: str | None = None
    player_id: str | None = None
    setup_data: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)


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
        if any(each.action or each.type == ConfigEntryType.ACTION for each in entries):
            raise ValueError("a setup flow has no actions")
        asked = [replace(each) for each in entries]
        for each in asked:
            if each.type == ConfigEntryType.SECURE_STRING:
                each.value = None  # secrets never leave the host: the person types them again
        given_up, found = dict(errors or {}), dict[str, Any]()
        while True:
            # The flow is not woken before the host itself finds nothing wrong.
            step = self._publish(
                "form", step_id, errors=given_up, entries=asked, last_step=last_step
            )
            given = await self._answer(step)
            found, given_up = _parsed(asked, given)
            if not given_up:
                return found

    async def external_until(
        self,
        awaitable: Awaitable[_Result],
        url: str,
        step_id: str = "auth",
        expires_in: float | None = None,
    ) -> _Result:
        step = self._publish("external", step_id, url=url)
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
        self._publish("progress", step_id, progress_text=text, progress=pct, image=image)

    async def finish(self, values: dict[str, Any]) -> dict[str, str]:
        if self.result is not None:
            raise RuntimeError("the setup flow has finished already")
        await self._finish(values)
        self.result = values
        return {"instance_id": "test"}

    def _publish(self, kind: str, step_id: str, **values: Any) -> Step:
        """Keep what the person sees, in the form in which it goes to a browser."""
        if find_spec("music_assistant_models.setup_flow") is not None:  # models for such hosts
            models = import_module("music_assistant_models.setup_flow")
            known = {key: value for key, value in values.items() if value is not None}
            sent = models.SetupFlowStep(
                flow_id="test", step_id=step_id, type=models.FlowStepType(kind), **known
            )
            assert models.SetupFlowStep.from_dict(json.loads(json.dumps(sent.to_dict())))
        shown = {each.key: replace(each) for each in values.get("entries", ())}
        step = Step(step_id, shown, dict(values.get("errors", {})), str(values.get("url") or ""))
        self.steps.append(step)
        return step


def _parsed(
    entries: list[ConfigEntry], given: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what was entered, and what is wrong with it."""
    answered = [replace(each, value=given.get(each.key, each.value)) for each in entries]
    found: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for each in entries:
        if each.type in UI_ONLY:
            continue
        value = given.get(each.key, each.value)
        # Models for hosts without setup flows know of no such rule.
        rule = getattr(each, "dependency_met", None)
        met = rule(answered) if rule is not None else each.required
        try:
            found[each.key] = each.parse_value(value, allow_none=not met)
        except (TypeError, ValueError):
            errors[each.key] = "required" if value in {None, ""} else "invalid_value"
            each.value = value
        if each.type == ConfigEntryType.SECURE_STRING:
            each.value = None
    return found, errors
