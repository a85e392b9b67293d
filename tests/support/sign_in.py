"""Sign-ins, as the program sees them that asks for one."""

from applemusic.models.sign_in import SignIn, SignInState
from tests.support.browser import Visitor
from tests.support.stage import Stage


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


async def state(stage: Stage, sign_in: SignIn) -> SignInState:
    """How it is now."""
    async for status in stage.music.auth.watch_sign_in(sign_in.sign_in_id):
        return status.state
    raise AssertionError("the stream said nothing")


async def ready(person: Visitor, url: str) -> None:
    """Go to the page, and wait until its button can be pressed."""
    await person.page.goto(url)
    await person.page.wait_for_selector("#continue:enabled")
