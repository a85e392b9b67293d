"""Files of developer tokens that break while the server runs: who is told, and what still plays."""

import html
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import aiohttp
import pytest

from applemusic.models.server import CheckStatus, DiagnosticCheck
from applemusic_simulator.developer_tokens import make_team
from tests.support.stage import Stage
from tests.support.token_files import key_settings, look_again, said, secret

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]
UNUSABLE = "applemusic_developer_token_file_unusable"
READY = "Ready to play"
FOR_NOW = "Plays, but something will need you"


def _garbage(path: Path) -> None:
    secret(path, "canary, no token and no key")


def _empty(path: Path) -> None:
    secret(path, "")


def _gone(path: Path) -> None:
    path.unlink()


def _dangling(path: Path) -> None:
    """As a mounted secret whose version was taken away."""
    path.unlink()
    path.symlink_to(path.with_name("no-such-version"))


def _folder(path: Path) -> None:
    """What Docker makes of a file that is not there when it is mounted."""
    path.unlink()
    path.mkdir()


def _exposed(path: Path) -> None:
    path.chmod(0o644)


BREAKS = [
    pytest.param(_empty, "it is empty", id="empty"),
    pytest.param(_gone, "it cannot be read: No such file or directory", id="gone"),
    pytest.param(_dangling, "it cannot be read: No such file or directory", id="dangling"),
    pytest.param(_folder, "it cannot be read: Is a directory", id="folder"),
    pytest.param(_exposed, "it can be read by every user of this machine", id="exposed"),
]


def _locked(path: Path) -> None:
    path.chmod(0o000)


if os.geteuid():  # root may read everything
    BREAKS.append(pytest.param(_locked, "it cannot be read: Permission denied", id="locked"))


def _content(path: Path) -> str:
    return path.read_text()


def _mend(path: Path, content: str) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    elif path.is_symlink():
        path.unlink()
    secret(path, content)


async def page(stage: Stage) -> str:
    url = f"http://127.0.0.1:{stage.server.web_port}/"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        return html.unescape(await response.text())


async def check(stage: Stage, name: str) -> DiagnosticCheck:
    found = await stage.music.server.diagnostics(offline=True)
    return next(each for each in found.checks if each.name == name)


async def is_told(stage: Stage, shown: str, path: Path, account: str = "") -> None:
    """Metric, page, diagnostics and log say what is wrong; music plays all the same."""
    await look_again(stage)
    assert (await stage.music.catalog.search("interlude")).songs
    assert await stage.play(stage.song.id)
    assert await stage.metric(UNUSABLE, account=account) == 1
    text = await page(stage)
    assert FOR_NOW in text
    assert READY not in text
    assert f"the file of the developer token cannot be used: {shown}".lower() in text.lower()
    assert "Put a good file in its place" in text
    found = await check(stage, "account_developer_token" if account else "developer_token")
    assert found.status is CheckStatus.WARNING
    assert shown in found.message
    assert "put a good file in its place" in found.remedy
    assert str(path.parent) not in f"{text}{found}"
    assert "canary" not in f"{text}{found}{stage.log}"
    (problem,) = said(stage, "developer token")
    assert (problem["reason"], problem.get("account", "")) == ("DEVELOPER_TOKEN_REJECTED", account)
    assert "serves until" in problem["error"]


async def is_well_again(stage: Stage, account: str = "") -> None:
    await look_again(stage)
    assert await stage.metric(UNUSABLE, account=account) == 0
    text = await page(stage)
    assert READY in text
    assert "cannot be used" not in text
    found = await check(stage, "account_developer_token" if account else "developer_token")
    assert found.status is CheckStatus.OK
    assert len(said(stage, "developer token file is good again")) == 1


async def test_all_is_well(stage: Stage) -> None:
    assert await stage.metric(UNUSABLE, account="") == 0
    assert READY in await page(stage)


@pytest.mark.parametrize(
    ("break_it", "shown"),
    [*BREAKS, pytest.param(_garbage, "it is not a JSON web token", id="garbage")],
)
async def test_a_token_file_that_breaks(
    stage: Stage, break_it: Callable[[Path], None], shown: str
) -> None:
    path = Path(stage.server._settings.developer_token.token_file or "")
    content = _content(path)
    break_it(path)
    await is_told(stage, shown, path)
    _mend(path, content)
    await is_well_again(stage)


@pytest.mark.parametrize(
    ("break_it", "shown"),
    [*BREAKS, pytest.param(_garbage, "the private key is not readable as PEM", id="garbage")],
)
async def test_a_key_file_that_breaks(
    stage_of: SetUp, tmp_path: Path, break_it: Callable[[Path], None], shown: str
) -> None:
    path, team = tmp_path / "anna.p8", make_team("another team")
    own = {"accounts": {"anna": key_settings(path, team)}}
    async with stage_of(developer_token_settings=own, signed_in=False) as stage:
        stage.simulator.world.developer_tokens.register(team)
        stage.server._apple.check._verdicts.clear()
        stage.log.clear()
        token = stage.simulator.world.user_tokens.issue("demo", team.id)
        await stage.music.auth.submit_music_user_token(token, account="anna")
        break_it(path)
        await is_told(stage, shown, path, account="anna")
        assert await stage.metric(UNUSABLE, account="") == 0
        _mend(path, team.p8())
        await is_well_again(stage, account="anna")


async def test_a_file_that_was_never_good_is_told_as_well(stage_of: SetUp) -> None:
    async with stage_of(developer_token="nothing", signed_in=False) as stage:
        assert await stage.metric(UNUSABLE, account="") == 1
        text = await page(stage)
        assert "Something needs you" in text
        assert "The file of the developer token cannot be used: it is not a JSON web token." in text
        assert "serves on" not in text
        found = await check(stage, "developer_token")
        assert found.status is CheckStatus.FAILED
        assert "it is not a JSON web token" in found.message


async def test_a_token_that_has_ended_does_not_push_out_a_good_one(stage: Stage) -> None:
    path = Path(stage.server._settings.developer_token.token_file or "")
    secret(path, stage.simulator.developer_token(lifetime=-86400))
    await is_told(stage, "it ended at", path)


async def test_a_key_that_apple_does_not_know_leaves_the_one_before_in_service(
    stage_of: SetUp, tmp_path: Path
) -> None:
    path, team = tmp_path / "anna.p8", make_team("another team")
    own = {"accounts": {"anna": key_settings(path, team)}}
    async with stage_of(developer_token_settings=own, signed_in=False) as stage:
        stage.simulator.world.developer_tokens.register(team)
        stage.server._apple.check._verdicts.clear()
        await look_again(stage)
        stage.log.clear()
        token = stage.simulator.world.user_tokens.issue("demo", team.id)
        await stage.music.auth.submit_music_user_token(token, account="anna")
        secret(path, make_team("nobody").p8())  # a good key, and not the one of this key id
        await is_told(stage, "Apple does not accept the token of it", path, account="anna")
        secret(path, team.p8())
        await is_well_again(stage, account="anna")
