"""Behind a real nginx: TLS, a path prefix, and shown in a frame as Home Assistant does."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from applemusic.models.sign_in import SignInState
from tests.support.browser import Visitor, closes
from tests.support.nginx import find_nginx, free_port, nginx
from tests.support.secret_scan import find_secrets
from tests.support.sign_in import begin, outcome, ready, tokens
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]

KEPT = "    location /apple/ {{ proxy_pass http://127.0.0.1:{web}; }}\n"
STRIPPED = "    location /apple/ {{ proxy_pass http://127.0.0.1:{web}/; }}\n"
# As Home Assistant's supervisor hands requests on: the prefix is cut off, the host is kept.
INGRESS = """
    location /api/hassio_ingress/abc123/ {{
      proxy_pass http://127.0.0.1:{web}/;
      proxy_set_header Host $http_host;
      proxy_set_header X-Ingress-Path /api/hassio_ingress/abc123;
    }}
    location = /panel {{
      default_type text/html;
      return 200 '<link rel="icon" href="data:,">
        <iframe src="/api/hassio_ingress/abc123/link" width="900" height="700"></iframe>';
    }}
"""


@pytest.mark.parametrize("location", [STRIPPED, KEPT], ids=["stripped", "kept"])
async def test_with_tls_and_a_path_prefix(
    stage_of: SetUp, visit: Visits, tmp_path: Path, location: str
) -> None:
    port = free_port()
    public = f"https://127.0.0.1:{port}/apple"
    find_nginx()
    async with (
        stage_of(signed_in=False, web={"public_url": public + "/"}) as stage,
        nginx(tmp_path, port, location.format(web=stage.server.web_port)) as access_log,
        visit(ignore_https_errors=True) as person,
    ):
        sign_in = await begin(stage, "anna")
        assert sign_in.url.startswith(f"{public}/sign-in#")
        assert sign_in.link_url == f"{public}/link"

        await ready(person, sign_in.url)
        (cookie,) = await person.context.cookies()
        assert cookie["name"].startswith("__Host-")
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Strict")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED

        by_code = await begin(stage, "berta")
        await person.page.goto(by_code.link_url)
        await person.page.fill("#code", by_code.user_code)
        await person.page.click("#submit-code:enabled")
        await person.page.wait_for_selector("#continue:enabled")
        assert person.page.url == f"{public}/sign-in"
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, by_code) is SignInState.SUCCEEDED

        find_secrets(tokens(stage) | stage.secrets, access_log=access_log.read_text())


async def test_without_the_public_url_the_page_says_what_to_set(
    stage_of: SetUp, visit: Visits, tmp_path: Path
) -> None:
    port = free_port()
    find_nginx()
    async with (
        stage_of(signed_in=False) as stage,
        nginx(tmp_path, port, STRIPPED.format(web=stage.server.web_port)),
        visit(ignore_https_errors=True) as person,
    ):
        sign_in = await begin(stage)
        person.expected.append("403")
        await person.page.goto(f"https://127.0.0.1:{port}/apple/sign-in#{sign_in.url[-43:]}")

        await person.page.wait_for_selector("#problem:visible")
        assert "web.public_url" in await person.page.inner_text("#problem")


async def test_in_a_frame_of_home_assistant(stage_of: SetUp, visit: Visits, tmp_path: Path) -> None:
    port = free_port()
    home = f"https://127.0.0.1:{port}"
    find_nginx()
    async with (
        stage_of(
            signed_in=False, web={"allowed_origins": [home], "frame_ancestors": ["self"]}
        ) as stage,
        nginx(tmp_path, port, INGRESS.format(web=stage.server.web_port)),
        visit(ignore_https_errors=True) as person,
    ):
        sign_in = await begin(stage, "anna")
        page = person.page
        await page.goto(f"{home}/panel")
        frame = page.frame_locator("iframe")

        await frame.locator("#code").fill(sign_in.user_code)
        await frame.locator("#submit-code:enabled").click()
        await frame.locator("#continue:enabled").wait_for()
        async with page.expect_popup() as opening:
            await frame.locator("#continue").click()
        window = await opening.value
        await closes(window, window.get_by_role("button", name="demo", exact=True).click())
        await frame.locator("#done").wait_for()
        await person.shot("in-home-assistant")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_nobody_else_shows_it_in_a_frame(
    stage_of: SetUp, visit: Visits, tmp_path: Path
) -> None:
    port = free_port()
    find_nginx()
    async with (
        stage_of(signed_in=False, web={"allowed_origins": [f"https://127.0.0.1:{port}"]}) as stage,
        nginx(tmp_path, port, INGRESS.format(web=stage.server.web_port)),
        visit(ignore_https_errors=True) as person,
    ):
        person.expected.append("X-Frame-Options|frame-ancestors|ERR_BLOCKED_BY_RESPONSE")
        await person.page.goto(f"https://127.0.0.1:{port}/panel")

        frame = person.page.frames[1]
        assert await frame.query_selector("main") is None
        assert person.complaints
