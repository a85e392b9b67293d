import sys

import pytest

from applemusic_server.domain.imports import imported_as_empty, imported_without


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


def test_a_module_is_empty_inside_and_itself_again_afterwards() -> None:
    hidden = "this"
    assert hidden not in sys.modules
    with imported_as_empty(hidden):
        module = __import__(hidden)
        assert not hasattr(module, "s")
        with pytest.raises(ImportError):
            from this import d  # noqa: F401, PLC0415 - the import is the test
    assert hidden not in sys.modules


def test_a_module_that_is_loaded_stays_as_it_is() -> None:
    before = sys.modules["json"]
    with imported_as_empty("json"):
        assert sys.modules["json"] is before
    assert sys.modules["json"] is before


def test_a_module_that_somebody_put_there_meanwhile_stays() -> None:
    with imported_as_empty("no_such_package"):
        sys.modules["no_such_package"] = sys
    assert sys.modules.pop("no_such_package") is sys
