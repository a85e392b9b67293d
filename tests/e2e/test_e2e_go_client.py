"""The Go client's own tests, beside a real server and a real simulator."""

import asyncio
import shutil
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# The client is compiled once, which takes a fresh machine a minute.
pytestmark = pytest.mark.timeout(240)


async def test_go_test() -> None:
    if shutil.which("go") is None:
        pytest.skip("there is no Go here")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "conformance", "--beside"),
        *("go", "test", "-C", "clients/go", "-count=1", "-v", "./..."),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    said = printed.decode()
    assert process.returncode == 0, said
    assert "--- PASS: TestTheRealServerThroughItsSocket" in said
    assert "--- SKIP" not in said
