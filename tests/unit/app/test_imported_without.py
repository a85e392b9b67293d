import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from applemusic_server.domain.imports import (
    imported_as_empty,
    imported_without,
)


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


def test_a_stand_in_has_everything_and_leaves_no_trace() -> None:
    assert "wsgiref.validate" not in sys.modules
    with imported_as_empty("wsgiref.validate", "json", with_any_name=True):
        assert importlib.import_module("wsgiref.validate").WSGIWarning is None
        assert sys.modules["json"].loads("1") == 1
    from wsgiref.validate import WSGIWarning  # noqa: PLC0415 - the test itself

    assert WSGIWarning.__name__ == "WSGIWarning"


START = """
import asyncio, sys
from pathlib import Path
from applemusic_server.storage.accounts import DatabaseAccountStore
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_server.storage.library_snapshots import DatabaseLibrarySnapshots

async def main():
    await (await open_database(sqlite_url(Path(sys.argv[1])))).close()

asyncio.run(main())
heavy = ("alembic", "asyncpg", "mako", "sqlalchemy.orm", "sqlalchemy.dialects.postgresql")
print([name for name in heavy if name in sys.modules])
import sqlalchemy.orm
from sqlalchemy.ext.asyncio.session import AsyncSession
print(AsyncSession.__name__)
"""


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_server_with_its_own_database_loads_no_more_than_it_needs(
    tmp_path: Path, time: str
) -> None:
    """Each of these costs 3 to 15 MB; whoever needs one still gets the real one."""
    arguments = [sys.executable, "-c", START, str(tmp_path / "server.db")]
    for _ in range(2 if time == "second" else 1):
        done = subprocess.run(arguments, check=True, capture_output=True, text=True)  # noqa: S603 - our own words only

    assert done.stdout.split("\n") == ["[]", "AsyncSession", ""]
