"""A real Prometheus on loopback, as long as a test or a drawing needs one."""

import asyncio
import re
import shutil
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import aiohttp
import yaml

JOB: Final = "applemusic"
_START_SECONDS: Final = 30.0
_LOOK_SECONDS: Final = 0.2


class PrometheusMissingError(Exception):
    """There is no Prometheus on this machine."""


class Series(NamedTuple):
    """A series of an answer.

    Attributes:
        labels: The metric's name among them, as `__name__`.
        points: Unix seconds and values, which may be NaN.
    """

    labels: Mapping[str, str]
    points: Sequence[tuple[float, float]]


class Prometheus:
    """Answers queries.

    Args:
        session: To ask with.
        url: Where it is.
    """

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def at(self, expression: str, moment: float) -> list[Series]:
        """What an expression is at a moment, in Unix seconds."""
        form = {"query": expression, "time": f"{moment:.3f}"}
        found = await self._asked("query", form)
        return [Series(each["metric"], [_point(*each["value"])]) for each in found]

    async def between(self, expression: str, start: float, end: float, step: float) -> list[Series]:
        """What an expression is from one moment to another, a value each `step` seconds."""
        form = {
            "query": expression,
            "start": f"{start:.3f}",
            "end": f"{end:.3f}",
            "step": f"{step:.3f}",
        }
        found = await self._asked("query_range", form)
        return [Series(each["metric"], [_point(*p) for p in each["values"]]) for each in found]

    async def reads(self, looks: int) -> None:
        """Wait until the server was read so many times more.

        Raises:
            TimeoutError: It was not, in half a minute: Prometheus takes some seconds to begin.
        """
        wanted = looks + await self._looks()
        async with asyncio.timeout(_START_SECONDS):
            while await self._looks() < wanted:  # noqa: ASYNC110 - it can only be asked
                await asyncio.sleep(_LOOK_SECONDS)

    async def _looks(self) -> float:
        found = await self.at("sum_over_time(up[1d])", time.time())
        return found[0].points[0][1] if found else 0

    async def _asked(self, path: str, form: Mapping[str, str]) -> Any:
        url = f"{self._url}/api/v1/{path}"
        async with self._session.post(url, data=form) as response:
            answer = await response.json()
        if answer["status"] != "success":
            raise ValueError(f"{answer['error']}: {form['query']}")
        return answer["data"]["result"]


def _point(moment: float, value: str) -> tuple[float, float]:
    return float(moment), float(value)


@asynccontextmanager
async def running_prometheus(
    folder: Path, web_url: str, scrape_seconds: int, rules: Sequence[Path] = ()
) -> AsyncIterator[Prometheus]:
    """Run Prometheus on a free port of loopback.

    Args:
        folder: For all that it writes.
        web_url: The web port of the server that it reads.
        scrape_seconds: How often it reads, and evaluates rules.
        rules: Files with rules.

    Raises:
        PrometheusMissingError: There is none here.
    """
    program = shutil.which("prometheus")
    if program is None:
        raise PrometheusMissingError("prometheus is not here (Debian: apt-get install prometheus)")
    configuration = folder / "prometheus.yml"
    configuration.write_text(yaml.safe_dump(_configuration(web_url, scrape_seconds, rules)))
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={configuration}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--web.listen-address=127.0.0.1:0",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    if process.stderr is None:
        raise RuntimeError("Prometheus has no log to read")
    reading: asyncio.Task[None] | None = None
    try:
        async with asyncio.timeout(_START_SECONDS):
            url = await _ready(process.stderr)
        # A pipe that nobody reads would stop it one day.
        reading = asyncio.create_task(_read_on(process.stderr))
        async with aiohttp.ClientSession() as session:
            yield Prometheus(session, url)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
        if reading is not None:
            await reading


def _configuration(web_url: str, scrape_seconds: int, rules: Sequence[Path]) -> dict[str, Any]:
    interval = f"{scrape_seconds}s"
    return {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": interval,
            "evaluation_interval": interval,
        },
        "rule_files": [str(each) for each in rules],
        "scrape_configs": [
            {"job_name": JOB, "static_configs": [{"targets": [urlsplit(web_url).netloc]}]}
        ],
    }


async def _ready(log: asyncio.StreamReader) -> str:
    """Return the address once it answers."""
    url, said = "", []
    while line := (await log.readline()).decode(errors="replace"):
        said.append(line)
        if found := re.search(r'msg="Listening on" address=(\S+)', line):
            url = f"http://{found[1]}"
        if "Server is ready" in line and url:
            return url
    raise RuntimeError(f"Prometheus did not start:\n{''.join(said[-10:])}")


async def _read_on(log: asyncio.StreamReader) -> None:
    while await log.readline():
        pass
