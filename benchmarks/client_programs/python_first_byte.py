"""First bytes with the Python client: a program as benchmarks/clients.py describes it."""

import argparse
import asyncio
import json
import time

from applemusic import AudioContainer, Client


async def first_byte_ms(music: Client, song: str) -> float:
    """Milliseconds from the call to the first byte of audio."""
    began = time.perf_counter()
    async with music.audio.stream(song, container=AudioContainer.ADTS) as stream:
        while not (chunk := await stream.read()):
            if chunk is None:
                raise SystemExit("the song is empty")
        return (time.perf_counter() - began) * 1000


async def main() -> None:
    """Time every round; the first start is not counted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--song", required=True)
    parser.add_argument("--rounds", type=int, required=True)
    arguments = parser.parse_args()
    async with Client(arguments.address) as music:
        await first_byte_ms(music, arguments.song)
        times = [await first_byte_ms(music, arguments.song) for _ in range(arguments.rounds)]
    print(json.dumps({"first_byte_ms": times}))


if __name__ == "__main__":
    asyncio.run(main())
