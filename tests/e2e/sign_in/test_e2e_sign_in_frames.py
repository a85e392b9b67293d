"""Shown inside another page: Home Assistant's ingress, dashboards of the same and of another site.

Ingress as Home Assistant's own code does it: the path changes with every session, is cut off on
the way and said in `X-Ingress-Path`; cookies, `Origin` and `Authorization` come through.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from click.testing import CliRunner
from playwright.async_api import FrameLocator, Page, async_playwright

from applemusic.models.sign_in import SignIn, SignInState
from applemusic_server.__main__ import main
from applemusic_server.web.site import Site
from tests.support.browser import Visitor, closes
from tests.support.nginx import find_nginx, free_port, nginx
from tests.support.sign_in import begin, outcome, state
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]

# The name by which requests come to the server in Home Assistant's network is not the browser's.
INGRESS = """
    location ~ ^(?<ingress>/api/hassio_ingress/[^/]+)/(?<rest>.*)$ {{
      proxy_pass http://127.0.0.1:{web}/$rest$is_args$args;
      proxy_set_header Host local_apple_music:8780;
      proxy_set_header X-Ingress-Path $ingress;
      proxy_set_header X-Forwarded-For "$remote_addr, 172.30.32.2";
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }}
    location ~ ^/panel/(?<session>[a-z0-9]+)/(?<shown>.*)$ {{
      default_type text/html;
      return 200 '<!doctype html><link rel="icon" href="data:,">
        <iframe src="/api/hassio_ingress/$session/$shown" width="950" height="750"></iframe>';
    }}
"""
APPLE = "    location /apple/ {{ proxy_pass http://127.0.0.1:{web}/; }}\n"


# What Home Assistant's card for other pages lets them do, and what they open.
ALLOWED = "allow-forms allow-popups allow-pointer-lock allow-same-origin allow-scripts allow-modals"


# Chromium says so now and then, of what the card allows.
SANDBOX = "can escape its sandboxing"


def panel(address: str) -> str:
    """A page of somebody else's that shows one of ours."""
    return (
        '<!doctype html><link rel="icon" href="data:,">'
        f'<iframe src="{address}" sandbox="{ALLOWED}" width="950" height="750"></iframe>'
    )


def access_token(data: Path) -> str:
    """Made as the operator does."""
    made = CliRunner().invoke(
        main,
        ["access-token", "create", "panel", "--scope=read", "--all-accounts", f"--data-dir={data}"],
        env={"APPLEMUSIC_CONFIG": None},
    )
    assert made.exit_code == 0, made.output
    return made.stdout.splitlines()[0]


async def sign_in_inside(page: Page, frame: FrameLocator) -> None:
    """Press the button in the frame, and sign in at Apple's window."""
    await frame.locator("#continue:enabled").wait_for()
    async with page.expect_popup() as opening:
        await frame.locator("#continue").click()
    window = await opening.value
    await closes(window, window.get_by_role("button", name="demo", exact=True).click())
    await frame.locator("#done").wait_for()


@asynccontextmanager
async def ingress(
    stage_of: SetUp, visit: Visits, folder: Path, *, hosts: tuple[str, ...], **options: object
) -> AsyncIterator[tuple[Stage, Visitor, str]]:
    """A server as docs/signing-in.md sets it up for Home Assistant."""
    port = free_port()
    home = f"https://127.0.0.1:{port}"
    settings = {
        "allowed_origins": [home],
        "allowed_hosts": list(hosts),
        "frame_ancestors": ["self"],
    }
    find_nginx()
    async with (
        stage_of(signed_in=False, web=settings) as stage,
        nginx(folder, port, INGRESS.format(web=stage.server.web_port)),
        visit(ignore_https_errors=True, **options) as person,
    ):
        yield stage, person, home


