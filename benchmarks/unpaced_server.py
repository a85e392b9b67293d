"""The server without its pace: `python -m benchmarks.unpaced_server`, for `flat_out` only.

The settings allow no such thing, and nothing that is installed has it: output is paced for
listening. All else is as in `applemusic-server serve`, settings from the environment included.
"""

import asyncio
import os
import sys

from msgspec.structs import replace

from applemusic_server.config_sources import load
from applemusic_server.domain.imports import imported_without

# Longer than any song.
_SECONDS = 3600.0


def main() -> None:
    """Serve until SIGTERM."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    settings = load(os.environ, {})
    playback = replace(settings.playback, burst_seconds=_SECONDS, lead_seconds=_SECONDS)
    with imported_without("rich"):
        from applemusic_server.serving import serve_until_stopped  # noqa: PLC0415 - as the command

    unpaced = replace(settings, playback=playback)
    problem = asyncio.run(serve_until_stopped(unpaced, os.environ, sys.stdout, sys.stderr))
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
