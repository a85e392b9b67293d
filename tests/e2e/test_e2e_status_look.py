"""The status page as people see it: phones, dark rooms, and a headline that is true."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest
from playwright.async_api import Page

from applemusic import errors
from applemusic_simulator.accounts import Account as Subscriber
from tests.support.browser import Visitor
from tests.support.readable import FAINT
from tests.support.stage import Stage
from tests.support.token_files import look_again, secret

pytestmark = pytest.mark.timeout(120)

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
Visits = Callable[..., AbstractAsyncContextManager[Visitor]]
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


async def headline(page: Page) -> str:
    """The first words below the title, as they are shown."""
    return await page.locator("h1 + .state").inner_text()


async def boxes(page: Page) -> list[str]:
    return await page.locator(".problem strong").all_inner_texts()


async def two_accounts(stage: Stage) -> None:
    stage.simulator.world.accounts.add(Subscriber("berta"))
    for account, subscriber in (("anna", "demo"), ("berta", "berta")):
        token = stage.simulator.music_user_token(subscriber)
        await stage.music.auth.submit_music_user_token(token, account=account)
        await stage.music.server.info(account=account)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
async def test_the_headline_is_what_is_below_it(
    stage_of: SetUp, visit: Visits, *, dark: bool, phone: bool
) -> None:
    async with stage_of(signed_in=False) as stage, visit(dark=dark, phone=phone) as person:
        name = f"status-{'dark' if dark else 'light'}-{'phone' if phone else 'desk'}"
        page = person.page
        await two_accounts(stage)
        await stage.play(stage.song.id, account="anna")
        url = f"http://127.0.0.1:{stage.server.web_port}/"

        async def look(kind: str) -> str:
            await page.goto(url)
            await person.shot(f"{name}-{kind}")
            assert await page.evaluate(FAINT) == []
            assert not await page.evaluate(WIDE)
            return await headline(page)

        assert await look("well") == "Ready to play"
        assert await boxes(page) == []

        file = Path(stage.server._settings.developer_token.token_file or "")
        secret(file, stage.simulator.developer_token(lifetime=20 * 86400))
        await look_again(stage)
        secret(file, "half a fi")
        await look_again(stage)
        assert await look("later") == "Plays, but something will need you"
        later = ["The developer token ends in 19 days", "The file of the developer token cannot"]
        said = await boxes(page)
        assert [each.startswith(begin) for each, begin in zip(said, later, strict=True)] == [
            True,
            True,
        ]

        await end_of(stage, "berta", "berta")
        assert await look("some") == "Plays, but not for everybody"
        assert (await boxes(page))[0].startswith("berta: Apple does not accept")
        assert (await boxes(page))[1:] == said

        await end_of(stage, "demo", "anna")
        assert await look("none") == "Something needs you"
        assert (await boxes(page))[0].startswith("Apple does not accept the music user token")
        assert (await boxes(page))[1:] == said


async def end_of(stage: Stage, subscriber: str, account: str) -> None:
    """Let Apple accept an account's token no more, and the server notice."""
    for token in stage.simulator.world.user_tokens:
        token.revoked = token.revoked or token.account_id == subscriber
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await stage.music.library.songs(account=account).first()
