"""The runner of the Python client. README.md says what a runner is."""

import argparse
import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any, Final

import aiohttp

from applemusic.errors import AppleMusicError
from conformance.context import Context
from conformance.steps import Scene
from conformance.values import ScenarioError

_SCENARIO_SECONDS: Final = 60.0
_FINALLY: Final = -1


async def run(context: Context, scenario: dict[str, Any]) -> dict[str, Any]:
    """Run one scenario and return its line."""
    started = time.monotonic()
    failure: dict[str, Any] = {}
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.post(f"{context.simulator}/control/reset") as response:
            response.raise_for_status()
        scene = Scene(context, http)
        try:
            async with asyncio.timeout(_SCENARIO_SECONDS):
                failure = await first_failure(scene, scenario["steps"])
        except TimeoutError:
            failure = {"message": f"not done in {_SCENARIO_SECONDS:g} s"}
        for step in scenario.get("finally", ()):
            after = await first_failure(scene, [step])
            if after and not failure:
                failure = {**after, "step": _FINALLY}
        await scene.close()
    seconds = round(time.monotonic() - started, 3)
    return {"scenario": scenario["name"], "ok": not failure, "seconds": seconds, **failure}


async def first_failure(scene: Scene, steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Do steps until one does not hold; return which and why, or nothing."""
    for index, step in enumerate(steps):
        try:
            await scene.step(step)
        except (ScenarioError, AppleMusicError, aiohttp.ClientError) as error:
            return {"step": index, "message": str(error) or repr(error)}
    return {}


async def main() -> int:
    """Run all scenarios; return 0 when all held."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--context", type=Path, required=True)
    parser.add_argument("scenarios", type=Path, nargs="+")
    arguments = parser.parse_args()
    context = Context.load(arguments.context)
    all_held = True
    for path in arguments.scenarios:
        line = await run(context, json.loads(path.read_text()))
        print(json.dumps(line), flush=True)
        all_held = all_held and line["ok"]
    return 0 if all_held else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
