"""`make serve` that is killed without a chance to clean up leaves no process behind."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.conftest import environment, read_until_ready
from tests.support.docs_pages import ROOT

pytestmark = pytest.mark.timeout(120)
# The server takes 2 s at most when nobody listens; the machine may be busy.
_SECONDS = 30.0


def children(parent: int) -> list[int]:
    """The processes that another one started."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="],
        capture_output=True,
        text=True,
        check=True,
    )
    pairs = (map(int, line.split()) for line in listed.stdout.splitlines())
    return [pid for pid, above in pairs if above == parent]


@contextmanager
def watched(pids: list[int]) -> Iterator[dict[int, int]]:
    """Handles of processes, by id: they can be read from once the process has ended."""
    handles = {pid: os.pidfd_open(pid) for pid in pids}
    try:
        yield handles
    finally:
        for handle in handles.values():
            os.close(handle)


def alive_after(handles: dict[int, int], seconds: float) -> list[int]:
    """Wait for processes to end; those that did not."""
    end = time.monotonic() + seconds
    return [
        pid
        for pid, handle in handles.items()
        if not select.select([handle], [], [], max(0.0, end - time.monotonic()))[0]
    ]


@pytest.mark.parametrize("victim", ["make", "the tool", "both"])
def test_nothing_outlives_what_was_killed(tmp_path: Path, victim: str) -> None:
    if not hasattr(os, "pidfd_open"):
        pytest.skip("processes of others can be waited for on Linux only")
    ports = [f"{name}=0" for name in ("GRPC_PORT", "WEB_PORT", "SIM_PORT")]
    with subprocess.Popen(
        ["make", f"VENV={sys.prefix}", *ports, "serve"],
        cwd=ROOT,
        env={**environment(), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as make:
        try:
            read_until_ready(make)
            (tool,) = children(make.pid)
            both = children(tool)
            assert len(both) == 2
            with watched([tool, *both]) as handles:
                assert alive_after(handles, 0) == [tool, *both]
                if victim != "the tool":
                    make.kill()
                if victim != "make":
                    os.kill(tool, signal.SIGKILL)
                assert alive_after(handles, _SECONDS) == []
        finally:
            if make.poll() is None:
                os.killpg(make.pid, signal.SIGKILL)
