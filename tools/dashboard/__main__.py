"""Writes the dashboard for Grafana.

    python -m tools.dashboard            # write it
    python -m tools.dashboard --check    # exit 1 when it is not up to date

It is made from the rows beside this file, since in thousands of lines of JSON nobody sees what
differs from panel to panel, and that every query asks for the servers that were chosen.
"""

import json
import sys
from pathlib import Path

from tools.dashboard.board import board
from tools.dashboard.panel import Json
from tools.dashboard.rows.apple import apple
from tools.dashboard.rows.calls import calls
from tools.dashboard.rows.overview import overview
from tools.dashboard.rows.process import process
from tools.dashboard.rows.starts import starts
from tools.dashboard.rows.streams import streams
from tools.dashboard.rows.syncs import syncs
from tools.dashboard.rows.tokens import tokens

ROOT = Path(__file__).resolve().parents[2]
DASHBOARD = ROOT / "deploy" / "grafana" / "dashboards" / "applemusic.json"


def dashboard() -> Json:
    """Make the dashboard."""
    return board([overview(), starts(), streams(), tokens(), apple(), syncs(), calls(), process()])


def main() -> None:
    """Write the file, or say that it is not what it should be."""
    wanted = json.dumps(dashboard(), indent=1, ensure_ascii=False) + "\n"
    there = DASHBOARD.read_text("utf-8") if DASHBOARD.exists() else ""
    if there == wanted:
        return
    name = DASHBOARD.relative_to(ROOT)
    if "--check" in sys.argv[1:]:
        sys.exit(f"{name}: not up to date; run `make gen`")
    DASHBOARD.write_text(wanted, "utf-8")
    print(f"wrote {name}")


if __name__ == "__main__":
    main()
