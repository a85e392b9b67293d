"""`applemusic-server doctor` against the simulator, with a server beside it and without."""

import json
import re
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from applemusic_server.config_sources import load
from applemusic_server.doctor.examination import Examination
from applemusic_simulator.simulator import Simulator
from tests.e2e.conftest import MUSIC, SetUp
from tests.support.databases import Databases
from tests.support.operator import Operator
from tests.support.secret_scan import find_secrets


@pytest.fixture
async def apple() -> AsyncIterator[Simulator]:
    async with Simulator(seed=1, cache_dir=MUSIC) as simulator:
        yield simulator


@pytest.fixture
async def operator(apple: Simulator, tmp_path: Path) -> Operator:
    """Who has signed in by the command, with no server running."""
    operator = Operator(apple, tmp_path)
    await operator.done("tokens", "submit", "anna", stdin=apple.music_user_token())
    return operator


def statuses(checks: dict[str, dict[str, Any]], *, but: str = "ok") -> dict[str, str]:
    return {name: check["status"] for name, check in checks.items() if check["status"] != but}


async def test_nothing_is_wrong_and_no_server_runs(operator: Operator) -> None:
    code, checks = await operator.doctor()
    # Apple is asked about lyrics and the like by the server.
    assert statuses(checks) == {"server": "skipped", "account_capabilities": "warning"}
    assert code == 0
    assert list(checks)[:3] == ["configuration", "versions", "server"]
    assert sum(name.startswith("host.") for name in checks) == 9
    assert checks["account_apple"]["message"] == "Apple accepts the token, in storefront us"
    assert (await operator.doctor("--strict"))[0] == 3


