"""The TypeScript client's own tests, which Node runs."""

import asyncio
import shutil
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "clients" / "typescript"
ENTRY = PACKAGE / "build" / "test" / "all.js"
_TAIL = 8000

# They start the simulator and two servers, pack the package, install it and run every example.
pytestmark = pytest.mark.timeout(240)


@pytest.fixture(scope="session")
def node() -> str:
    """Node 20 or newer, with the client compiled for it."""
    found = shutil.which("node")
    if found is None or not (PACKAGE / "node_modules").exists():
        pytest.skip("the TypeScript client is not installed: `make setup` does it where Node 20 is")
    return found


def newest(*folders: str) -> float:
    """When the last of the sources was changed."""
    sources = (path for folder in folders for path in (PACKAGE / folder).rglob("*.ts"))
    return max(path.stat().st_mtime for path in sources)


def test_what_is_run_is_what_is_written(node: str) -> None:
    assert node
    compiled = ENTRY.stat().st_mtime if ENTRY.exists() else 0.0
    assert compiled >= newest("src", "test", "conformance", "bench"), (
        "compile it anew: `make setup`"
    )


async def test_its_own_tests(node: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(node, "--test", "--test-reporter=spec", str(ENTRY)),
        cwd=PACKAGE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    assert process.returncode == 0, said.decode()[-_TAIL:]
    assert b"skipped 0" in said, "none of them may be left out"
