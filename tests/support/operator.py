"""Runs `applemusic-server` as an operator does, beside what a test has started."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from applemusic_server.__main__ import main
from applemusic_simulator.simulator import Simulator


class Operator:
    """Somebody with a shell, the server's settings and its files.

    Args:
        simulator: Stands for Apple.
        folder: With the developer token; the data folder is in it.
        more: Further options of all commands.

    Attributes:
        settings: What every command is given.
    """

    def __init__(self, simulator: Simulator, folder: Path, more: Sequence[str] = ()) -> None:
        self.data = folder / "data"
        self.token_file = folder / "developer-token"
        if not self.token_file.exists():
            self.token_file.touch(mode=0o600)
            self.token_file.write_text(simulator.developer_token())
        self.settings = [
            *("--data-dir", str(self.data), "--apple-root-url", simulator.url),
            *("--developer-token-file", str(self.token_file)),
            *("--widevine-device-file", str(simulator.widevine_device())),
            *("--grpc-port", "1", *more),
        ]

    async def run(self, *arguments: str, stdin: str = "", settings: bool = True) -> Result:
        """Run a command in a thread of its own; whatever it ends with is the test's to judge."""
        given = [*arguments, *(self.settings if settings else ())]
        return await asyncio.to_thread(
            CliRunner().invoke, main, given, input=stdin, env={"APPLEMUSIC_CONFIG": None}
        )

    async def done(self, *arguments: str, stdin: str = "") -> str:
        """Run a command that succeeds; what it prints on standard output."""
        result = await self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    async def doctor(self, *arguments: str) -> tuple[int, dict[str, dict[str, Any]]]:
        """Run `doctor --json`; its exit code, and the checks by name."""
        result = await self.run("doctor", "--json", *arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
        checks = json.loads(result.stdout)["checks"]
        return result.exit_code, {check["name"]: check for check in checks}

    async def report(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Run `doctor --report --json`; the answers by id."""
        told = json.loads(await self.done("doctor", "--report", "--json", *arguments))
        return {answer["id"]: answer for answer in told["answers"]}
