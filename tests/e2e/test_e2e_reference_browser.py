"""The API reference in a real browser: read from files, in light and dark, wide and on a phone."""

import re
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.support.browser import Visitor
from tools.reference.html import HtmlWriter
from tools.reference.source import Source

ROOT = Path(__file__).parents[2]
Visit = Callable[..., AbstractAsyncContextManager[Visitor]]
_TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    HtmlWriter(Source.read(ROOT), folder).write()
    return folder


def address(site: Path, page: str) -> str:
    name, _, anchor = page.partition("#")
    return (site / f"{name}.html").as_uri() + (f"#{anchor}" if anchor else "")


async def language(page: Page) -> str | None:
    return await page.locator("[role=tab][aria-selected=true]").first.text_content()


async def test_a_language_is_chosen_once(visit: Visit, site: Path) -> None:
    async with visit() as visitor:
        page = visitor.page
        await page.goto(address(site, "api/catalog#GetSong"))
        await expect(page.locator("#GetSong")).to_be_in_viewport()
        group = page.locator(".examples[data-rpc=GetSong]")
        assert await language(page) == "Python"
        await expect(group.get_by_text("async def")).to_be_visible()
        await group.get_by_role("tab", name="Go").click()
        await expect(group.get_by_text("func", exact=True)).to_be_visible()
        await expect(group.get_by_text("async def")).to_be_hidden()
        await expect(group).to_be_in_viewport()
        await page.keyboard.press("ArrowRight")
        assert await language(page) == "grpcurl"
        await page.goto(address(site, "api/radio"))
        assert await language(page) == "grpcurl"
        await page.get_by_role("link", name="ResourceRef").first.click()
        await expect(page.locator("#ResourceRef")).to_be_in_viewport()


async def test_an_rpc_is_found(visit: Visit, site: Path) -> None:
    async with visit() as visitor:
        page = visitor.page
        await page.goto(address(site, "index"))
        await page.keyboard.press("/")
        await page.keyboard.type("suggest")
        found = page.locator("nav li:visible")
        await expect(found).to_have_text(["SearchSuggestions"])
        await found.get_by_role("link").click()
        await expect(page.locator("h2#SearchSuggestions")).to_be_in_viewport()
        assert all(url.startswith("file:") or url == "data:," for url in visitor.urls)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["wide", "phone"])
async def test_it_fits_and_can_be_read(
    visit: Visit, site: Path, *, dark: bool, phone: bool
) -> None:
    async with visit(dark=dark, phone=phone) as visitor:
        page = visitor.page
        for name in ("index", "api/index", "api/catalog#GetSong", "api/types", "errors"):
            await page.goto(address(site, name))
            assert await page.evaluate(_TOO_WIDE) <= 0, name
            shot = f"reference-{re.sub(r'[/#]', '-', name)}-{'dark' if dark else 'light'}"
            await page.screenshot(
                path=visitor.folder / f"{shot}-{'phone' if phone else 'wide'}.png"
            )
        menu = page.get_by_role("button", name="Contents")
        if phone:
            await expect(page.locator("nav")).to_be_hidden()
            await menu.click()
        await expect(page.get_by_role("link", name="Types", exact=True)).to_be_visible()
        assert await page.evaluate(_TOO_WIDE) <= 0


async def test_it_is_whole_without_scripts(visit: Visit, site: Path) -> None:
    async with visit(java_script_enabled=False) as visitor:
        page = visitor.page
        await page.goto(address(site, "api/radio"))
        examples = page.locator(".examples[data-rpc=NextTracks] section")
        for number in range(4):
            await expect(examples.nth(number)).to_be_visible()
        await expect(page.locator("#filter")).to_be_hidden()
