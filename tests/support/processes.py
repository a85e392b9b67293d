"""Processes that a test did not start itself, and waits for."""

import os
import select
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

# The machine may be busy; nothing that ends takes nearly as long.
_SECONDS = 30.0


@contextmanager
def watched(pid: int) -> Iterator[int]:
    """A handle of a process: it can be read from once the process has ended."""
    if not hasattr(os, "pidfd_open"):
        pytest.skip("processes of others can be waited for on Linux only")
    handle = os.pidfd_open(pid)
    try:
        yield handle
    finally:
        os.close(handle)


def ends(handle: int, seconds: float = _SECONDS) -> bool:
    """Whether a process ends in time."""
    return bool(select.select([handle], [], [], seconds)[0])
