"""A real Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.support.browser import Visitor, visiting

Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser; Debian's is the one that is tried."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set CHROMIUM")
    return found


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    """The browser, started."""
    async with async_playwright() as playwright:
        # No sandbox of its own: tests run as root in containers, where it cannot have one.
        started = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield started
        await started.close()


@pytest.fixture
def visit(browser: Browser, tmp_path: Path) -> Visits:
    """Opens a browser for somebody; pictures go where APPLEMUSIC_SCREENSHOTS says."""
    folder = Path(os.environ.get("APPLEMUSIC_SCREENSHOTS", tmp_path / "screenshots"))
    return partial(visiting, browser, folder)
