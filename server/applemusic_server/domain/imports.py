"""Importing libraries without what they would load on the side."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, cast


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


@contextmanager
def imported_in_name_only(*names: str) -> Iterator[None]:
    """Let imports in the body find empty stand-ins for these modules, and anything in them.

    For libraries that load in passing what is large and not used here, and would fail without.
    Afterwards the modules are as if they had never been asked for: whoever imports one gets it. But
    names that the body took from them stay None. A module that is loaded already stays. For
    start-up only, as `imported_without`.
    """
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = _StandIn(name)
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if isinstance(vars(sys.modules.get(parent, _StandIn(""))).get(child), _StandIn):
                delattr(sys.modules[parent], child)


class _StandIn(ModuleType):
    """Has every public attribute, and all of them are None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
