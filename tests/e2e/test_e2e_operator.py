"""`accounts`, `tokens` and `keys`: what an operator sees and does beside a running server."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from applemusic import errors
from applemusic_simulator.simulator import Simulator
from tests.e2e.conftest import MUSIC, SetUp
from tests.support.operator import Operator
from tests.support.secret_scan import find_secrets


@pytest.fixture
async def apple() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
        yield simulator


@pytest.fixture
def operator(apple: Simulator, tmp_path: Path) -> Operator:
    return Operator(apple, tmp_path)


async def test_a_running_server_hears_of_what_was_done(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of() as stage:
        operator = Operator(stage.simulator, tmp_path)
        token = stage.simulator.music_user_token()
        said = await operator.done("tokens", "submit", "berta", "--name", "Berta", stdin=token)
        assert said == "Account berta is signed in, storefront us.\n"
        found = {each.id: each.display_name async for each in stage.music.auth.accounts()}
        assert found == {"default": "", "berta": "Berta"}

        assert "is a new one" in await operator.done("tokens", "renew", "berta")
        song = await stage.music.catalog.get_song(stage.song.id, account="berta")
        assert song.id == stage.song.id

        assert await operator.done("accounts", "sign-out", "berta") == "berta is signed out.\n"
        assert [each.id async for each in stage.music.auth.accounts()] == ["default"]
        again = await operator.run("accounts", "sign-out", "berta")
        assert (again.exit_code, again.stdout) == (0, "")
        assert "nothing was done" in again.stderr


async def test_signing_out_at_apple_too(operator: Operator, apple: Simulator) -> None:
    await operator.done("tokens", "submit", "anna", stdin=apple.music_user_token())
    apple.world.requests.clear()
    await operator.done("accounts", "sign-out", "anna", "--revoke-at-apple")
    counts = apple.world.requests.describe()["counts"]
    assert counts["webPlayerLogout"] == 1


async def test_tables_and_objects_of_accounts_and_tokens(
    operator: Operator, apple: Simulator, tmp_path: Path
) -> None:
    assert "Music user tokens: none. There is no database" in await operator.done("tokens", "show")
    assert (await operator.run("accounts", "list")).exit_code == 1

    token = apple.music_user_token()
    given = tmp_path / "token"
    given.write_text(f"{token}\n")
    await operator.done("tokens", "submit", "anna", "--file", str(given))

    lines = (await operator.done("accounts", "list")).splitlines()
    assert lines[0].split() == ["#", "ACCOUNT", "NAME", "STATE", "STOREFRONT", "SUBSCRIPTION"]
    assert lines[1].split() == ["1", "anna", "-", "active", "us", "active"]
    (account,) = json.loads(await operator.done("accounts", "list", "--json"))
    assert (account["account"], account["state"], account["team"]) == (
        "anna",
        "active",
        apple.team.id,
    )

    shown = await operator.done("tokens", "show")
    developer, user = shown.split("\n\n")
    assert developer.splitlines()[1].split()[:4] == ["server", "file", apple.team.id, "good"]
    assert user.splitlines()[1].split()[:3] == ["anna", apple.team.id, "active"]
    told = json.loads(await operator.done("tokens", "show", "--json"))
    assert told["developer_tokens"][0]["state"] == "good"
    assert told["music_user_tokens"][0]["token_renewed_time"] is None
    find_secrets({token, operator.token_file.read_text()}, shown=(lines, shown, told, account))

    operator.token_file.write_text(apple.developer_token(lifetime=86400))
    told = json.loads(await operator.done("tokens", "show", "--json"))
    assert told["developer_tokens"][0]["state"] == "expiring"
    operator.token_file.write_text("none")
    told = json.loads(await operator.done("tokens", "show", "--json"))
    assert told["developer_tokens"][0]["state"] == "unusable"
    await operator.done("accounts", "sign-out", "anna")
    assert "Nobody is signed in" in await operator.done("accounts", "list")


async def test_tokens_that_apple_does_not_take(operator: Operator, apple: Simulator) -> None:
    refused = await operator.run("tokens", "submit", "anna", stdin="AAAA" * 20 + "==")
    assert refused.exit_code == 1
    assert "does not accept" in refused.stderr
    await operator.done("tokens", "submit", "anna", stdin=apple.music_user_token())
    apple.world.renewal.answer = "refuse"
    refused = await operator.run("tokens", "renew")
    assert refused.exit_code == 1
    assert "not renewed" in refused.stderr


async def test_what_the_keys_open(operator: Operator, apple: Simulator) -> None:
    assert (await operator.run("keys", "show")).exit_code == 1
    await operator.done("tokens", "submit", "anna", stdin=apple.music_user_token())
    look = json.loads(await operator.done("keys", "show", "--json"))
    assert (look["keys"], look["newest"], look["older"], look["unreadable"]) == (1, 1, 0, 0)

    key = operator.data / "encryption.key"
    old = key.read_text()
    await operator.run("keys", "new", str(operator.data / "next"), settings=False)
    key.write_text((operator.data / "next").read_text() + old)
    said = await operator.done("keys", "show")
    assert "Keys in it: 2" in said
    assert "keys rotate --no-new-key" in said
    await operator.done("keys", "rotate", "--no-new-key")
    look = json.loads(await operator.done("keys", "show", "--json"))
    assert (look["newest"], look["older"]) == (1, 0)

    key.write_text(old)
    lost = await operator.run("keys", "show")
    assert lost.exit_code == 1
    assert "restore the key that is missing" in lost.stdout
    find_secrets({old.strip()}, said=said, lost=lost.output)


async def test_the_errors_that_a_caller_sees_are_the_same(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of() as stage:
        operator = Operator(stage.simulator, tmp_path)
        taken = await operator.run(
            "tokens", "submit", "other", stdin=next(iter(stage.simulator.world.user_tokens)).value
        )
        assert taken.exit_code == 1
        with pytest.raises(errors.AppleMusicError):
            await stage.music.catalog.get_song(stage.song.id, account="other")
