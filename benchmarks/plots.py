"""Pictures of what was measured: PNG for pages, SVG for those who look closer.

python -m benchmarks.plots [build/bench/results.json] [--output DIRECTORY]
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_LATENCIES = (80, 150)
_OURS, _TODAY, _GOAL = "#2a6f97", "#b5654a", "#444444"
_STARTS = (
    ("prepared_ms", "prepared"),
    ("resolved_ms", "resolved"),
    ("seek_ms", "seek"),
    ("cold_ms", "cold"),
)

Results = dict[str, Any]


def first_bytes(axes: Axes, results: Results) -> bool:
    """Draw how long a listener waits, beside today's way; False when it was not measured."""
    if not {"prepared", "baseline"} <= results.keys():
        return False
    labels, medians, tops, colours = [], [], [], []
    for ms in _LATENCIES:
        ours = results["prepared"][f"at_{ms}_ms"]
        for name, label in _STARTS:
            labels.append(f"{label}, {ms} ms")
            medians.append(ours[name]["median"])
            tops.append(ours[name]["p99"])
            colours.append(_OURS)
        today = results["baseline"][f"at_{ms}_ms"]["first_sample_ms"]
        labels.append(f"today's way, {ms} ms")
        medians.append(today["median"])
        tops.append(today["max"])
        colours.append(_TODAY)
    places = list(range(len(labels)))
    axes.barh(places, medians, color=colours)
    axes.plot(
        tops,
        places,
        "|",
        color=_GOAL,
        markersize=12,
        label="99th percentile (today's way: the longest)",
    )
    for place, median, top in zip(places, medians, tops, strict=True):
        axes.text(max(median, top) * 1.12, place, f"{median:.0f}", va="center", fontsize=8)
    axes.set_yticks(places, labels)
    axes.invert_yaxis()
    axes.set_xscale("log")
    axes.set_xlim(1, 10_000)
    axes.set_xlabel("milliseconds to the first byte of audio (median)")
    axes.set_title("From the call to the first byte, by latency of each answer of Apple's")
    axes.legend(loc="upper right")
    return True


def lateness(axes: Axes, results: Results) -> bool:
    """Draw how late chunks are with very many streams."""
    found = results.get("many_streams", {})
    if "chunk_lateness_ms_at_percent" not in found:
        return False
    points = [(float(at), ms) for at, ms in found["chunk_lateness_ms_at_percent"].items()]
    axes.plot([ms for _, ms in points], [at for at, _ in points], color=_OURS, marker=".")
    axes.axvline(50, color=_GOAL, linestyle="--", linewidth=1)
    axes.text(52, 10, "goal for the\n99th percentile", fontsize=8, color=_GOAL)
    axes.axhline(99, color=_GOAL, linestyle=":", linewidth=1)
    axes.set_xscale("symlog", linthresh=1)
    axes.set_xlim(left=0)
    axes.set_xlabel("milliseconds after it was due")
    axes.set_ylabel("percent of chunks")
    axes.set_title(f"Lateness of chunks at the listener, {found['streams']} paced streams")
    return True


def bursts(axes: Axes, results: Results) -> bool:
    """Draw how long those wait who all start within a second."""
    found = results.get("many_streams", {})
    kinds = [("cold", "start_burst"), ("prepared", "prepared_burst")]
    if not all(name in found for _, name in kinds):
        return False
    for place, (_, name) in enumerate(kinds):
        waits = found[name]["first_byte_ms"]
        axes.bar(place - 0.2, waits["median"], width=0.38, color=_OURS)
        axes.bar(place + 0.2, waits["p99"], width=0.38, color=_OURS, alpha=0.5)
        for shift, value in ((-0.2, waits["median"]), (0.2, waits["p99"])):
            axes.text(place + shift, value, f"{value:.0f}", ha="center", va="bottom", fontsize=8)
    axes.axhline(1000, color=_GOAL, linestyle="--", linewidth=1, label="goal, 99th percentile")
    axes.set_xticks([0, 1], [label for label, _ in kinds])
    axes.set_ylabel("milliseconds to the first byte")
    axes.set_title(f"{found['start_burst']['starts']} starts in a second: median, 99th percentile")
    axes.legend()
    return True


PLOTS: dict[str, Callable[[Axes, Results], bool]] = {
    "first-bytes": first_bytes,
    "lateness": lateness,
    "start-bursts": bursts,
}


def draw(results: Results, folder: Path) -> list[Path]:
    """Draw what was measured; return the files that were written."""
    folder.mkdir(parents=True, exist_ok=True)
    # The same picture is the same file: no dates, no random ids.
    mpl.rcParams["svg.hashsalt"] = "applemusic"
    written = []
    for name, plot in PLOTS.items():
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        axes = figure.subplots()
        if not plot(axes, results):
            continue
        axes.grid(visible=True, axis="both", alpha=0.25)
        for ending in ("png", "svg"):
            path = folder / f"{name}.{ending}"
            dates = {"Date": None} if ending == "svg" else {}
            figure.savefig(path, dpi=110, metadata=dates)
            written.append(path)
    return written


def main() -> None:
    """Read results and draw them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plots", description=__doc__)
    parser.add_argument("run", type=Path, nargs="?", default=Path("build/bench/results.json"))
    parser.add_argument("--output", type=Path, default=Path("build/bench"), help="where to write")
    arguments = parser.parse_args()
    for path in draw(json.loads(arguments.run.read_text())["results"], arguments.output):
        print(path)


if __name__ == "__main__":
    main()
