"""A person signs in: real Chromium, real server, the simulator's MusicKit."""

import io
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from applemusic.cli.sign_in import Screen
from applemusic.models.sign_in import SignInState
from applemusic_simulator.accounts import Account as Listener
from applemusic_simulator.developer_tokens import make_team
from applemusic_simulator.user_tokens import TokenState
from tests.support.browser import Visitor, closes
from tests.support.secret_scan import find_secrets
from tests.support.sign_in import begin, outcome, ready, state, tokens
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


async def test_a_person_signs_in(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna", display_name="Anna Ö. <b>x</b>")

        await ready(person, sign_in.url)
        assert await person.page.inner_text("#who") == "Anna Ö. <b>x</b>"
        assert "#" not in person.page.url
        await person.shot("ready")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        await person.shot("done")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        account = await stage.music.auth.get_account("anna")
        assert (account.storefront, account.display_name) == ("us", "Anna Ö. <b>x</b>")
        seen = tokens(stage) | {stage.simulator.developer_token()} | stage.secrets
        find_secrets(
            seen, source=await person.source(), kept=await person.storage(), urls=person.urls
        )
        assert await person.page.evaluate("document.activeElement.id") == "heading"
        assert await person.page.inner_text("#status") == "Signed in."
        assert await stage.metric("applemusic_sign_ins_total", outcome="succeeded") == 1

        # A link is good once: the same one again, here and in another browser.
        person.expected.append("409")
        await person.page.goto("about:blank")
        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#over:visible")
        assert "done already" in await person.page.inner_text("#over-text")


async def test_without_a_subscription_the_page_does_not_promise_music(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        stage.simulator.world.accounts["demo"].subscribed = False
        sign_in = await begin(stage, "anna")
        await ready(person, sign_in.url)
        await person.allow_apple()
        await person.page.wait_for_selector("#done-silent:visible")
        await person.shot("no-subscription")
        assert "no active Apple Music subscription" in await person.page.inner_text("#done-silent")
        assert not await person.page.is_visible("#done-ready")
        assert "nothing will play" in await person.page.inner_text("#heading")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        screen = io.StringIO()
        async for each in stage.music.auth.watch_sign_in(sign_in.sign_in_id):
            Screen(screen, qr=False).result(each)
        assert "songs will not play" in screen.getvalue()


async def test_a_cancel_in_apples_window_leaves_a_second_try(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)

        window = await person.open_window()
        await closes(window, window.click("#cancel"))
        await person.page.wait_for_selector("#problem:visible")
        assert "did not allow access" in await person.page.inner_text("#problem")
        await person.shot("cancelled-at-apple")
        assert await state(stage, sign_in) is SignInState.PENDING

        window = await person.open_window()
        await window.close()
        await person.page.wait_for_selector("#problem:visible")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        assert await person.page.locator("#problem").is_hidden()


async def test_a_person_declines(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)

        await person.page.click("#decline")
        await person.page.wait_for_selector("#over:visible")
        await person.shot("declined")

        assert await outcome(stage, sign_in) is SignInState.FAILED
        assert [each async for each in stage.music.auth.accounts()] == []


async def test_an_expired_link_says_so(stage_of: SetUp, visit: Visits) -> None:
    late = timedelta(0)
    async with (
        stage_of(signed_in=False, now=lambda: datetime.now(UTC) + late) as stage,
        visit() as person,
    ):
        sign_in, opened = await begin(stage), await begin(stage)
        await ready(person, opened.url)
        late = timedelta(minutes=11)
        person.expected.append("409")

        await person.allow_apple()
        await person.page.wait_for_selector("#over:visible")
        assert "took too long" in await person.page.inner_text("#over-text")
        assert await outcome(stage, opened) is SignInState.EXPIRED

        await person.page.goto("about:blank")
        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#over:visible")
        await person.shot("expired")
        assert "took too long" in await person.page.inner_text("#over-text")
        assert [each async for each in stage.music.auth.accounts()] == []


async def test_a_code_opens_the_sign_in_of_another_device(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna")
        await person.page.goto(sign_in.link_url)
        await person.page.wait_for_selector("#submit-code:enabled")
        assert await person.page.evaluate("document.activeElement.id") == "code"
        await person.shot("link")

        person.expected.append("404")
        await person.page.keyboard.type("KQ4T-7MZX")
        await person.page.keyboard.press("Enter")
        await person.page.wait_for_selector("#problem:visible")
        await person.shot("wrong-code")
        assert "not right" in await person.page.inner_text("#problem")
        assert await person.page.evaluate("document.activeElement.id") == "code"

        await person.page.fill("#code", sign_in.user_code.lower().replace("-", "  "))
        await person.page.keyboard.press("Enter")
        await person.page.wait_for_selector("#continue:enabled")
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        assert await stage.metric("applemusic_sign_ins_total", outcome="wrong_code") == 1


async def test_two_accounts_in_one_browser_do_not_end_each_other(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        world = stage.simulator.world
        world.accounts.add(Listener("berta", storefront="de"))
        first, second = await begin(stage, "anna"), await begin(stage, "berta")

        await ready(person, first.url)
        await person.allow_apple("demo")
        await person.page.wait_for_selector("#done:visible")
        # Somebody else's page of this origin left a session of MusicKit behind.
        team = stage.simulator.team.id.lower()
        (left,) = tokens(stage)
        await person.page.evaluate(
            "([name, token]) => localStorage.setItem(name, token)",
            [f"music.{team}.media-user-token", left],
        )
        await person.page.goto("about:blank")
        await ready(person, second.url)
        await person.allow_apple("berta")
        await person.page.wait_for_selector("#done:visible")

        assert await outcome(stage, second) is SignInState.SUCCEEDED
        owners = {each.account_id: each.state(world.clock()) for each in world.user_tokens}
        assert owners == {"demo": TokenState.VALID, "berta": TokenState.VALID}
        assert (await stage.music.auth.get_account("anna")).storefront == "us"
        assert (await stage.music.auth.get_account("berta")).storefront == "de"
        assert "music." not in await person.storage()


async def test_two_sign_ins_in_two_tabs_do_not_mix(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        stage.simulator.world.accounts.add(Listener("berta", storefront="de"))
        first, second = await begin(stage, "anna"), await begin(stage, "berta")
        await ready(person, first.url)
        tab = await person.context.new_page()
        await tab.goto(second.url)
        await tab.wait_for_selector("#continue:enabled")
        person.expected.append("403")

        await person.allow_apple("demo")
        await person.page.wait_for_selector("#over:visible")
        assert "Another sign-in was opened" in await person.page.inner_text("#over-text")
        assert "music." not in await person.storage()
        # Nor does the other tab come up with whom it found there.
        await tab.reload()
        await tab.wait_for_selector("#continue:enabled")
        await person.allow_apple("berta", page=tab)
        await tab.wait_for_selector("#done:visible")

        assert await outcome(stage, second) is SignInState.SUCCEEDED
        assert (await stage.music.auth.get_account("berta")).storefront == "de"
        assert await state(stage, first) is SignInState.PENDING


@pytest.mark.parametrize("reloads", [True, False])
async def test_what_one_tab_could_not_send_signs_nobody_in_for_another(
    stage_of: SetUp, visit: Visits, *, reloads: bool
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        stage.simulator.world.accounts.add(Listener("berta", storefront="de"))
        first, second = await begin(stage, "anna"), await begin(stage, "berta")
        await ready(person, first.url)
        tab = await person.context.new_page()
        await tab.goto(second.url)
        await tab.wait_for_selector("#continue:enabled")
        person.expected.append("ERR_FAILED")
        await person.page.route("**/sign-in/finish", lambda route: route.abort())

        await person.allow_apple("demo")
        await person.page.wait_for_selector("#problem:has-text('does not answer')")
        kept = await person.storage()
        assert "media-user-token" in kept  # for the next try
        if reloads:
            await tab.reload()
            await tab.wait_for_selector("#continue:enabled")
            assert "media-user-token" not in await person.storage()
        await person.allow_apple("berta", page=tab)
        await tab.wait_for_selector("#done:visible")

        assert await outcome(stage, second) is SignInState.SUCCEEDED
        assert (await stage.music.auth.get_account("berta")).storefront == "de"


async def test_a_token_that_could_not_be_sent_is_sent_after_a_reload(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        person.expected.append("ERR_FAILED")
        await person.page.route("**/sign-in/finish", lambda route: route.abort())
        await person.allow_apple()
        await person.page.wait_for_selector("#problem:has-text('does not answer')")
        await person.page.unroute("**/sign-in/finish")
        await person.page.reload()
        await person.page.wait_for_selector("#continue:enabled")
        await person.page.click("#continue")  # Apple is not asked again
        await person.page.wait_for_selector("#done:visible")
        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        assert "applemusic-sign-in" not in await person.storage()


async def test_a_reload_on_the_way_loses_nothing(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)

        await person.page.reload()
        await person.page.wait_for_selector("#continue:enabled")
        await ready(person, sign_in.url)
        await person.allow_apple()
        await person.page.wait_for_selector("#done:visible")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_a_childs_token_is_pasted(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        stage.simulator.world.accounts.add(Listener("kim", child=True))
        sign_in = await begin(stage, "kim")
        await ready(person, sign_in.url)

        person.expected.append("403|422")
        window = await person.open_window()
        await window.get_by_role("button", name="kim", exact=True).click()
        await window.wait_for_selector("text=a child's")
        await window.close()
        await person.page.wait_for_selector("#problem:visible")

        await person.page.click("#by-token summary")
        await person.shot("by-token")
        await person.page.fill("#token", "A" * 86 + "==")
        await person.page.click("#submit-token")
        await person.page.wait_for_selector("#problem:has-text('does not accept')")
        await person.shot("token-refused")
        assert await state(stage, sign_in) is SignInState.PENDING

        token = stage.simulator.music_user_token("kim")
        await person.page.fill("#token", f"  {token}\n")
        await person.page.keyboard.press("Enter")
        await person.page.wait_for_selector("#done:visible")

        assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
        find_secrets([token], source=await person.source(), kept=await person.storage())


async def test_the_token_of_one_account_is_not_taken_for_another(
    stage_of: SetUp, visit: Visits
) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        token = stage.simulator.music_user_token()
        await stage.music.auth.submit_music_user_token(token, account="anna")
        sign_in = await begin(stage, "berta")
        await ready(person, sign_in.url)

        person.expected.append("409")
        await person.page.click("#by-token summary")
        await person.page.fill("#token", token)
        await person.page.click("#submit-token")
        await person.page.wait_for_selector("#problem:has-text('Another account')")

        assert await state(stage, sign_in) is SignInState.PENDING
        assert [each.id async for each in stage.music.auth.accounts()] == ["anna"]


async def test_a_sign_in_that_was_cancelled_where_it_began(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage)
        await ready(person, sign_in.url)
        await stage.music.auth.cancel_sign_in(sign_in.sign_in_id)

        person.expected.append("409")
        await person.allow_apple()
        await person.page.wait_for_selector("#over:visible")

        assert "cancelled" in await person.page.inner_text("#over-text")
        assert await outcome(stage, sign_in) is SignInState.CANCELLED
        assert [each async for each in stage.music.auth.accounts()] == []


async def test_an_account_with_a_developer_token_of_its_own(
    stage_of: SetUp, visit: Visits, tmp_path: Path
) -> None:
    """MusicKit asks with that one: a user token is good for the team that asked for it."""
    team = make_team("another team")
    key = tmp_path / "AuthKey.p8"
    key.touch(mode=0o600)
    key.write_text(team.p8())
    settings = {"key_id": team.key_id, "team_id": team.id, "private_key_file": key}
    own = {"accounts": {"berta": settings}}
    async with stage_of(signed_in=False, developer_token_settings=own) as stage, visit() as person:
        world = stage.simulator.world
        world.developer_tokens.register(team)
        stage.server._apple.check._verdicts.clear()
        world.accounts.add(Listener("berta"))
        for account, listener in (("anna", "demo"), ("berta", "berta")):
            sign_in = await begin(stage, account)
            await person.page.goto("about:blank")
            await ready(person, sign_in.url)
            await person.allow_apple(listener)
            await person.page.wait_for_selector("#done:visible")
            assert await outcome(stage, sign_in) is SignInState.SUCCEEDED

        teams = {each.id: each.team_id async for each in stage.music.auth.accounts()}
        assert teams == {"anna": stage.simulator.team.id, "berta": team.id}
        for account in teams:
            assert await stage.music.library.songs(account=account).first()
            assert await stage.play(stage.song.id, account=account)
