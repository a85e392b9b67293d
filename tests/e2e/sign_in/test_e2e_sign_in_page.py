"""A person signs in: real Chromium, real server, the simulator's MusicKit."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from applemusic.models.sign_in import SignIn, SignInState
from tests.support.browser import Visitor
from tests.support.secret_scan import find_secrets
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]


async def begin(stage: Stage, account: str = "", display_name: str = "") -> SignIn:
    """Begin a sign-in, and remember its secrets."""
    sign_in = await stage.music.auth.begin_sign_in(account=account, display_name=display_name)
    stage.secrets |= {sign_in.sign_in_id, sign_in.url.partition("#")[2], sign_in.user_code}
    return sign_in


async def outcome(stage: Stage, sign_in: SignIn) -> SignInState:
    """Wait for how it ended."""
    states = [status async for status in stage.music.auth.watch_sign_in(sign_in.sign_in_id)]
    return states[-1].state


def tokens(stage: Stage) -> set[str]:
    """Every token that must not be seen."""
    return {each.value for each in stage.simulator.world.user_tokens}


async def test_a_person_signs_in(stage_of: SetUp, visit: Visits) -> None:
    async with stage_of(signed_in=False) as stage, visit() as person:
        sign_in = await begin(stage, "anna", display_name="Anna Ö. <b>x</b>")

        await person.page.goto(sign_in.url)
        await person.page.wait_for_selector("#continue:enabled")
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
