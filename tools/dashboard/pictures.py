"""Draws a picture of each row of the dashboard, since Grafana cannot be run where this is built.

    python -m tools.dashboard.pictures

Server and simulator go through an evening in eight minutes, a real Prometheus watches, and what it
answers to the queries of the panels is drawn into docs/images/dashboard.
"""

import asyncio
import io
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tools.dashboard.__main__ import DASHBOARD, ROOT
from tools.dashboard.drawing.look import Answer
from tools.dashboard.drawing.sheet import Sheet
from tools.dashboard.load import free_port, loaded
from tools.dashboard.prometheus import Prometheus, PrometheusMissingError, running_prometheus
from tools.dashboard.screen import Screen
from tools.dashboard.stories import ACCOUNTS, PACE, in_minutes

FOLDER: Final = ROOT / "docs" / "images" / "dashboard"
_SCRAPE_SECONDS: Final = 5
_DOTS: Final = 150
_COLORS: Final = 256


def rows(board: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    """The headings of the dashboard, each with its panels."""
    found: list[tuple[str, list[Any]]] = []
    for panel in board["panels"]:
        if panel["type"] == "row":
            found.append((panel["title"], []))
        else:
            found[-1][1].append(panel)
    return found


def names(board: Mapping[str, Any]) -> list[str]:
    """The files of the pictures, in the order of the rows."""
    titles = [title.lower().replace(" ", "-") for title, _ in rows(board)]
    return [f"{number}-{title}.png" for number, title in enumerate(titles, 1)]


async def sheets(prometheus: Prometheus, screen: Screen, board: Mapping[str, Any]) -> list[Sheet]:
    """Ask for everything that the dashboard shows."""
    started = next(
        each for each in board["annotations"]["list"] if each["name"] == "Starts of servers"
    )
    found = await screen.answer(prometheus, {**started, "instant": False})
    moments = {value / 1000 for series in found for _, value in series.points}
    starts = sorted(moment for moment in moments if moment > screen.start)
    return [
        Sheet(title, panels, await _answers(prometheus, screen, panels), screen, starts)
        for title, panels in rows(board)
    ]


async def _answers(
    prometheus: Prometheus, screen: Screen, panels: Sequence[Mapping[str, Any]]
) -> dict[int, list[Answer]]:
    return {
        panel["id"]: [
            Answer(target, await screen.answer(prometheus, target)) for target in panel["targets"]
        ]
        for panel in panels
    }


def draw(found: Sequence[Sheet], files: Sequence[str], folder: Path) -> None:
    """Write a picture for each row, in few colours, so that the files are small."""
    folder.mkdir(parents=True, exist_ok=True)
    for sheet, file in zip(found, files, strict=True):
        drawn = io.BytesIO()
        sheet.draw().savefig(drawn, format="png", dpi=_DOTS, metadata={"Software": None})
        with Image.open(drawn) as picture:
            # The usual way mixes thin lines of like colours into one.
            few = picture.convert("RGB").quantize(_COLORS, Image.Quantize.MAXCOVERAGE, kmeans=2)
            few.save(folder / file, optimize=True)


async def watch_an_evening(folder: Path) -> None:
    """Let an evening go by, and draw it."""
    board = json.loads(DASHBOARD.read_text("utf-8"))
    with tempfile.TemporaryDirectory(prefix="applemusic-") as temporary:
        files, port = Path(temporary), free_port()
        url = f"http://127.0.0.1:{port}"
        async with (
            running_prometheus(files, url, _SCRAPE_SECONDS) as prometheus,
            loaded(files, ACCOUNTS, port, WEB__LAST_SCRAPE_SECONDS="6", **PACE) as load,
        ):
            await prometheus.reads(2)
            moments = [time.time()]

            def told(what: str) -> None:
                moments.append(time.time())
                print(f"{moments[-1] - moments[0]:4.0f} s  {what}", flush=True)

            await in_minutes(load, told)
            await prometheus.reads(1)
            screen = Screen(moments[0], moments[-1], _SCRAPE_SECONDS, _SCRAPE_SECONDS)
            draw(await sheets(prometheus, screen, board), names(board), folder)


def main() -> None:
    """Draw the pictures into the documentation."""
    try:
        asyncio.run(watch_an_evening(FOLDER))
    except PrometheusMissingError as error:
        sys.exit(f"pictures: {error}")


if __name__ == "__main__":
    main()
