"""The whole dashboard: rows, what may be chosen at the top, and what is marked in graphs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tools.dashboard.panel import DATASOURCE, Json, Panel, link, runbook_link
from tools.dashboard.promql import CHOSEN, of

_COLUMNS: Final = 24
_METRICS: Final = "https://github.com/applemusic-grpc/applemusic-grpc/blob/main/docs/metrics.md"
_MONITORING: Final = _METRICS.replace("metrics.md", "monitoring.md")


@dataclass(frozen=True)
class Row:
    """Panels that answer one question, below a heading.

    Attributes:
        title: The heading.
        panels: From left to right, in as many lines as they need.
    """

    title: str
    panels: Sequence[Panel]


def board(rows: Sequence[Row]) -> Json:
    """Write the dashboard as Grafana keeps it."""
    return {
        "uid": "applemusic-grpc",
        "title": "Apple Music",
        "description": "Will music play, was it smooth, and when does what expire.",
        "tags": ["applemusic"],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "links": [
            runbook_link(),
            link("This dashboard", _MONITORING, "What each row tells"),
            link("Metrics", _METRICS, "What each metric means"),
        ],
        "templating": {"list": [_datasource(), *_variables()]},
        "annotations": {"list": list(_annotations())},
        "panels": list(_placed(rows)),
    }


def _placed(rows: Sequence[Row]) -> Iterator[Json]:
    number, y = 0, 0
    for row in rows:
        number += 1
        place = {"x": 0, "y": y, "w": _COLUMNS, "h": 1}
        heading = {"id": number, "type": "row", "title": row.title, "gridPos": place}
        yield {**heading, "collapsed": False, "panels": []}
        x, y, height = 0, y + 1, 0
        for panel in row.panels:
            if x + panel.width > _COLUMNS:
                x, y, height = 0, y + height, 0
            number += 1
            yield panel.to_json(number, x, y)
            x, height = x + panel.width, max(height, panel.height)
        y += height


def _datasource() -> Json:
    return {
        "type": "datasource",
        "name": "datasource",
        "label": "Data source",
        "query": "prometheus",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "multi": False,
        "includeAll": False,
        "options": [],
    }


def _variables() -> Iterator[Json]:
    chosen = ""
    # Outside of Kubernetes there is no namespace: `.*` fits that, too.
    for name, anything in (("namespace", ".*"), ("job", ".+"), ("instance", ".+")):
        metric = f"applemusic_build_info{{{chosen}}}" if chosen else "applemusic_build_info"
        query = f"label_values({metric}, {name})"
        yield {
            "type": "query",
            "name": name,
            "label": name.title(),
            "datasource": DATASOURCE,
            "query": {
                "qryType": 1,
                "query": query,
                "refId": "PrometheusVariableQueryEditor-VariableQuery",
            },
            "regex": "",
            "sort": 1,
            # On each change of the time range.
            "refresh": 2,
            "hide": 0,
            "multi": True,
            "includeAll": True,
            "allValue": anything,
            "options": [],
            "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
        }
        chosen = f'{chosen}, {name}=~"${name}"' if chosen else f'{name}=~"${name}"'


def _annotations() -> Iterator[Json]:
    yield {
        "builtIn": 1,
        "name": "Annotations & Alerts",
        "type": "dashboard",
        "datasource": {"type": "grafana", "uid": "-- Grafana --"},
        "enable": True,
        "hide": True,
        "iconColor": "rgba(0, 211, 255, 1)",
    }
    yield {
        "name": "Starts of servers",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "purple",
        # The value is the moment itself, in milliseconds.
        "expr": f"{of('process_start_time_seconds')} * 1000",
        "useValueForTime": True,
        "titleFormat": "Server started",
        "textFormat": "{{instance}}",
        "tagKeys": "instance",
    }
    # Alerts speak of an installation, so most have no instance.
    conditions = CHOSEN.rsplit(", ", 1)[0]
    firing = f'ALERTS{{{conditions}, alertname=~"AppleMusic.+", alertstate="firing"}}'
    yield {
        "name": "Alerts that fire",
        "datasource": DATASOURCE,
        "enable": True,
        "iconColor": "red",
        "expr": firing,
        "titleFormat": "{{alertname}}",
        "textFormat": "{{severity}}",
        "tagKeys": "alertname,severity",
    }
