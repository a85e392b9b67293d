import sys

import pytest

from applemusic_server.domain.imports import imported_without


def test_a_package_is_not_found_inside_and_is_again_afterwards() -> None:
    hidden = "this"  # the standard library's poem: nobody has loaded it
    assert hidden not in sys.modules
    with imported_without(hidden, "json"), pytest.raises(ModuleNotFoundError):
        __import__(hidden)
    assert hidden not in sys.modules


def test_what_is_loaded_already_stays() -> None:
    before = sys.modules["json"]
    with imported_without("json"):
        assert sys.modules["json"] is before
    assert sys.modules["json"] is before


def test_it_is_undone_when_the_import_fails() -> None:
    with pytest.raises(ImportError), imported_without("no_such_package"):
        raise ImportError("of something else")
    assert "no_such_package" not in sys.modules
