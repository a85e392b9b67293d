"""Writes what a client needs to sign in to a file that only its owner can read."""

import json
import os
from pathlib import Path
from typing import Any

from applemusic_simulator.accounts import DEMO
from applemusic_simulator.simulator import Simulator


def describe_credentials(simulator: Simulator) -> dict[str, Any]:
    """The demo account's tokens, the developer key behind them, the test device, the addresses."""
    team = simulator.team
    return {
        "account": DEMO,
        "team_id": team.id,
        "key_id": team.key_id,
        "p8": team.p8(),
        "developer_token": simulator.developer_token(),
        "music_user_token": simulator.music_user_token(DEMO),
        "widevine_device": str(simulator.widevine_device()),
        "base_urls": simulator.base_urls(),
    }


def write_credentials(path: Path, simulator: Simulator) -> None:
    """Write them as JSON with mode 0600; an older file is replaced at once, never half.

    Raises:
        OSError: The folder is missing or cannot be written to.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    # Opened with its final mode: at no moment may others read it.
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(describe_credentials(simulator), file, indent=2)
        file.write("\n")
    part.replace(path)
