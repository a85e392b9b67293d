import ctypes
import gc
from typing import Any

import pytest

from applemusic_server import freed_memory


class Library:
    """A C library with the function, as glibc; `trimmed` has what it was called with."""

    def __init__(self) -> None:
        self.trimmed: list[int] = []

    def malloc_trim(self, pad: int) -> int:
        self.trimmed.append(pad)
        return 1


def test_all_that_is_free_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Library()
    monkeypatch.setattr(ctypes, "CDLL", lambda name: {None: library}[name])

    assert freed_memory.give_back()
    assert library.trimmed == [0]


def test_a_c_library_without_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())

    assert not freed_memory.give_back()


def test_on_this_machine_it_can_be_called() -> None:
    assert freed_memory.give_back() in {True, False}


@pytest.mark.parametrize(
    ("seen", "tidied"),
    [
        ((0, 4, 0), []),  # a home
        ((49, 0), []),
        ((50, 0), [True]),
        ((400, 300, 101), []),
        ((400, 100), [False]),  # whoever still listens is not held up
        ((400, 0, 0, 0), [True]),  # once for each crowd
        ((400, 100, 25, 0), [False, False]),  # what stayed was a crowd, too; the rest was none
        ((400, 0, 400, 0), [True, True]),
    ],
)
def test_it_tidies_up_when_a_crowd_has_left(seen: tuple[int, ...], tidied: list[bool]) -> None:
    left, found = list(seen), list[bool]()
    watch = freed_memory.CrowdWatch(lambda: left.pop(0), lambda *, alone: found.append(alone))
    for _ in seen:
        watch.look()
    assert found == tidied


@pytest.mark.parametrize("alone", [True, False])
def test_what_refers_to_itself_is_freed_when_nobody_listens(
    monkeypatch: pytest.MonkeyPatch, *, alone: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(gc, "collect", lambda: done.append("collected"))
    monkeypatch.setattr(freed_memory, "give_back", lambda: done.append("given back"))
    freed_memory.tidy_up(alone=alone)
    assert done == ["collected", "given back"][not alone :]


def test_it_looks_by_itself_until_it_is_stopped() -> None:
    left, tidied = [50, 0, 0], list[bool]()
    clock = Timers()
    watch = freed_memory.CrowdWatch(lambda: left.pop(0), lambda *, alone: tidied.append(alone))
    watch.start(clock)  # type: ignore[arg-type]  # all that is asked of a loop
    assert [clock.ring() for _ in range(3)] == [15.0] * 3
    assert tidied == [True]
    watch.stop()
    assert clock.waiting == []


class Timers:
    """A loop of which only the timers are asked, and ring when they are told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[float, Any, tuple[Any, ...]]] = []

    def call_later(self, seconds: float, call: Any, *arguments: Any) -> "Timer":
        self.waiting.append((seconds, call, arguments))
        return Timer(self.waiting)

    def ring(self) -> float:
        ((seconds, call, arguments),) = self.waiting
        self.waiting.clear()
        call(*arguments)
        return seconds


class Timer:
    def __init__(self, waiting: list[Any]) -> None:
        self.waiting = waiting

    def cancel(self) -> None:
        self.waiting.clear()
