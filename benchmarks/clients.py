"""First bytes by client: what each language adds to a start.

Each language has a program, listed in client_programs/programs.json, that is started as

    PROGRAM --address HOST:PORT --song ID --rounds N

It connects, begins the song in ADTS once without counting, then N times: from the call to the first
byte of audio, after which it closes the stream. It prints `{"first_byte_ms": [...]}`, N numbers,
and nothing else to stdout. The programs take turns, so that all meet the same machine; Apple
answers without a wait, so that what they differ in is not drowned in it.
"""

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path

from benchmarks.report import spread
from benchmarks.setup import Bench

ROOT = Path(__file__).resolve().parents[1]
GOAL = 1.5  # as a multiple of Python's
TURNS, ROUNDS = 5, 20
QUICK_TURNS, QUICK_ROUNDS = 2, 5


async def measure(bench: Bench) -> dict[str, object]:
    """Time every language's program that can be started here."""
    turns, rounds = (QUICK_TURNS, QUICK_ROUNDS) if bench.quick else (TURNS, ROUNDS)
    times: dict[str, list[float]] = {}
    for _ in range(turns):
        for language, command in programs().items():
            address = bench.stack.grpc_address
            times.setdefault(language, []).extend(
                await run(command, address, bench.songs[0], rounds)
            )
    figures = {f"{language}_ms": spread(values, 2) for language, values in times.items()}
    python = figures["python_ms"]["median"]
    ratios = {
        f"{language}_ratio": round(figures[f"{language}_ms"]["median"] / python, 2)
        for language in times
        if language != "python"
    }
    return {**figures, **ratios, "goal_ratio": GOAL}


def programs() -> dict[str, list[str]]:
    """The programs that can be started here, by language."""
    listed = json.loads((ROOT / "benchmarks/client_programs/programs.json").read_text())
    commands = {
        language: [part.format(python=sys.executable) for part in command]
        for language, command in listed.items()
    }
    return {name: command for name, command in commands.items() if can_be_started(command)}


def can_be_started(command: list[str]) -> bool:
    """Whether the program is here, and was built if it has to be."""
    built = [part for part in command if part.endswith(".js")]
    return shutil.which(command[0]) is not None and all((ROOT / part).exists() for part in built)


async def run(command: list[str], address: str, song: str, rounds: int) -> list[float]:
    """Milliseconds of each round of one program.

    Raises:
        RuntimeError: The program failed.
    """
    process = await asyncio.create_subprocess_exec(
        *command,
        *("--address", address, "--song", song, "--rounds", str(rounds)),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
    )
    printed, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{command} ended with {process.returncode}")
    times: list[float] = json.loads(printed)["first_byte_ms"]
    return times
