"""The page for everybody: phones, dark rooms, keyboards, screen readers, strict browsers."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import pytest
from playwright.async_api import Route

from applemusic.models.sign_in import SignInState
from tests.support.browser import Visitor, closes
from tests.support.readable import FAINT, SMALL
from tests.support.sign_in import begin, outcome, ready, state
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_it_is_readable_and_fits(
    stage_of: SetUp, visit: Visits, *, dark: bool, phone: bool
) -> None:
    async with stage_of(signed_in=False) as stage, visit(dark=dark, phone=phone) as person:
        name = f"{'dark' if dark else 'light'}-{'phone' if phone else 'desk'}"
        page = person.page
        sign_in = await begin(stage, "anna", "Anna-" + "x" * 60)
        person.expected.append("404")

        await page.goto(sign_in.link_url)
        await page.wait_for_selector("#submit-code:enabled")
        await page.fill("#code", "XXXX")
        await page.click("#submit-code")
        await page.wait_for_selector("#problem:visible")
        await person.shot(f"{name}-link")
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(SMALL) == []

        await ready(person, sign_in.url)
        await page.click("#by-token summary")
        await person.shot(f"{name}-ready")
        assert await page.evaluate(FAINT) == []
        assert await page.evaluate(SMALL) == []
        wide = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        assert not await page.evaluate(wide)

        await person.allow_apple()
        await page.wait_for_selector("#done:visible")
        await person.shot(f"{name}-done")
        assert await page.evaluate(FAINT) == []
        background = await page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, background[4:-1].split(","))) < 3 * 128) is dark


async def test_a_keyboard_is_enough(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        page = person.page

        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.id") == "continue"
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineWidth") == "3px"
        async with page.expect_popup() as opening:
            await page.keyboard.press("Enter")
        window = await opening.value
        await window.wait_for_selector("#choose:not([hidden])")
        await window.keyboard.press("Tab")
        await closes(window, window.keyboard.press("Enter"))
        await page.wait_for_selector("#done:visible")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_a_screen_reader_is_told(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna")
        await ready(person, sign_in.url)
        tree = await person.page.locator("main").aria_snapshot()

        assert '- heading "Sign in to Apple Music" [level=1]' in tree
        assert '- button "Continue with Apple"' in tree
        assert "- status: Ready." in tree
        await person.page.click("#by-token summary")
        tree = await person.page.locator("main").aria_snapshot()
        assert '- textbox "Music user token"' in tree
        window = await person.open_window()
        await window.close()
        await person.page.wait_for_selector("#problem:visible")
        assert (
            "- alert: Apple's window was closed"
            in await person.page.locator("main").aria_snapshot()
        )


async def test_a_blocked_script_is_named(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        person.expected.append("ERR_BLOCKED_BY_CLIENT")
        script = "**/musickit/v3/musickit.js"
        await person.page.route(script, lambda route: route.abort("blockedbyclient"))

        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#blocked:visible")
        await person.shot("script-blocked")
        assert await person.page.inner_text("#script-host") == "127.0.0.1:" + str(
            stage.simulator.url.rpartition(":")[2]
        )

        await person.page.unroute(script)
        await person.page.click("#try-again")
        await person.page.wait_for_selector("#continue:enabled")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_with_a_blocked_script_a_token_still_comes_by_hand(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        person.expected.append("ERR_BLOCKED_BY_CLIENT")
        await person.page.route(
            "**/musickit/v3/musickit.js", lambda route: route.abort("blockedbyclient")
        )
        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#blocked:visible")

        await person.page.click("#by-hand")
        assert await person.page.is_disabled("#continue")
        assert await person.page.evaluate("document.activeElement.id") == "token"
        await person.page.fill("#token", stage.simulator.music_user_token())
        await person.page.click("#submit-token")
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_a_blocked_window_is_not_waited_for(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        await person.page.evaluate(
            "() => { window.really = window.open; window.open = () => null; }"
        )

        await person.page.click("#continue")
        await person.page.wait_for_selector("#problem:visible")
        await person.shot("window-blocked")
        assert "Allow pop-ups" in await person.page.inner_text("#problem")

        await person.page.evaluate("() => { window.open = window.really; }")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_a_server_that_is_away_for_a_moment(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        person.expected.append("ERR_FAILED")
        await person.page.route("**/sign-in/finish", lambda route: route.abort())

        await person.allow_apple()
        await person.page.wait_for_selector("#problem:has-text('does not answer')")
        await person.page.unroute("**/sign-in/finish")
        await person.page.click("#continue")  # MusicKit remembers: no second window
        await person.page.wait_for_selector("#done:visible")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        assert "music." not in await person.storage()


async def test_a_developer_token_for_another_address(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        person.expected.append("401")
        other = stage.simulator.developer_token(origins=["https://elsewhere.example"])
        stage.secrets.add(other)

        async def changed(route: Route) -> None:
            response = await route.fetch()
            answer = await response.json()
            answer["visit"]["developer_token"] = other
            await route.fulfill(response=response, json=answer)

        await person.page.route("**/sign-in/open", changed)
        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#problem:has-text('developer token')")
        await person.shot("developer-token-refused")

        assert await state(stage, sign_in) is SignInState.PENDING


async def test_without_scripts_the_page_says_what_it_needs(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit(java_script_enabled=False) as person:
        sign_in = await begin(stage)
        await person.page.goto(sign_in.url)

        assert "needs JavaScript" in await person.page.inner_text("main")
        await person.shot("no-script")


async def test_apples_real_script_host_is_all_that_the_rules_allow(
    stage_of: SetUp, visit: Visits
) -> None:
    """Inline scripts, other hosts and styles without the nonce are refused by the browser."""
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        person.expected.append("CSP|Content Security Policy")

        ran = await person.page.evaluate(
            """async () => {
              window.ran = [];
              const put = (html) => document.body.append(
                document.createRange().createContextualFragment(html));
              put("<script>window.ran.push('inline')</script>");
              put("<img src='data:image/png,x' onerror=\\"window.ran.push('handler')\\">");
              put("<script src='https://evil.example/x.js'></script>");
              put("<style>main { display: none }</style>");
              await fetch("https://evil.example/").catch(() => {});
              await new Promise((done) => setTimeout(done, 200));
              if (!document.querySelector("main").checkVisibility()) window.ran.push("style");
              return window.ran;
            }"""
        )

        assert ran == []
        broken = {each.split()[1] for each in person.complaints if each.startswith("CSP ")}
        assert broken >= {"script-src-elem", "script-src-attr", "style-src-elem", "connect-src"}
