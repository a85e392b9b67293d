"""Every scenario with every client: each language's runner against a real server and simulator."""

import asyncio
import sys

import pytest

from conformance.runners import ROOT, Runner

# A server and a simulator start, and the runner has some forty scenarios.
pytestmark = pytest.mark.timeout(240)

COUNT, FAILING = (
    len(list((ROOT / "conformance" / folder).glob("*.json")))
    for folder in ("scenarios", "must_fail")
)


@pytest.mark.parametrize("language", sorted(Runner.all()))
async def test_every_scenario_holds(language: str) -> None:
    missing = Runner.all()[language].missing()
    if missing:
        pytest.skip(f"the {language} runner needs {', '.join(missing)}: `make setup` brings it")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "conformance", "--runner", language),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    said = printed.decode()
    assert process.returncode == 0, said
    assert f"{language}: {COUNT} of {COUNT} scenarios hold" in said
    assert f"{language}: {FAILING} of {FAILING} fail that must" in said


async def test_a_scenario_that_does_not_hold_is_told() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "conformance", "--runner", "python", "--scenario", "nothing"),
        cwd=ROOT,
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    assert process.returncode == 1
    assert b"there is no such scenario" in complaint
