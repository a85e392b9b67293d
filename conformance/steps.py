"""The verbs of scenarios, done through the Python client."""

import asyncio
import hashlib
import time
from typing import Any, Final

import aiohttp
from google.protobuf.message import Message

from applemusic import Client
from applemusic.audio_stream import AudioStream
from applemusic.calls import Calls, Timed
from applemusic.errors import AppleMusicError
from applemusic.models import AudioEventKind
from applemusic.v1 import audio_service_pb2 as audio_pb
from conformance.context import Context
from conformance.matchers import check_matcher, mismatch
from conformance.rpc import as_json, error_as_json, model_as_json, request_message, stub_method
from conformance.streams import OpenStream
from conformance.values import ScenarioError, capture, substitute

_AGAIN_SECONDS: Final = 0.1
_COMPARED: Final = frozenset({"expect", "error", "capture"})
# The fields of each verb: what a runner does not know is a failure.
_VERBS: Final = {
    "call": {"request", "access", "timeout", "within"} | _COMPARED,
    "pages": {"items", "request", "access", "timeout"} | _COMPARED,
    "open": {"method", "request", "access"},
    "read": {"count", "until", "end", "timeout"} | _COMPARED,
    "cancel": set[str](),
    "audio": {"request", "access", "stop_after"} | _COMPARED,
    "http": {"base", "path", "json", "form", "headers", "expect", "capture"},
}


