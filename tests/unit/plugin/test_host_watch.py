"""Noticing that the host is gone."""

import os
from collections.abc import Iterator

import pytest

from applemusic_server.plugin.host_watch import HostWatch


@pytest.fixture
def pipe() -> Iterator[list[int]]:
    """Both ends of a pipe: what the host reads from, and what the plugin prints to."""
    both = list(os.pipe())
    yield both
    for end in both:
        os.close(end)


def never() -> None:
    pytest.fail("nobody waits in a thread here")


def test_another_parent_says_that_the_first_is_gone(pipe: list[int]) -> None:
    HostWatch(os.getpid(), pipe[1], never).wait()


@pytest.mark.parametrize("handles", [True, False])
def test_so_does_nobody_at_the_other_end_of_the_pipe(
    pipe: list[int], monkeypatch: pytest.MonkeyPatch, *, handles: bool
) -> None:
    if not handles:
        monkeypatch.delattr("os.pidfd_open", raising=False)
    os.close(pipe.pop(0))

    HostWatch(os.getppid(), pipe[0], never).wait()


@pytest.mark.parametrize("error", [PermissionError, ProcessLookupError])
def test_where_the_kernel_does_not_tell_it_is_asked(
    pipe: list[int], monkeypatch: pytest.MonkeyPatch, error: type[OSError]
) -> None:
    def refuse(_: int) -> int:
        raise error

    parents = iter([7, 7, 1])
    monkeypatch.setattr("os.pidfd_open", refuse, raising=False)
    monkeypatch.setattr("os.getppid", lambda: next(parents))
    monkeypatch.setattr("applemusic_server.plugin.host_watch._ASK_MILLISECONDS", 1)

    HostWatch(7, pipe[1], never).wait()
