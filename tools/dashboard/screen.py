"""Asks Prometheus what Grafana would ask it for a panel of the dashboard."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from tools.dashboard.prometheus import Prometheus, Series

_LEGEND = re.compile(r"\{\{\s*(\w+)\s*\}\}")


@dataclass(frozen=True)
class Screen:
    """The range that is shown, and how closely.

    Attributes:
        start: Unix seconds.
        end: As above.
        scrape_seconds: How often Prometheus reads the server.
        step: Seconds from point to point.
    """

    start: float
    end: float
    scrape_seconds: int
    step: int

    @property
    def rate_interval(self) -> int:
        """Grafana's `$__rate_interval`: four scrapes at least, and one more than a step."""
        return max(self.step + self.scrape_seconds, 4 * self.scrape_seconds)

    def filled(self, expression: str) -> str:
        """An expression with the variables as they are when everything is chosen.

        Raises:
            KeyError: It has a variable that the dashboard has not.
        """
        return Template(expression).substitute(
            namespace=".*",
            job=".+",
            instance=".+",
            __rate_interval=f"{self.rate_interval}s",
            __range=f"{self.end - self.start:.0f}s",
        )

    async def answer(self, prometheus: Prometheus, target: Mapping[str, Any]) -> list[Series]:
        """What Prometheus answers to a query of a panel."""
        expression = self.filled(target["expr"])
        if target["instant"]:
            return await prometheus.at(expression, self.end)
        return await prometheus.between(expression, self.start, self.end, self.step)


def legend(target: Mapping[str, Any], series: Series, answers: Sequence[Series]) -> str:
    """What Grafana calls a series of an answer."""
    wanted = str(target["legendFormat"])
    if wanted != "__auto":
        return _LEGEND.sub(lambda found: series.labels.get(found[1], ""), wanted)
    return "Value" if len(answers) == 1 else ", ".join(series.labels.values())
