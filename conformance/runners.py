"""The runners of each language: how they are started, and what they say."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Runner:
    """One language's runner.

    Attributes:
        command: Program and arguments; `{python}` and `{bin}` stand for the interpreter and the
            folder of the virtual environment's programs.
        needs: Files, relative to the repository, and programs without which it cannot be started.
    """

    language: str
    command: tuple[str, ...]
    needs: tuple[str, ...]

    @classmethod
    def all(cls) -> dict[str, Self]:
        """Every runner in `runners.json`, by language."""
        names = {"python": sys.executable, "bin": str(Path(sys.prefix) / "bin")}
        listed = json.loads((ROOT / "conformance" / "runners.json").read_text())
        return {
            language: cls(
                language,
                tuple(part.format(**names) for part in entry["command"]),
                tuple(part.format(**names) for part in entry["needs"]),
            )
            for language, entry in listed.items()
        }

    def missing(self) -> list[str]:
        """What it needs and is not here."""
        return [
            need for need in self.needs if not (ROOT / need).exists() and shutil.which(need) is None
        ]

    async def run(self, context: Path, scenarios: Sequence[Path]) -> list[dict[str, Any]]:
        """Run scenarios and return a line for each.

        One that the runner said nothing about has failed.
        """
        process = await asyncio.create_subprocess_exec(
            *self.command,
            *("--context", str(context)),
            *map(str, scenarios),
            cwd=ROOT,
            env=self._environment(),
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            printed, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
        said = {line["scenario"]: line for line in map(json.loads, printed.splitlines())}
        silent = {"ok": False, "message": f"the runner ended with {process.returncode} before it"}
        lines = [said.get(path.stem, {"scenario": path.stem, **silent}) for path in scenarios]
        if process.returncode != 0 and all(line["ok"] for line in lines):
            lines[-1] = {**lines[-1], "ok": False, "message": f"it ended with {process.returncode}"}
        return lines

    def _environment(self) -> Mapping[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT)}
