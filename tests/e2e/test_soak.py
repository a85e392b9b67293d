"""A minute of the soak: whatever listeners do and Apple's side fails at, nothing is left behind."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.soak_traces import Traces, growth_problems

ROOT = Path(__file__).resolve().parents[2]


# A minute, and what comes before and after it on a machine that runs other tests besides.
@pytest.mark.timeout(240)
def test_a_minute_of_it() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.soak", "--minutes", "1", "--seed", "20261123"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "seed 20261123" in done.stdout


def test_memory_that_grows_is_seen() -> None:
    assert growth_problems([100.0] * 30 + [104.0] * 30) == []
    assert growth_problems([100.0 + second for second in range(60)])
    assert growth_problems([100.0]) == []


async def test_what_is_left_is_seen() -> None:
    before = Traces.now()
    assert Traces.now().problems(before) == []
    task = asyncio.create_task(asyncio.sleep(60), name="left")
    assert Traces.now().problems(before) == ["1 more tasks of sleep"]
    task.cancel()