async def test_ingress_whose_path_changes_on_the_way(
    stage_of: SetUp, visit: Visits, tmp_path: Path
) -> None:
    async with ingress(stage_of, visit, tmp_path, hosts=("local_apple_music",)) as (
        stage,
        person,
        home,
    ):
        sign_in = await begin(stage, "anna")
        page = person.page
        await page.goto(f"{home}/panel/first0session/link")
        frame = page.frame_locator("iframe")
        await frame.locator("#code").fill(sign_in.user_code)
        await frame.locator("#submit-code:enabled").click()
        await frame.locator("#continue:enabled").wait_for()

        # Home Assistant was loaded again meanwhile: another session, another path.
        await page.goto(f"{home}/panel/second0session/sign-in")
        await sign_in_inside(page, page.frame_locator("iframe"))
        await person.shot("ingress-done")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        paths = {each for each in person.urls if "hassio_ingress" in each}
        assert any("/first0session/sign-in/code" in each for each in paths)
        assert any("/second0session/sign-in/finish" in each for each in paths)


async def test_ingress_with_a_name_that_nobody_configured_says_so(
    stage_of: SetUp, visit: Visits, tmp_path: Path
) -> None:
    async with ingress(stage_of, visit, tmp_path, hosts=()) as (_, person, home):
        person.expected.append("421")
        await person.page.goto(f"{home}/panel/first0session/link")

        said = await person.page.frame_locator("iframe").locator("body").inner_text()

        assert "web.allowed_hosts" in said


async def test_the_status_page_in_ingress(stage_of: SetUp, visit: Visits, tmp_path: Path) -> None:
    hosts = ("local_apple_music",)
    async with AsyncExitStack() as stack:
        stage, person, home = await stack.enter_async_context(
            ingress(stage_of, visit, tmp_path, hosts=hosts)
        )
        token = await asyncio.to_thread(access_token, tmp_path / "data")
        stage.secrets.add(token)
        asked = await person.context.request.get(f"{home}/api/hassio_ingress/abc/")
        assert asked.status == 401
        assert asked.headers["www-authenticate"].startswith("Basic ")

        # What a browser does once a person has typed the token as the password.
        other = await stack.enter_async_context(
            visit(
                ignore_https_errors=True,
                http_credentials={"username": "any", "password": token},
            )
        )
        await other.page.goto(f"{home}/panel/abc/")
        shown = other.page.frame_locator("iframe")
        await shown.get_by_role("heading", name="Apple Music server").wait_for()
        assert await shown.locator("main").evaluate("e => getComputedStyle(e).maxWidth") == "960px"
        await shown.get_by_role("link", name="again and again").click()
        await shown.get_by_text("It is loaded again every 30 s").wait_for()
        await other.shot("ingress-status")
        await shown.get_by_role("link", name="Stop that").click()
        await shown.get_by_role("link", name="Load it again").wait_for()


@pytest.fixture
async def lasting(chromium: str, tmp_path: Path) -> AsyncIterator[Visitor]:
    """A browser with a profile that keeps something for frames of other sites, as most do.

    Debian's Chromium keeps nothing, and private windows of others do not either.
    """
    preferences = tmp_path / "profile" / "Default" / "Preferences"
    preferences.parent.mkdir(parents=True)
    preferences.write_text('{"profile": {"cookie_controls_mode": 0}}')
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
            ignore_https_errors=True,
        )
        context.set_default_timeout(15_000)
        person = Visitor(context, context.pages[0], tmp_path)
        person.listen(person.page)
        yield person
        await context.close()
        assert person.unexpected() == []


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"], ids=["same-site", "other-site"])
async def test_in_a_frame_of_another_origin(
    stage_of: SetUp, lasting: Visitor, tmp_path: Path, name: str
) -> None:
    """A dashboard elsewhere; for browsers `localhost` and `127.0.0.1` are two sites."""
    port, home_port = free_port(), free_port()
    public, home = f"https://127.0.0.1:{port}/apple", f"https://{name}:{home_port}"
    html = panel(f"{public}/link")
    location = f"    location = /panel {{ default_type text/html; return 200 '{html}'; }}\n"
    folders = [tmp_path / each for each in ("ours", "home")]
    for folder in folders:
        folder.mkdir()
    find_nginx()
    settings = {"public_url": public, "frame_ancestors": [home]}
    async with (
        stage_of(signed_in=False, web=settings) as stage,
        nginx(folders[0], port, APPLE.format(web=stage.server.web_port)),
        nginx(folders[1], home_port, location),
    ):
        sign_in = await begin(stage, "anna")
        lasting.expected.append(SANDBOX)
        page = lasting.page
        await page.goto(f"{home}/panel")
        frame = page.frame_locator("iframe")
        await frame.locator("#code").fill(sign_in.user_code)
        await frame.locator("#submit-code:enabled").click()
        await sign_in_inside(page, frame)

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        (cookie,) = await lasting.context.cookies()
        assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "None")
        assert cookie.get("partitionKey"), "of this frame alone"


