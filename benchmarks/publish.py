"""Put a run of the measurements on the page docs/performance.md, and its file beside it.

python -m benchmarks.publish [build/bench/results.json ...]

Of several files a later one counts more; what none of them measured stays as it was published.
"""

import argparse
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import plots

PAGE, DATA = Path("docs/performance.md"), Path("docs/performance.json")
PLOTS = Path("docs/plots")
_TABLE = re.compile(r"(?<=\n)\| Figure \|.*?\n(?=\n)", re.DOTALL)
_MISSED = re.compile(r"(?<=\n)Not reached: .*?\.\n(?=\n)", re.DOTALL)
_MACHINE = re.compile(r"(?<=\n)Machine: .*?\n(?=\n)", re.DOTALL)
_WIDTH = 100


@dataclass(frozen=True)
class Row:
    """A line of the table.

    Attributes:
        figure: What was measured, with its unit.
        measured: Where it is in the results, e.g. `chain.peak_rss_mb`.
        goal: What was wanted; None where nothing was.
        baseline: Where today's way is in the results; empty where there is none.
        more_is_better: The goal is the least, not the most.
    """

    figure: str
    measured: str
    goal: float | None = None
    baseline: str = ""
    more_is_better: bool = False


_OVERHEAD = "python_client.overhead_us"
_COPY = "baseline.copy_cpu_ms_per_audio_minute"


def _at_latency(ms: int) -> tuple[Row, ...]:
    """How long a listener waits, at so many ms per answer of Apple's."""
    here, today = f"prepared.at_{ms}_ms", f"baseline.at_{ms}_ms.first_sample_ms.median"
    figure = f"First byte at {ms} ms"
    return (
        Row(f"{figure}, prepared, median ms", f"{here}.prepared_ms.median", 8, today),
        Row(f"{figure}, prepared, 99th percentile ms", f"{here}.prepared_ms.p99", 25),
        Row(f"{figure}, resolved, median ms", f"{here}.resolved_ms.median", ms + 15, today),
        Row(f"{figure}, cold, median ms", f"{here}.cold_ms.median", 3 * ms + 25, today),
        Row(
            f"{figure}, seek in a song that plays, median ms",
            f"{here}.seek_ms.median",
            ms + 15,
        ),
        Row(f"50 songs at 20x, {ms} ms, stalls", f"queue.at_{ms}_ms.stalls", 0),
        Row(
            f"50 songs at 20x, {ms} ms, longest transition, ms",
            f"queue.at_{ms}_ms.longest_transition_ms",
            25,
            today,
        ),
    )


ROWS = (
    *_at_latency(80),
    *_at_latency(150),
    Row("First byte at 80 ms, cold, ADTS, median ms", "first_byte.adts_ms.median", 265),
    Row(
        "2,000 paced streams: lateness of chunks, 99th percentile ms",
        "many_streams.chunk_lateness_ms.p99",
        50,
    ),
    Row("2,000 paced streams: memory per stream, KB", "many_streams.rss_kb_per_stream", 60),
    Row("2,000 paced streams: cores of the server", "many_streams.cores_used.server"),
    Row(
        "500 prepared starts in a second: first byte, 99th percentile ms",
        "many_streams.prepared_burst.first_byte_ms.p99",
        1000,
    ),
    Row(
        "500 cold starts in a second: first byte, 99th percentile ms",
        "many_streams.start_burst.first_byte_ms.p99",
        1000,
    ),
    Row("Whole chain, CPU ms per minute of audio", "flat_out.cpu_ms_per_audio_minute", 12, _COPY),
    Row("The same, 20 paced streams on an idle machine", "chain.cpu_ms_per_audio_minute"),
    Row(
        "Decryption alone, fMP4, CPU ms per minute of audio",
        "decrypt.clean_mp4_cpu_ms_per_minute",
        baseline=_COPY,
    ),
    Row(
        "Decryption alone, ADTS, CPU ms per minute of audio",
        "decrypt.adts_cpu_ms_per_minute",
        baseline=_COPY,
    ),
    Row("One start given up after its first chunk, CPU ms", "chain.cpu_ms_per_start"),
    Row("Idle server, CPU ms in 10 s", "chain.idle_cpu_ms_in_10_s"),
    Row("Memory before the first stream, MB", "memory.idle_rss_mb"),
    Row("Memory at most, with 20 streams, MB", "memory.peak_rss_mb", 120),
    Row("The same, with bursts of 60 s and a lead of 120 s", "chain.peak_rss_mb"),
    Row("Idle server as an operator has it, memory, MB", "at_rest.rss_mb.median", 75),
    Row("The same, what is the process's alone, MB", "at_rest.private_mb.median"),
    Row("Its libraries, imported and nothing done, MB", "at_rest.libraries_alone_rss_mb"),
    Row("Idle server with a device and an account, among tools, MB", "operating.idle_rss_mb"),
    Row("Idle server, percent of a core", "operating.idle_core_percent", 0.5),
    Row("Start until it serves, median s", "operating.start_to_serving_seconds.median", 1.5),
    Row("SIGTERM until it has ended, idle, median s", "operating.sigterm_to_exit_seconds.median"),
    Row("A look at /metrics, median ms", "operating.metrics_page_ms.median", 10),
    Row(
        "First sync of 100,000 songs, s",
        "library.first_sync.seconds",
        60,
        "library.baseline_seconds_scaled",
    ),
    Row("First sync, CPU s of the server", "library.first_sync.server_cpu_seconds"),
    Row("First sync, memory of the server at most, MB", "library.first_sync.rss_peak_mb", 150),
    Row(
        "First sync, requests to Apple per 100 songs",
        "library.requests_per_100_songs",
        1.2,
        "library.baseline_requests_per_100_songs",
    ),
    Row("Sync with nothing changed, s", "library.sync_with_nothing_changed.seconds", 10),
    Row(
        "Sync with nothing changed, CPU s of the server",
        "library.sync_with_nothing_changed.server_cpu_seconds",
    ),
    Row("Sync with one song more, s", "library.sync_with_one_song_more.seconds"),
    Row(
        "First byte during a throttled sync, as a multiple of that without",
        "throttled.ratio_of_medians",
        1.3,
    ),
    Row("Import of the Python client, median ms", "python_client.import_ms.median", 200),
    Row("A call through the Python client rather than bare stubs, µs more", _OVERHEAD, 100),
    Row("Catalog read from memory, median ms", "catalog.cached_p50_ms", 3),
    Row(
        "Catalog reads from memory, per second and core",
        "catalog.requests_per_second_per_core",
        2000,
        more_is_better=True,
    ),
)