async def test_beside_a_server_on_the_same_data_folder(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of() as stage:
        here = f"grpc.port={stage.server.grpc_port}"
        operator = Operator(stage.simulator, tmp_path, ("--set", here))
        await stage.music.server.info()  # Apple is asked what it allows.
        code, checks = await operator.doctor("--strict")
        assert (code, statuses(checks)) == (0, {})
        assert "serves" in checks["server"]["message"]
        # The server has not noticed.
        assert [account.id async for account in stage.music.auth.accounts()] == ["default"]


async def test_people_read_lines_with_what_to_do(operator: Operator, apple: Simulator) -> None:
    for token in list(apple.world.user_tokens):
        apple.world.user_tokens.revoke(token)
    result = await operator.run("doctor")
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    place = next(index for index, line in enumerate(lines) if "account_apple (account-1)" in line)
    assert re.fullmatch(
        r"failed   account_apple \(account-1\) +Apple does not accept .*", lines[place]
    )
    assert lines[place + 1].strip() == "-> sign in again"
    assert lines[-1].startswith("Failed: 1.")
    assert "\x1b" not in result.stdout
    assert "anna" not in result.stdout


async def test_what_is_wrong_with_tokens_and_settings(operator: Operator, apple: Simulator) -> None:
    code, checks = await operator.doctor("--storefront", "qq", "--set", "web.host=0.0.0.0")
    assert code == 1
    assert checks["storefront"]["status"] == "failed"
    assert checks["sign_in_address"]["status"] == "warning"

    operator.token_file.write_text(apple.developer_token(lifetime=7 * 86400))
    _, checks = await operator.doctor()
    assert checks["developer_token"]["status"] == "warning"

    operator.token_file.write_text("none")
    code, checks = await operator.doctor()
    assert code == 1
    assert checks["developer_token"]["reason"] == "DEVELOPER_TOKEN_REJECTED"
    # Apple tells the time to whoever asks.
    assert checks["clock"]["status"] == "ok"


async def test_offline_nobody_is_asked(operator: Operator, apple: Simulator) -> None:
    apple.world.requests.clear()
    code, checks = await operator.doctor("--offline")
    assert code == 0
    assert checks["apple"]["status"] == "skipped"
    assert checks["host.api.music.apple.com"]["status"] == "skipped"
    assert checks["database"]["status"] == "ok"
    assert apple.world.requests.describe()["total"] == 0


async def test_without_apple_one_failure_is_told_and_the_rest_skipped(
    apple: Simulator, tmp_path: Path
) -> None:
    settings = tmp_path / "server.toml"
    settings.write_text('[apple.base_urls]\n"api.music.apple.com" = "http://127.0.0.1:1"\n')
    operator = Operator(apple, tmp_path, ("--config", str(settings)))
    code, checks = await operator.doctor()
    assert code == 1
    assert checks["host.api.music.apple.com"]["status"] == "failed"
    assert {checks[name]["status"] for name in ("apple", "clock", "storefront")} == {"skipped"}


async def test_a_wrong_clock(operator: Operator, apple: Simulator) -> None:
    flags: dict[str, object] = {
        "apple.root_url": apple.url,
        "storage.data_dir": str(operator.data),
        "developer_token.token_file": str(operator.token_file),
    }
    settings = load({}, flags)
    for ahead, status in ((timedelta(minutes=3), "WARNING"), (timedelta(hours=-1), "FAILED")):
        moment = datetime.now(UTC) + ahead
        examination = Examination(settings, {}, now=partial(max, moment, moment))
        found = {each.name: each.finding for each in await examination.examine()}
        assert found["clock"].status.name == status


@pytest.mark.parametrize(
    ("revision", "status"), [("0007", "warning"), ("0999", "failed"), (None, "warning")]
)
async def test_a_database_of_another_version_is_left_as_it_is(
    operator: Operator, revision: str | None, status: str
) -> None:
    path = operator.data / "server.db"
    with closing(sqlite3.connect(path)) as database, database:
        if revision is None:
            database.execute("DROP TABLE alembic_version")
        else:
            database.execute("UPDATE alembic_version SET version_num = ?", (revision,))
    code, checks = await operator.doctor("--offline")
    assert checks["database"]["status"] == status
    assert code == (1 if status == "failed" else 0)
    assert checks["storage"]["status"] == "skipped"
    assert checks["accounts"]["status"] == "skipped"
    shown = await operator.run("accounts", "list")
    assert "another version" in shown.output
    if revision is not None:
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (
                revision,
            )


async def test_a_damaged_database_and_a_lost_key(operator: Operator) -> None:
    (operator.data / "encryption.key").unlink()
    code, checks = await operator.doctor("--offline")
    assert code == 1
    assert checks["encryption_key_file"]["status"] == "failed"
    for end in ("", "-wal", "-shm"):
        (operator.data / f"server.db{end}").unlink(missing_ok=True)
    (operator.data / "server.db").write_bytes(b"nothing of SQLite's" * 300)
    (operator.data / "server.db").chmod(0o600)
    code, checks = await operator.doctor("--offline")
    assert checks["database"]["reason"] == "STORAGE_UNAVAILABLE"


async def test_in_a_new_place_nothing_is_made(apple: Simulator, tmp_path: Path) -> None:
    operator = Operator(apple, tmp_path)
    code, checks = await operator.doctor()
    assert code == 1
    assert checks["accounts"]["message"] == "nobody is signed in"
    assert checks["database"]["status"] == "skipped"
    assert not operator.data.exists()


async def test_bad_settings_are_a_finding_of_their_own(apple: Simulator, tmp_path: Path) -> None:
    operator = Operator(apple, tmp_path)
    result = await operator.run("doctor", "--json", "--set", "grpc.prot=1")
    assert result.exit_code == 2
    checks = json.loads(result.stdout)["checks"]
    assert [check["status"] for check in checks] == ["failed", "skipped"]
    assert "grpc.port" in checks[0]["message"]


async def test_with_postgresql(apple: Simulator, tmp_path: Path, postgresql: Databases) -> None:
    url, key = tmp_path / "url", tmp_path / "key"
    for path in (url, key):
        path.touch(mode=0o600)
    url.write_text(postgresql.server.url(await postgresql.empty()))
    key.unlink()
    operator = Operator(apple, tmp_path)
    await operator.run("keys", "new", str(key), settings=False)
    more = ("--set", f"storage.url_file={url}", "--set", f"storage.encryption_key_file={key}")
    operator = Operator(apple, tmp_path, more)
    await operator.done("tokens", "submit", stdin=apple.music_user_token())
    code, checks = await operator.doctor()
    assert code == 0
    assert checks["database"]["message"].startswith("PostgreSQL answers")
    assert checks["data_folder"]["status"] == "skipped"


async def test_nothing_private_is_told(operator: Operator, apple: Simulator) -> None:
    for answer in (await operator.run("doctor"), await operator.run("doctor", "--json")):
        tokens = {operator.token_file.read_text(), *(t.value for t in apple.world.user_tokens)}
        find_secrets(tokens | {str(operator.data)}, told=answer.output)
        assert "anna" not in answer.output
