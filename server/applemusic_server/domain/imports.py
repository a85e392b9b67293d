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
def imported_as_empty(*names: str, with_any_name: bool = False) -> Iterator[None]:
    """Let imports in the body find these modules without anything in them.

    For what is imported at the top of a file and used by none of the functions that are called
    here. A module that is loaded already stays; afterwards the modules are as if they had never
    been asked for: whoever imports one gets it. For start-up only, as `imported_without`.

    Args:
        names: Of the modules.
        with_any_name: What the body takes out of them is None, and stays None where it was taken.
            Without it, taking a name raises ImportError, AttributeError or NameError: be ready to
            import again without this.
    """
    kind = _StandIn if with_any_name else ModuleType
    empty = {name: kind(name) for name in names if name not in sys.modules}
    sys.modules.update(empty)
    try:
        yield
    finally:
        for name, module in empty.items():
            if sys.modules.get(name) is module:
                del sys.modules[name]
            parent, _, child = name.rpartition(".")
            if vars(sys.modules.get(parent, module)).get(child) is module:
                delattr(sys.modules[parent], child)


class _StandIn(ModuleType):
    """Has every public attribute, and all of them are None."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