class Scene:
    """One run of one scenario: its variables, streams, buffers and cookies.

    Args:
        context: Where everything is.
        session: For requests to the simulator and the web pages.
    """

    def __init__(self, context: Context, session: aiohttp.ClientSession) -> None:
        self._context = context
        self._session = session
        self._variables = context.start_variables()
        self._clients: dict[str, Client] = {}
        self._streams: dict[str, OpenStream] = {}
        self._buffers: dict[str, bytearray] = {}
        self._cookies: dict[str, str] = {}

    async def step(self, raw: dict[str, Any]) -> None:
        """Do one step and compare.

        Raises:
            ScenarioError: Something is not as expected.
        """
        # What is captured is named and not meant: `capture` has no variables.
        step = {
            name: value if name == "capture" else substitute(value, self._variables)
            for name, value in raw.items()
        }
        verb = next((name for name in _VERBS if name in step), None)
        if verb is None:
            raise ScenarioError(f"there is no verb in {sorted(step)}")
        if unknown := set(step) - _VERBS[verb] - {verb, "comment"}:
            raise ScenarioError(f"there is no {sorted(unknown)} in a step with the verb {verb!r}")
        for name in ("expect", "error", "until"):
            check_matcher(step.get(name))
        if "within" in step:
            result = await self._eventually(step)
        else:
            result = await self._once(verb, step)
        for name, source in step.get("capture", {}).items():
            self._variables[name] = capture(result, source)

    async def close(self) -> None:
        """Cancel what is still open."""
        for stream in self._streams.values():
            await stream.cancel()
        for client in self._clients.values():
            await client.close()

    async def _eventually(self, step: dict[str, Any]) -> Any:
        deadline = time.monotonic() + step["within"]
        while True:
            try:
                return await self._once("call", step)
            except ScenarioError:
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _once(self, verb: str, step: dict[str, Any]) -> Any:
        try:
            result = await getattr(self, f"_{verb}")(step)
        except AppleMusicError as error:
            return _expected_error(step, error)
        if "error" in step and verb != "read":
            raise ScenarioError(f"expected {step['error']}, and it succeeded")
        if "expect" in step and (found := mismatch(step["expect"], result)):
            raise ScenarioError(found)
        return result

    async def _call(self, step: dict[str, Any]) -> Any:
        calls = self._calls(step)
        method, request = stub_method(calls, step["call"]), self._request(step, step["call"])
        return as_json(await calls.unary(method, request, _timed(step)))

    async def _pages(self, step: dict[str, Any]) -> Any:
        calls = self._calls(step)
        request = self._request(step, step["pages"])

        def items(response: Any) -> tuple[Message, ...]:
            names = {field.json_name: field.name for field in response.DESCRIPTOR.fields}
            return tuple(getattr(response, names[step["items"]]))

        pager = calls.pager(stub_method(calls, step["pages"]), request, items, _timed(step))
        return [as_json(item) async for item in pager]

    async def _open(self, step: dict[str, Any]) -> None:
        calls = self._calls(step)
        request = self._request(step, step["method"])
        self._streams[step["open"]] = OpenStream(
            calls.stream(stub_method(calls, step["method"]), request)
        )

    async def _read(self, step: dict[str, Any]) -> Any:
        return await self._stream(step["read"]).read(step)

    async def _cancel(self, step: dict[str, Any]) -> None:
        await self._stream(step["cancel"]).cancel()

    async def _audio(self, step: dict[str, Any]) -> Any:
        request = self._request(step, "AudioService/AudioStream")
        buffer = self._buffers.setdefault(step["audio"], bytearray())
        before, wanted = len(buffer), step.get("stop_after")
        async with AudioStream(self._calls(step), request, None) as stream:
            async for chunk in stream:
                buffer += chunk.data
                if wanted is not None and len(buffer) - before >= wanted:
                    del buffer[before + wanted :]
                    break
            else:
                wanted = None  # it ended by itself
        return _audio_result(stream, buffer, len(buffer) - before, stopped=wanted is not None)

    async def _http(self, step: dict[str, Any]) -> Any:
        web = step["base"] == "web"
        async with self._session.request(
            step["http"],
            (self._context.web if web else self._context.simulator) + step["path"],
            json=step.get("json"),
            data=step.get("form"),
            headers=step.get("headers"),
            cookies=self._cookies if web else {},
            allow_redirects=False,
        ) as response:
            if web:
                self._cookies |= {name: part.value for name, part in response.cookies.items()}
            is_json = response.content_type == "application/json"
            body = await response.json() if is_json else await response.text()
            return {"status": response.status, "body": body}

    def _calls(self, step: dict[str, Any]) -> Calls:
        name = step.get("access", "full")
        if name not in self._clients:
            token = self._context.access[name]
            self._clients[name] = Client(self._context.grpc, access_token=token)
        client = self._clients[name]
        return Calls(client.stubs, client.target, client.config)

    def _request(self, step: dict[str, Any], method: str) -> Any:
        return request_message(method, step.get("request", {}))

    def _stream(self, name: str) -> OpenStream:
        if name not in self._streams:
            raise ScenarioError(f"no stream {name!r} is open")
        return self._streams[name]


def _timed(step: dict[str, Any]) -> Timed:
    return {"timeout": step["timeout"]} if "timeout" in step else {}


def _expected_error(step: dict[str, Any], error: AppleMusicError) -> Any:
    """Return the error as the step's result, if it is the one that was expected."""
    if "error" not in step:
        raise ScenarioError(f"it failed: {error}") from error
    seen = error_as_json(error)
    if found := mismatch(step["error"], seen):
        raise ScenarioError(f"error: {found}") from error
    return seen


def _audio_result(stream: AudioStream, buffer: bytearray, came: int, *, stopped: bool) -> Any:
    result: dict[str, Any] = {
        "header": model_as_json(audio_pb.AudioHeader(), stream.header),
        "complete": not stopped,
        "byteCount": came,
        "position": stream.header.byte_offset + came,
        "resumeCount": stream.resume_count,
        "eventKinds": [f"{_EVENT}{AudioEventKind(event.kind).name}" for event in stream.events],
        "buffer": {"size": len(buffer), "sha256": hashlib.sha256(buffer).hexdigest()},
    }
    if not stopped:
        result["summary"] = model_as_json(audio_pb.AudioSummary(), stream.summary)
    return result


_EVENT: Final = "AUDIO_EVENT_KIND_"
