"""The status page in a real Chromium: it looks as it should, and breaks none of its own rules."""

import asyncio
import os
import shutil
from pathlib import Path

import pytest
from aiohttp import web

from applemusic_server.web.page import PageRules
from applemusic_server.web.site import Site
from tests.support.stage import Stage

pytestmark = pytest.mark.timeout(120)


async def shown(url: str, folder: Path, *flags: str) -> tuple[str, str]:
    """The page as Chromium has it after loading, and what its console says."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    process = await asyncio.create_subprocess_exec(
        *(chromium, "--headless", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"),
        *(f"--user-data-dir={folder}", "--dump-dom", *flags, url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "HOME": str(folder)},
    )
    page, said = await process.communicate()
    return page.decode(), "\n".join(
        line for line in said.decode(errors="replace").splitlines() if "CONSOLE" in line
    )


async def test_it_shows_what_is_there_and_breaks_no_rule(stage: Stage, tmp_path: Path) -> None:
    await stage.play(stage.song.id)
    await stage.play(stage.songs[1].id)
    url = f"http://127.0.0.1:{stage.server.web_port}/"

    page, console = await shown(url, tmp_path)

    assert console == ""
    assert "Ready to play" in page
    assert page.count("<rect") == 3  # two starts and one transition
    assert "default" in page  # the account


async def test_chromium_says_when_a_page_breaks_a_rule(tmp_path: Path) -> None:
    """So the test above can fail."""

    async def careless(request: web.Request) -> web.Response:
        del request
        rules = {"Content-Security-Policy": PageRules().header("x")}
        text = "<p style='color: red'>hello</p><script>alert(1)</script>"
        return web.Response(text=text, content_type="text/html", headers=rules)

    application = web.Application()
    application.router.add_get("/", careless)
    site = Site(application)
    port = await site.start("127.0.0.1", 0)
    try:
        page, console = await shown(f"http://127.0.0.1:{port}/", tmp_path)
    finally:
        await site.stop()

    assert "hello" in page
    assert "style-src" in console
    assert "script-src" in console
