"""A real browser that complains: about the console, about the page's rules, about scripts."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page
from playwright.async_api import Error as PlaywrightError

# Tells what the console may leave out: which rule of the page was broken.
_REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`));
"""


async def closes(window: Page, act: Awaitable[None]) -> None:
    """Do what makes a window close itself, perhaps while it is being done."""
    async with window.expect_event("close"):
        with contextlib.suppress(PlaywrightError):  # whatever else fails, the window stays open
            await act


@dataclass
class Visitor:
    """A person at a browser of their own, with nothing remembered.

    Attributes:
        expected: Patterns of complaints that belong to the test.
        urls: Every address that was asked for, by page and popups.
    """

    context: BrowserContext
    page: Page
    folder: Path
    complaints: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        """Hear what a page complains about."""
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        page.on("request", lambda request: self.urls.append(request.url))

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)

    def unexpected(self) -> list[str]:
        """What nobody wanted."""
        return [
            each
            for each in self.complaints
            if not any(re.search(pattern, each) for pattern in self.expected)
        ]

    async def allow_apple(self, listener: str = "demo", *, page: Page | None = None) -> None:
        """Press the button and sign in at Apple's window."""
        window = await self.open_window(page)
        if await window.locator("#known").is_visible():
            await window.click("#another")
        await closes(window, window.get_by_role("button", name=listener, exact=True).click())

    async def open_window(self, page: Page | None = None) -> Page:
        """Press the button and return Apple's window once it is ready."""
        page = page or self.page
        async with page.expect_popup() as opening:
            await page.click("#continue")
        window = await opening.value
        await window.wait_for_selector("#known:not([hidden]), #choose:not([hidden])")
        return window

    async def shot(self, name: str) -> None:
        """Keep what it looks like, for people."""
        await self.page.screenshot(path=self.folder / f"{name}.png", full_page=True)

    async def source(self) -> str:
        """The page as it is now, with what scripts put into it."""
        html: str = await self.page.content()
        values: str = await self.page.evaluate(
            "[...document.querySelectorAll('input')].map((each) => each.value).join('\\n')"
        )
        return html + values

    async def storage(self) -> str:
        """What the page keeps in the browser."""
        kept: str = await self.page.evaluate(
            "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
        )
        return kept


@asynccontextmanager
async def visiting(
    browser: Browser,
    folder: Path,
    *,
    dark: bool = False,
    phone: bool = False,
    **options: Any,
) -> AsyncIterator[Visitor]:
    """Open a browser of somebody's own; no complaint may be left at the end but the expected."""
    scheme: Literal["dark", "light"] = "dark" if dark else "light"
    viewport: Any = {"width": 360, "height": 740} if phone else {"width": 1000, "height": 800}
    context = await browser.new_context(
        color_scheme=scheme, viewport=viewport, has_touch=phone, **options
    )
    await context.add_init_script(_REPORT_VIOLATIONS)
    context.set_default_timeout(15_000)
    visitor = Visitor(context, await context.new_page(), folder)
    visitor.listen(visitor.page)
    context.on("page", visitor.listen)
    yield visitor
    await context.close()
    assert visitor.unexpected() == [], "\n".join(visitor.unexpected())
