"""Looks whether an image does what it should."""

import os
from collections.abc import Iterator
from pathlib import Path

from tools.sandbox import Sandbox, TrialError
from tools.stage_replay import Built

_IMPORTS = "import asyncpg, av, grpc, opentelemetry.sdk, pywidevine, segno, applemusic_server"
_FIND_MISSING = (
    "find /opt -name '*.so*' -type f | while read -r file; do "
    'ldd "$file" 2>/dev/null | grep \'not found\' | sed "s#^#$file:#"; done'
)


def new_volumes(built: Built, work: Path) -> dict[str, Path]:
    """Make what an engine mounts: a new volume has the owner and mode of the image's folder."""
    temporary = work / "tmp"
    temporary.mkdir(parents=True)
    temporary.chmod(0o1777)
    folders = {"/tmp": temporary}  # noqa: S108 - of the image
    for volume in built.volumes:
        there = built.inside(volume).stat()
        folder = folders[volume] = work / volume.strip("/")
        folder.mkdir(mode=there.st_mode & 0o7777)
        os.chown(folder, there.st_uid, there.st_gid)
    return folders


def try_server(built: Built, work: Path) -> Iterator[str]:
    """Try the server's image; yield what is good.

    Raises:
        TrialError: Something is not.
    """
    box = Sandbox(built, new_volumes(built, work))
    program = [*built.entry_point, *built.command]
    if missing := box.ask("/bin/sh", "-c", _FIND_MISSING).strip():
        raise TrialError(f"libraries are missing:\n{missing}")
    yield "every library finds those that it needs"
    box.ask("python", "-c", _IMPORTS)
    yield "everything that is optional can be imported: playback, PCM, PostgreSQL, tracing, sign-in"
    if "configuration is good" not in box.ask("applemusic-server", "config", "check"):
        raise TrialError("the image's own configuration is not good")
    yield "its configuration is good"
    with box.started(program) as refused:
        said = refused.until_it_ends(1)
    if "nobody has an access token" not in said:
        raise TrialError(f"it should ask for an access token:\n{said}")
    yield "without an access token it does not start, and says so"
    token = ["access-token", "create", "trial", "--all-accounts", "--output", "/data/token"]
    box.ask("applemusic-server", *token)
    yield from _serves(box, program)


def try_simulator(built: Built, work: Path) -> str:
    """Try the simulator's image; return what is good.

    Raises:
        TrialError: It is not.
    """
    box = Sandbox(built, new_volumes(built, work))
    box.ask("python", "-c", "import av, numpy, pywidevine")
    with box.started(built.entry_point) as running:
        running.until_ready()
        running.stop()
    return "the simulator starts, and ends on SIGTERM"


def _serves(box: Sandbox, program: list[str]) -> Iterator[str]:
    with box.started(program) as running:
        running.until_ready()
        facts = running.facts()
        powers = int(facts["CapEff"], 16) | int(facts["CapPrm"], 16)
        if facts["Uid"].split() != ["65532"] * 4 or facts["NoNewPrivs"] != "1" or powers:
            raise TrialError(f"it has powers that it should not have: {facts}")
        yield "it serves, offline, as user 65532 without a capability, on a read-only root"
        yield f"HEALTHCHECK says {box.ask_beside(running, *box.built.health).strip()}"
        running.stop()
    yield "SIGTERM to process 1 ends it with 0"
    if left := sorted(path.name for path in box.mounts["/tmp"].iterdir()):  # noqa: S108 - see above
        raise TrialError(f"it left files in /tmp: {left}")
    yield "it left nothing in /tmp"
