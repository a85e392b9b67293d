"""The provider as each generation of the host imports it."""

from collections.abc import Callable, Iterator
from importlib import import_module
from types import ModuleType

import pytest

from tests.support.ma.host import PACKAGE, Generation, provider_package


@pytest.fixture(params=list(Generation), ids=lambda each: each.value)
def generation(request: pytest.FixtureRequest) -> Generation:
    """Each generation of the host."""
    found: Generation = request.param
    return found


@pytest.fixture
def package(generation: Generation) -> Iterator[ModuleType]:
    """The provider's folder, imported by that host."""
    with provider_package(generation) as found:
        yield found


@pytest.fixture
def part(package: ModuleType) -> Callable[[str], ModuleType]:
    """Gives one module of the folder."""
    assert package.__name__ == PACKAGE
    return lambda name: import_module(f"{PACKAGE}.{name}")
