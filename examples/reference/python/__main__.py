"""Runs examples as they are asked for: what the test of the reference talks to.

    python examples/reference/python 127.0.0.1:50051

Each line of standard input is a JSON list: Service/Rpc, and the arguments of its example after the
client. What the example prints is followed by a line `-- done`, or `-- failed` and why.
"""

import asyncio
import importlib
import json
import re
import sys
from collections.abc import Awaitable, Callable

from applemusic import AppleMusicError, Client


def example_of(rpc: str) -> Callable[..., Awaitable[None]]:
    """Return the function that shows an RPC."""
    service, _, name = rpc.partition("/")
    module = importlib.import_module(service.removesuffix("Service").lower())
    found: Callable[..., Awaitable[None]]
    found = getattr(module, re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
    return found


async def main(address: str) -> None:
    """Run what standard input asks for, until it ends."""
    async with Client(address) as music:
        while line := await asyncio.to_thread(sys.stdin.readline):
            rpc, *arguments = json.loads(line)
            try:
                await example_of(rpc)(music, *arguments)
            except AppleMusicError as error:
                print("-- failed", repr(error), flush=True)
            else:
                print("-- done", flush=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