@asynccontextmanager
async def dashboard(shown: list[str]) -> AsyncIterator[str]:
    """A page of another site, without TLS; yield its origin."""

    async def show(request: web.Request) -> web.Response:
        del request
        return web.Response(text=panel(shown[0]), content_type="text/html")

    application = web.Application()
    application.router.add_get("/panel", show)
    site = Site(application)
    try:
        yield f"http://localhost:{await site.start('127.0.0.1', 0)}"
    finally:
        await site.stop()


async def goes_on_in_a_window(stage: Stage, person: Visitor, sign_in: SignIn, home: str) -> None:
    """The frame says what is wrong, uses nothing up, and leads to where it works."""
    person.expected.append(SANDBOX)
    await person.page.goto(f"{home}/panel")
    frame = person.page.frame_locator("iframe")
    await frame.locator("#problem").filter(has_text="inside another one").wait_for()
    await person.shot("frame-without-cookies")
    assert await state(stage, sign_in) is SignInState.PENDING

    async with person.page.expect_popup() as opening:
        await frame.get_by_role("link", name="in a window of its own").click()
    window = await opening.value
    await window.wait_for_selector("#continue:enabled")
    await person.allow_apple(page=window)
    await window.wait_for_selector("#done:visible")

    assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_another_site_without_tls_is_sent_to_a_window(
    stage_of: SetUp, lasting: Visitor
) -> None:
    shown: list[str] = []
    async with (
        dashboard(shown) as home,
        stage_of(signed_in=False, web={"frame_ancestors": [home]}) as stage,
    ):
        sign_in = await begin(stage, "anna")
        shown.append(sign_in.url)
        lasting.expected.append("403")  # the cookie did not come
        await goes_on_in_a_window(stage, lasting, sign_in, home)


async def test_a_private_window_that_keeps_nothing_for_other_sites(
    stage_of: SetUp, visit: Visits
) -> None:
    shown: list[str] = []
    async with (
        dashboard(shown) as home,
        stage_of(signed_in=False, web={"frame_ancestors": [home]}) as stage,
        visit() as person,
    ):
        sign_in = await begin(stage, "anna")
        shown.append(sign_in.url)
        await goes_on_in_a_window(stage, person, sign_in, home)


async def test_code_entry_leads_out_before_the_code_is_used_up(
    stage_of: SetUp, visit: Visits
) -> None:
    shown: list[str] = []
    async with (
        dashboard(shown) as home,
        stage_of(signed_in=False, web={"frame_ancestors": [home]}) as stage,
        visit() as person,
    ):
        shown.append((await begin(stage, "anna")).link_url)
        person.expected.append(SANDBOX)
        await person.page.goto(f"{home}/panel")
        frame = person.page.frame_locator("iframe")

        await frame.get_by_role("link", name="in a window of its own").wait_for()
        assert await frame.locator("#submit-code").is_disabled()
