"""Every page by keyboard, by screen reader, and for weak eyes, as Chromium's own tree has them."""

import itertools
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta

import pytest

from applemusic.models.sign_in import SignInState
from tests.support.browser import Visitor
from tests.support.readable import FAINT, Node, headings, nameless, reflows, tab_stops, tree
from tests.support.sign_in import begin, outcome, ready
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


def one(nodes: list[Node], role: str, name: str = "") -> Node:
    (found,) = [each for each in nodes if each.role == role and name in each.name]
    return found


async def test_code_entry_by_keyboard_and_ear(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna")
        page = person.page
        await page.goto(sign_in.link_url)
        await page.wait_for_selector("#submit-code:enabled")
        nodes = await tree(page)
        field = one(nodes, "textbox", "Code")
        assert field.properties["focused"]
        assert field.properties["required"]
        assert "shows a code like" in field.description
        one(nodes, "main")  # exactly one
        assert await headings(page) == [(1, "Enter the code")]
        assert await nameless(page) == []
        assert await page.title() == "Enter the code"
        assert await page.evaluate("document.documentElement.lang") == "en"

        person.expected.append("404")
        await page.keyboard.type("KQ4T-7MZX")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#problem:visible")
        await page.wait_for_selector("#submit-code:not([aria-disabled])")
        nodes = await tree(page)
        field = one(nodes, "textbox", "Code")
        assert field.properties["invalid"] == "true"
        assert "not right" in field.description
        assert field.properties["focused"]
        assert one(nodes, "alert").properties["live"] == "assertive"
        assert await page.evaluate(FAINT) == []

        assert await reflows(page)
        assert await tab_stops(page, 1) == ["submit-code"]
        await page.keyboard.press("Shift+Tab")
        await page.keyboard.press("Control+A")
        await page.keyboard.type(sign_in.user_code)
        await page.keyboard.press("Tab")
        await page.keyboard.press("Space")
        await page.wait_for_selector("#continue:enabled")
        assert one(await tree(page), "heading", "Sign in to Apple").properties["focused"]


async def test_the_sign_in_page_by_keyboard_and_ear(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna")
        await ready(person, sign_in.url)
        page = person.page
        assert await headings(page) == [
            (1, "Sign in to Apple Music"),
            (2, "What happens"),
            (2, "What this server can do with it"),
        ]
        nodes = await tree(page)
        assert one(nodes, "heading", "Sign in").properties["focused"]
        assert one(nodes, "status").properties["live"] == "polite"
        assert not any(each.properties.get("busy") for each in nodes)
        assert await nameless(page) == []
        assert await tab_stops(page, 2) == [
            "continue",
            "A child's account, or Apple's window doe",  # forty letters of it
        ]
        await page.keyboard.press("Enter")
        assert await tab_stops(page, 4) == [
            "music.apple.com (in a new tab)",
            "token",
            "submit-token",
            "decline",
        ]
        assert await nameless(page) == []

        assert await reflows(page)

        # A token that Apple refuses: the field says so, and is where to go on.
        person.expected.append("422")
        await page.focus("#token")
        await page.keyboard.type("A" * 86 + "==")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#problem:visible")
        await page.wait_for_selector("#submit-token:not([aria-disabled])")
        field = one(await tree(page), "textbox", "Music user token")
        assert (field.properties["invalid"], field.properties["focused"]) == ("true", True)
        assert "does not accept" in field.description


async def test_the_focus_is_not_lost_while_apples_window_is_open(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        page = person.page
        await page.focus("#continue")

        async with page.expect_popup() as opening:
            await page.keyboard.press("Enter")
        window = await opening.value
        nodes = await tree(page)
        button = one(nodes, "button", "Continue with Apple")
        assert button.properties["disabled"]
        assert await page.evaluate("document.activeElement.id") == "continue"
        assert "Go on in Apple's window" in await page.inner_text("#status")
        assert not any(each.properties.get("busy") for each in nodes), "news are held back else"
        await window.close()
        await page.wait_for_selector("#problem:visible")

        assert await page.evaluate("document.activeElement.id") == "continue"
        assert await page.evaluate(FAINT) == []
        # Saying no is possible at any time, also while the window is open.
        async with page.expect_popup():
            await page.keyboard.press("Enter")
        await page.focus("#decline")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#over:visible")
        assert one(await tree(page), "heading", "Nothing was signed in").properties["focused"]
        assert await outcome(stage, sign_in) is SignInState.FAILED


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_the_status_page_by_keyboard_ear_and_weak_eyes(
    stage_of: SetUp, visit: Visits, *, dark: bool, phone: bool
) -> None:
    late = timedelta(0)
    async with (
        stage_of(now=lambda: datetime.now(UTC) + late) as stage,
        visit(dark=dark, phone=phone) as person,
    ):
        await stage.play(stage.song.id)
        await stage.play(stage.songs[1].id)
        await stage.music.auth.submit_music_user_token(
            stage.simulator.music_user_token(), account="berta", display_name="Berta " + "x" * 50
        )
        for token in stage.simulator.world.user_tokens:
            stage.simulator.world.user_tokens.revoke(token)
            break
        stage.simulator.world.renewal.answer = "refuse"
        late = timedelta(days=160)
        page = person.page
        await page.goto(f"http://127.0.0.1:{stage.server.web_port}/")
        await person.shot(f"status-{'dark' if dark else 'light'}-{'phone' if phone else 'desk'}")

        assert await page.evaluate(FAINT) == []
        levels = [level for level, _ in await headings(page)]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
        nodes = await tree(page)
        assert await nameless(page) == []
        charts = [each.name for each in nodes if each.role in {"image", "img"}]
        assert len(charts) == 2
        assert all("usually" in each and "last " in each for each in charts)
        one(nodes, "main")  # exactly one
        assert not [each for each in nodes if "●" in each.name], "a dot is for eyes"
        assert await reflows(page)
        assert await tab_stops(page, 2) == ["Load it again", "again and again"]
        assert await page.evaluate(FAINT) == []


async def test_the_status_page_moves_only_for_who_asks(stage: Stage, visit: Visits) -> None:
    async with visit() as person:
        url = f"http://127.0.0.1:{stage.server.web_port}/"
        calm = await person.page.goto(url)
        assert calm is not None
        assert "refresh" not in calm.headers
        async with person.page.expect_navigation() as turning:
            await person.page.get_by_role("link", name="again and again").click()
        assert (await turning.value).headers["refresh"] == "30"
        async with person.page.expect_navigation() as turning:
            await person.page.get_by_role("link", name="Stop that").click()
        assert "refresh" not in (await turning.value).headers
