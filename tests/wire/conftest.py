"""A server to call."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.support.wire_server import Wire, open_wire_server


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as opened:
        yield opened


@pytest.fixture
async def wire(stack: AsyncExitStack) -> Wire:
    return await open_wire_server(stack)
