"""Start the simulator and a server once, and run every client's scenarios against them."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from applemusic import Client
from conformance.context import Context
from conformance.facts import collect
from conformance.runners import ROOT, Runner
from tools.stack import Stack, StackOptions

ACCOUNT: Final = "demo"
_SCENARIOS: Final = ROOT / "conformance" / "scenarios"
_MUST_FAIL: Final = ROOT / "conformance" / "must_fail"
_SCOPES: Final = {"full": ("read", "control", "stream", "admin"), "read": ("read",)}
_SETTINGS: Final = {
    "APPLEMUSIC_GRPC__REQUIRE_ACCESS_TOKEN": "true",
    # Songs are seconds long here, and nobody listens: all of one is the burst.
    "APPLEMUSIC_PLAYBACK__BURST_SECONDS": "60",
}


@asynccontextmanager
async def server(cache: Path) -> AsyncIterator[Context]:
    """A server with one account signed in, and everything that a runner is told about it."""
    with tempfile.TemporaryDirectory(prefix="applemusic-conformance-") as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        access = {name: await make_access_token(data, name) for name in _SCOPES}
        socket = str(Path(folder) / "grpc.sock")
        settings = {**_SETTINGS, "APPLEMUSIC_GRPC__SOCKET": socket}
        options = StackOptions(cache_dir=cache, data_dir=data, server_settings=settings)
        async with Stack(options) as stack:
            async with Client(stack.grpc_address, access_token=access["full"]) as music:
                await music.auth.submit_music_user_token(stack.music_user_token, account=ACCOUNT)
                facts = await collect(music, stack)
            yield Context(
                grpc=stack.grpc_address,
                web=stack.web_url,
                simulator=stack.simulator_url,
                socket=socket,
                access={**access, "none": "", "wrong": "amg_" + "0" * 43},
                variables={"account": ACCOUNT, **facts},
            )


async def make_access_token(data: Path, name: str) -> str:
    """Have the server's own command make an access token."""
    scopes = [part for scope in _SCOPES[name] for part in ("--scope", scope)]
    output = data.parent / f"{name}.token"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic_server", "access-token", "create", name),
        *(*scopes, "--all-accounts", "--data-dir", str(data), "--output", str(output)),
        env={**os.environ, **_SETTINGS},
        stderr=asyncio.subprocess.PIPE,
    )
    _, complaint = await process.communicate()
    if process.returncode != 0:
        sys.exit(f"an access token could not be made:\n{complaint.decode()}")
    return output.read_text().strip()


def for_language(context: Context, language: str) -> Context:
    """The context for one run of one runner."""
    run = f"{language}{secrets.token_hex(3)}"
    return replace(context, variables={**context.variables, "language": language, "run": run})


def show(language: str, lines: Sequence[dict[str, Any]]) -> bool:
    """Print what a runner found; return whether all held."""
    for line in lines:
        if not line["ok"]:
            where = f"{line['scenario']}, step {line.get('step', '?')}"
            print(f"{language}: {where}: {line['message']}")
    held = sum(line["ok"] is True for line in lines)
    seconds = sum(line.get("seconds", 0.0) for line in lines)
    print(f"{language}: {held} of {len(lines)} scenarios hold ({seconds:.1f} s)", flush=True)
    return held == len(lines)


def show_failing(language: str, lines: Sequence[dict[str, Any]]) -> bool:
    """Print which of the scenarios that must fail did not; return whether all did.

    Failing is saying at which step: a runner that gives up has not looked.
    """
    held = [line for line in lines if line["ok"] or "step" not in line]
    for line in held:
        print(f"{language}: {line['scenario']} must fail: {line.get('message', 'it holds')}")
    print(f"{language}: {len(lines) - len(held)} of {len(lines)} fail that must", flush=True)
    return not held


async def conform(languages: Sequence[str], scenarios: Sequence[Path], cache: Path) -> bool:
    """Run each language's runner; return whether all held, and what must fail did.

    What must fail is left out where only some of the scenarios are run.
    """
    must_fail = sorted(_MUST_FAIL.glob("*.json"))
    whole = len(scenarios) == len(list(_SCENARIOS.glob("*.json")))
    runners = Runner.all()
    all_held = True
    async with server(cache) as context:
        with tempfile.TemporaryDirectory(prefix="applemusic-context-") as folder:
            for language in languages:
                path = Path(folder) / f"{language}.json"
                for_language(context, language).save(path)
                lines = await runners[language].run(path, scenarios)
                all_held = show(language, lines) and all_held
                if whole:
                    failing = await runners[language].run(path, must_fail)
                    all_held = show_failing(language, failing) and all_held
    return all_held


async def beside(command: Sequence[str], cache: Path) -> int:
    """Run any program that reads a context; return its exit code."""
    async with server(cache) as context:
        with tempfile.TemporaryDirectory(prefix="applemusic-context-") as folder:
            path = Path(folder) / "context.json"
            for_language(context, "other").save(path)
            process = await asyncio.create_subprocess_exec(
                *command, env={**os.environ, "APPLEMUSIC_CONTEXT": str(path)}
            )
            try:
                return await process.wait()
            finally:
                if process.returncode is None:
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()


def chosen_languages(wanted: Sequence[str]) -> list[str]:
    """The languages to run: those named, or all that are here; says which are not."""
    runners = Runner.all()
    if unknown := set(wanted) - set(runners):
        sys.exit(f"there is no runner {', '.join(sorted(unknown))}: there are {', '.join(runners)}")
    missing = {name: runner.missing() for name, runner in runners.items()}
    for name in wanted or runners:
        if missing[name]:
            what = f"the {name} runner needs {', '.join(missing[name])}"
            if wanted or os.environ.get("CI") == "true":
                sys.exit(f"{what}: `make setup` brings it")
            print(f"skipped: {what}", file=sys.stderr)
    return [name for name in wanted or runners if not missing[name]]


def main() -> None:
    """Parse the arguments and run."""
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    parser.add_argument("--runner", action="append", default=[], help="only this language's")
    parser.add_argument("--scenario", action="append", default=[], help="only that of this name")
    parser.add_argument("--cache-dir", type=Path, default=ROOT / "build" / "simulator-cache")
    parser.add_argument(
        "--beside",
        nargs=argparse.REMAINDER,
        help="instead: run this program, with the path of a context in APPLEMUSIC_CONTEXT",
    )
    arguments = parser.parse_args()
    if arguments.beside:
        sys.exit(asyncio.run(beside(arguments.beside, arguments.cache_dir)))
    scenarios = [
        path
        for path in sorted(_SCENARIOS.glob("*.json"))
        if not arguments.scenario or path.stem in arguments.scenario
    ]
    if not scenarios:
        sys.exit(f"there is no such scenario: {json.dumps(arguments.scenario)}")
    languages = chosen_languages(arguments.runner)
    if not asyncio.run(conform(languages, scenarios, arguments.cache_dir)):
        sys.exit(1)


if __name__ == "__main__":
    main()
