"""Listeners in a process of their own: `python -m benchmarks.stream_load`, a plan on stdin.

They use gRPC directly, keep no audio and note only when which chunk came, so that next to the
server they weigh little. What they saw is written to stdout as JSON.
"""

import asyncio
import json
import sys
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, field
from typing import Any

import grpc

from applemusic.channel import channel_options
from applemusic.config import ClientConfig
from applemusic.v1 import audio_service_pb2 as pb
from applemusic.v1.audio_service_pb2_grpc import AudioServiceStub

# The server's own limit of calls per connection is 32.
PER_CONNECTION = 25
# More than the init segment (about 1 KB), less than the first fragment's header.
_INIT_BYTES = 2048


@dataclass(frozen=True)
class Plan:
    """What listeners do. Times are seconds of the machine's monotonic clock.

    Attributes:
        starts: When each listener begins.
        accounts: Who each one is.
        end: When all leave.
    """

    address: str
    song: str
    starts: list[float]
    accounts: list[str]
    end: float


@dataclass
class Heard:
    """What one listener saw; times as in `Plan`.

    Attributes:
        begun: When it called.
        arrivals: When each chunk came.
        offsets: The media offset of each chunk, in seconds.
        preparation: What the server had done before.
        failure: Why it ended before its time; empty if it did not.
    """

    begun: float
    first_audio: float = 0.0
    arrivals: "array[float]" = field(default_factory=lambda: array("d"))
    offsets: "array[float]" = field(default_factory=lambda: array("d"))
    preparation: int = 0
    failure: str = ""


async def listen(stub: AudioServiceStub, plan: Plan, index: int) -> Heard:
    """Begin when it is time, and listen until the end."""
    await asyncio.sleep(plan.starts[index] - time.monotonic())
    heard = Heard(time.monotonic())
    received = 0
    request = pb.AudioStreamRequest(account=plan.accounts[index], song_id=plan.song)
    call: Any = stub.AudioStream(request)  # of grpc.aio, which the stubs do not tell
    try:
        async with asyncio.timeout(plan.end - time.monotonic()):
            async for frame in call:
                if frame.WhichOneof("frame") == "header":
                    heard.preparation = frame.header.preparation
                if frame.WhichOneof("frame") != "chunk":
                    continue
                now = time.monotonic()
                received += len(frame.chunk.data)
                if not heard.first_audio and received > _INIT_BYTES:
                    heard.first_audio = now
                offset = frame.chunk.media_offset
                heard.arrivals.append(now)
                heard.offsets.append(offset.seconds + offset.nanos / 1e9)
    except TimeoutError:
        call.cancel()
    except grpc.aio.AioRpcError as error:
        # Some hear of their own leaving like this.
        if time.monotonic() < plan.end:
            heard.failure = f"{error.code().name}: {error.details()}"
    return heard


async def listen_all(plan: Plan) -> list[Heard]:
    """All of them, with as many connections as they need."""
    async with AsyncExitStack() as stack:
        stubs = []
        for _ in range(0, len(plan.starts), PER_CONNECTION):
            channel = grpc.aio.insecure_channel(
                plan.address, options=channel_options(ClientConfig())
            )
            stubs.append(AudioServiceStub(await stack.enter_async_context(channel)))
            await channel.channel_ready()
        return await asyncio.gather(
            *(listen(stubs[i // PER_CONNECTION], plan, i) for i in range(len(plan.starts)))
        )


async def run(plans: Sequence[Plan]) -> list[Heard]:
    """Let a process of its own follow each plan; return what all saw."""
    children = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "benchmarks.stream_load"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in plans
    ]
    outputs = await asyncio.gather(
        *(
            child.communicate(json.dumps(asdict(plan)).encode())
            for child, plan in zip(children, plans, strict=True)
        )
    )
    return [Heard(**each) for output, _ in outputs for each in json.loads(output)]


def failures(heard: Sequence[Heard]) -> dict[str, int]:
    """How many listeners were sent away, by reason."""
    return dict(Counter(each.failure for each in heard if each.failure))


def main() -> None:
    """Follow the plan on stdin."""
    heard = asyncio.run(listen_all(Plan(**json.load(sys.stdin))))
    listed = [
        {**vars(each), "arrivals": list(each.arrivals), "offsets": list(each.offsets)}
        for each in heard
    ]
    json.dump(listed, sys.stdout)


if __name__ == "__main__":
    main()
