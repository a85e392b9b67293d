"""What was measured, as JSON for machines and as a table for people."""

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from typing import Any


@dataclass
class Report:
    """Results by measurement, with the machine that they are of."""

    machine: dict[str, str]
    results: dict[str, dict[str, object]] = field(default_factory=dict)

    @classmethod
    def about_this_machine(cls) -> "Report":
        """An empty report."""
        packages = ("grpcio", "protobuf", "aiohttp", "cryptography", "av")
        return cls(
            {
                "python": platform.python_version(),
                "processor": platform.processor() or platform.machine(),
                "cores": str(os.cpu_count()),
                "system": f"{platform.system()} {platform.release()}",
                "load before": f"{os.getloadavg()[0]:.1f}",
                **{name: metadata.version(name) for name in packages},
            }
        )

    def add(self, name: str, result: dict[str, object]) -> None:
        """Keep the result of one measurement."""
        self.results[name] = result

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"machine": self.machine, "results": self.results}


def spread(values: Sequence[float], digits: int = 1) -> dict[str, float]:
    """Median, extremes and 90th percentile of measured values."""
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), digits),
        "min": round(ordered[0], digits),
        "p90": round(ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))], digits),
        "max": round(ordered[-1], digits),
        "runs": len(ordered),
    }


def write_table(report: Report) -> str:
    """A Markdown table of every figure."""
    lines = [
        "# Measured",
        "",
        ", ".join(f"{name} {value}" for name, value in report.machine.items()),
        "",
        "| measurement | figure | value |",
        "| --- | --- | --- |",
    ]
    for name, result in report.results.items():
        for key, value in result.items():
            shown = value
            if isinstance(value, dict):
                shown = ", ".join(f"{k} {v}" for k, v in value.items())
            lines.append(f"| {name} | {key} | {shown} |")
    return "\n".join(lines) + "\n"