def put_together(published: dict[str, Any], runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what is published from now on: each measurement from the last run that has it."""
    found = dict(published)
    results = dict(published["results"])
    for run in runs:
        results.update(run["results"])
        found["machine"] = run["machine"]
    found["results"] = results
    return found


def on_page(page: str, data: dict[str, Any]) -> str:
    """Return the page with the table, what was not reached, and the machine of these results."""
    found = ((row, _at(data["results"], row.measured)) for row in ROWS)
    rows = [(row, value) for row, value in found if value is not None]
    table = ["| Figure | Goal | Measured | Baseline | Ratio |", "| --- | --- | --- | --- | --- |"]
    table += [_line(row, value, data["results"]) for row, value in rows]
    missed = [row.figure for row, value in rows if not _reached(row, value)]
    machine = ", ".join(f"{name} {value}" for name, value in data["machine"].items())
    page = _put(page, _TABLE, "\n".join(table))
    page = _put(page, _MISSED, _wrapped(f"Not reached: {'; '.join(missed) or 'nothing'}."))
    return _put(page, _MACHINE, _wrapped(f"Machine: {machine}."))


def _line(row: Row, value: float, results: dict[str, Any]) -> str:
    baseline = _at(results, row.baseline) if row.baseline else None
    ratio = f"{baseline / value:.1f}" if baseline and value else "-"
    goal = "-" if row.goal is None else row.goal
    cells = (row.figure, goal, value, baseline or "-", ratio)
    return f"| {' | '.join(map(str, cells))} |"


def _reached(row: Row, value: float) -> bool:
    if row.goal is None:
        return True
    return value >= row.goal if row.more_is_better else value <= row.goal


def _at(results: dict[str, Any], path: str) -> float | None:
    found: Any = results
    for name in path.split("."):
        if name not in found:
            return None
        found = found[name]
    return float(found) if isinstance(found, float) else found


def _put(page: str, where: re.Pattern[str], text: str) -> str:
    if not where.search(page):
        raise ValueError(f"{PAGE} has no place for {text.splitlines()[0]!r}")
    return where.sub(lambda _: f"{text}\n", page, count=1)


def _wrapped(text: str) -> str:
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


def main() -> None:
    """Read the runs and rewrite page and file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.publish", description=__doc__)
    usual = [Path("build/bench/results.json")]
    parser.add_argument("runs", type=Path, nargs="*", default=usual, help="results.json of runs")
    runs = [json.loads(path.read_text()) for path in parser.parse_args().runs]
    data = put_together(json.loads(DATA.read_text()), runs)
    page = on_page(PAGE.read_text(), data)
    DATA.write_text(json.dumps(data, indent=2) + "\n")
    PAGE.write_text(page)
    plots.draw(data["results"], PLOTS)
    print(f"{PAGE} and {DATA} say what was measured; read the page over before you commit it")


if __name__ == "__main__":
    main()
