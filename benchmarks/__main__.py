"""Measure the server against the way it is done today, in one run; write JSON and a table.

python -m benchmarks [--quick] [--only NAME ...] [--output DIRECTORY]
"""

import argparse
import asyncio
import json
import tempfile
from pathlib import Path

from benchmarks import (
    at_rest,
    baseline,
    catalog,
    chain,
    clients,
    decrypt,
    first_byte,
    flat_out,
    library,
    many_streams,
    memory,
    operating,
    plots,
    prepared,
    python_client,
    queue,
    throttled,
)
from benchmarks.progress import Progress
from benchmarks.report import Report, write_table
from benchmarks.setup import Bench, prepare

MEASUREMENTS = {
    "catalog": catalog.measure,
    "first_byte": first_byte.measure,
    "prepared": prepared.measure,
    "chain": chain.measure,
    "clients": clients.measure,
    "baseline": baseline.measure,
    # The last ones: they start the server anew.
    "queue": queue.measure,
    "flat_out": flat_out.measure,
    "memory": memory.measure,
    "operating": operating.measure,
    "throttled": throttled.measure,
}

# How long they take on two quiet cores.
ABOUT = {
    "decrypt": "a quarter of a minute",
    "python_client": "half a minute",
    "library": "a minute and a half",
    "many_streams": "three minutes",
    "catalog": "a minute and a half",
    "first_byte": "a quarter of a minute",
    "prepared": "four minutes",
    "queue": "four minutes",
    "chain": "three minutes",
    "clients": "half a minute",
    "baseline": "a minute",
    "flat_out": "half a minute",
    "memory": "a minute",
    "operating": "two minutes",
    "at_rest": "half a minute",
    "throttled": "half a minute",
}


async def run(names: list[str], *, quick: bool) -> Report:
    """Start simulator and server once, run the measurements one after the other."""
    report = Report.about_this_machine()
    progress = Progress(len(names))
    if "decrypt" in names:
        progress.begin("decrypt", ABOUT["decrypt"])
        report.add("decrypt", await asyncio.to_thread(decrypt.measure))
    if "python_client" in names:
        progress.begin("python_client", ABOUT["python_client"])
        report.add("python_client", await python_client.measure(quick=quick))
    if "at_rest" in names:
        progress.begin("at_rest", ABOUT["at_rest"])
        report.add("at_rest", await at_rest.measure())
    if "library" in names:
        progress.begin("library", ABOUT["library"])
        report.add("library", await library.measure(progress, quick=quick))
    if "many_streams" in names:
        progress.begin("many_streams", ABOUT["many_streams"])
        report.add("many_streams", await many_streams.measure(progress, quick=quick))
    wanted = [name for name in MEASUREMENTS if name in names]
    if not wanted:
        return report
    with tempfile.TemporaryDirectory(prefix="applemusic-bench-") as directory:
        async with prepare(Path(directory), progress, quick=quick) as bench:
            for name in wanted:
                progress.begin(name, ABOUT[name])
                report.add(name, await _settled(bench, name))
    return report


async def _settled(bench: Bench, name: str) -> dict[str, object]:
    await bench.control.reset()
    return await MEASUREMENTS[name](bench)


def main() -> None:
    """Parse the arguments and run."""
    names = ["decrypt", "python_client", "at_rest", "library", "many_streams", *MEASUREMENTS]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repetitions")
    parser.add_argument(
        "--only", nargs="+", choices=names, default=names, help="measure only these"
    )
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="where to write")
    arguments = parser.parse_args()
    report = asyncio.run(run(arguments.only, quick=arguments.quick))
    arguments.output.mkdir(parents=True, exist_ok=True)
    (arguments.output / "results.json").write_text(json.dumps(report.as_dict(), indent=2) + "\n")
    table = write_table(report)
    (arguments.output / "results.md").write_text(table)
    print(table)
    plots.draw(report.as_dict()["results"], arguments.output)
    print(f"written to {arguments.output}: results.json, results.md and plots")


if __name__ == "__main__":
    main()
