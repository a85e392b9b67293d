"""Importing libraries without what they would load on the side."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import cast


@contextmanager
def imported_without(*names: str) -> Iterator[None]:
    """Let imports in the body find none of these optional packages.

    Some libraries load a package because it happens to be installed, and never use it here:
    construct numpy, structlog rich (14 MB together). A server of its own has neither; beside other
    tools it should not be bigger. A package that is loaded already stays. For start-up only: other
    threads that import meanwhile do not find them either.
    """
    hidden = [name for name in names if name not in sys.modules]
    # None in this table is Python's own sign for "not to be found" (reference: import system).
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]


@contextmanager
def imported_as_empty(*names: str) -> Iterator[None]:
    """Let imports in the body find these modules without anything in them.

    For what is imported at the top of a file and used by none of the functions that are called
    here. A module that is loaded already stays; afterwards the real ones are found again. Whoever
    takes a name out of an empty module gets ImportError, AttributeError or NameError: be ready to
    import again without this.
    For start-up only, as `imported_without`.
    """
    empty = {name: ModuleType(name) for name in names if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name, module in empty.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
