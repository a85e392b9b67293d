import ctypes

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
