"""Server streams that a scenario reads piece by piece."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from google.protobuf.message import Message

from applemusic.errors import AppleMusicError
from conformance.matchers import mismatch
from conformance.rpc import as_json, error_as_json
from conformance.values import ScenarioError

_CANCEL_SECONDS = 10.0


class OpenStream:
    """Reads a stream from its first message on, so that it is open before anybody asks.

    Args:
        messages: The stream of the client.
    """

    def __init__(self, messages: AsyncIterator[Message]) -> None:
        self._came: asyncio.Queue[dict[str, Any] | AppleMusicError | None] = asyncio.Queue()
        self._task = asyncio.create_task(self._pump(messages))

    async def read(self, step: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the messages up to what the step says.

        Raises:
            ScenarioError: The stream ended otherwise or took too long.
        """
        messages: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(step.get("timeout", 20.0)):
                while (message := await self._came.get()) is not None:
                    if isinstance(message, AppleMusicError):
                        return _failed(message, step, messages)
                    messages.append(message)
                    if len(messages) == step.get("count"):
                        return messages
                    if "until" in step and not mismatch(step["until"], message):
                        return messages
        except TimeoutError:
            raise ScenarioError(f"not in time; {len(messages)} messages came") from None
        if "end" not in step:
            raise ScenarioError(f"the stream ended after {len(messages)} messages")
        return messages

    async def cancel(self) -> None:
        """Cancel it and wait until it has ended.

        Raises:
            ScenarioError: It does not end.
        """
        self._task.cancel()
        _, late = await asyncio.wait({self._task}, timeout=_CANCEL_SECONDS)
        if late:
            raise ScenarioError("the stream goes on after it was cancelled")

    async def _pump(self, messages: AsyncIterator[Message]) -> None:
        try:
            async for message in messages:
                self._came.put_nowait(as_json(message))
        except AppleMusicError as error:
            self._came.put_nowait(error)
        else:
            self._came.put_nowait(None)


def _failed(
    error: AppleMusicError, step: dict[str, Any], messages: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    if "error" not in step:
        raise ScenarioError(f"the stream failed: {error}") from error
    found = mismatch(step["error"], error_as_json(error))
    if found:
        raise ScenarioError(f"error: {found}") from error
    return messages
