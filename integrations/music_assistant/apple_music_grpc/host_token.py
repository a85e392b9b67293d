"""The developer token that the host's own installation brings for its providers.

It is the same in all installations: Apple throttles them together, and it ends for all of them at
once. It is used where a person chooses it, and for a server of the provider's own alone.
"""

import base64
import binascii
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

_NAMES: Final = ("apple_music_token", 8)
"""What it is called among the values that the host brings: older hosts count them."""

_FILE: Final = "host-developer-token"
_PARTS: Final = 3


def offered() -> str:
    """Return the token; empty when the host brings none."""
    try:
        # Not every host has it, and none has to unpack it when it is not used.
        from music_assistant.helpers.app_vars import app_var  # noqa: PLC0415
    except ImportError:
        return ""
    for name in _NAMES:
        try:
            token = str(app_var(name))
        except (LookupError, TypeError, ValueError):
            continue
        if end_of(token) is not None:
            return token
    return ""


def end_of(token: str) -> datetime | None:
    """Return when a token ends; None for what is none."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        return None
    head, claims = _read(parts[0]), _read(parts[1])
    if "alg" not in head or "iss" not in claims:
        return None
    end = claims.get("exp")
    return datetime.fromtimestamp(end, UTC) if isinstance(end, int) else None


def keep(folder: Path) -> Path | None:
    """Write the token to a file of this user's alone; return its name, None when there is none."""
    token = offered()
    if not token:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / _FILE
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(token, "ascii")
    return path


def forget(folder: Path) -> None:
    """Remove the file, where there is one."""
    (folder / _FILE).unlink(missing_ok=True)


def _read(part: str) -> dict[str, Any]:
    try:
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
