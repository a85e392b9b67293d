"""Access tokens of the configuration: good while their files are, and no longer."""

import json
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import structlog

from applemusic_server.application.access_tokens import KnownTokens
from applemusic_server.config import Settings
from applemusic_server.config_check import look_into
from applemusic_server.config_sources import ConfigurationError, check_secret_files, load
from applemusic_server.domain.access import Grant, Scope
from applemusic_server.domain.secret import Secret
from applemusic_server.given_access_tokens import GivenAccessTokens
from tests.support.access_tokens import Desk

KITCHEN = f"amg_{'1' * 12}_{'a' * 64}"
BATH = f"amg_{'2' * 12}_{'b' * 64}"


def write(path: Path, text: str) -> Path:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def settings_of(folder: Path, **tokens: dict[str, Any]) -> Settings:
    given = {
        name: {"token_file": str(folder / name), "scopes": ["read"], **more}
        for name, more in tokens.items()
    }
    return load({}, {"access.tokens": json.dumps(given)})


def known_of(desk: Desk, settings: Settings, log: list[Any]) -> KnownTokens:
    def note(_: object, level: str, event: MutableMapping[str, Any]) -> str:
        log.append((level, event["caller"], event["error"]))
        raise structlog.DropEvent

    logger = structlog.wrap_logger(structlog.PrintLogger(), processors=[note])
    both = GivenAccessTokens(
        settings.access, desk.store, logger, clock=desk.time.clock, now=desk.time.now
    )
    return KnownTokens(both, desk.time.clock, desk.time.now)


async def test_a_given_token_is_good_beside_those_of_the_database(tmp_path: Path) -> None:
    desk, log = Desk(), list[Any]()
    made = await desk.make("hall", ["admin"])
    write(tmp_path / "kitchen", KITCHEN + "\n")
    settings = settings_of(tmp_path, kitchen={"scopes": ["read", "stream"], "accounts": ["anna"]})
    known = known_of(desk, settings, log)

    found = await known.find(Secret(KITCHEN))

    assert found is not None
    assert found.grant == Grant(
        "kitchen", frozenset({Scope.READ, Scope.STREAM}), frozenset({"anna"})
    )
    assert await known.find(Secret(made))
    assert await known.find(Secret(KITCHEN[:-1] + "b")) is None
    assert log == []


async def test_a_token_whose_file_goes_is_refused_and_another_is_taken(tmp_path: Path) -> None:
    desk, log = Desk(), list[Any]()
    file = write(tmp_path / "kitchen", KITCHEN)
    known = known_of(desk, settings_of(tmp_path, kitchen={}), log)
    assert await known.any_good()
    token = await known.find(Secret(KITCHEN))
    assert token

    file.unlink()
    desk.time.seconds += 5
    assert await known.find(Secret(KITCHEN)) is None
    assert await known.still_good([token.id]) == frozenset()
    desk.time.seconds += 5
    assert not await known.any_good()
    assert [(level, caller) for level, caller, _ in log] == [("warning", "kitchen")]

    write(file, BATH)
    desk.time.seconds += 5
    assert await known.find(Secret(KITCHEN)) is None
    assert await known.find(Secret(BATH))


@pytest.mark.parametrize("text", ["", "secret", KITCHEN.upper(), KITCHEN + BATH])
async def test_what_is_no_token_lets_nobody_in_and_is_never_told(tmp_path: Path, text: str) -> None:
    desk, log = Desk(), list[Any]()
    write(tmp_path / "kitchen", text)
    settings = settings_of(tmp_path, kitchen={})
    known = known_of(desk, settings, log)

    assert await known.find(Secret(text)) is None
    assert len(log) == 1
    (problem,) = look_into(settings).problems
    assert problem.startswith("access.tokens.kitchen: ")
    for said in (str(log), problem):
        assert not text or text not in said


async def test_one_token_is_for_one_caller(tmp_path: Path) -> None:
    desk, log = Desk(), list[Any]()
    write(tmp_path / "bath", KITCHEN)
    write(tmp_path / "kitchen", KITCHEN)
    settings = settings_of(tmp_path, kitchen={}, bath={"scopes": ["admin"]})
    known = known_of(desk, settings, log)

    found = await known.find(Secret(KITCHEN))

    assert found
    assert found.grant.name == "kitchen"
    assert [caller for _, caller, _ in log] == ["bath"]
    assert "the token of kitchen" in look_into(settings).problems[0]


def test_the_files_are_secrets(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, kitchen={})
    with pytest.raises(
        ConfigurationError, match=r"access\.tokens\.kitchen\.token_file: cannot read"
    ):
        check_secret_files(settings)
    write(tmp_path / "kitchen", KITCHEN).chmod(0o644)
    with pytest.raises(ConfigurationError, match="every user of this machine can read"):
        check_secret_files(settings)


@pytest.mark.parametrize("name", ["", " kitchen", "a\nb"])
def test_a_name_can_stand_in_a_log(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot name a caller"):
        settings_of(tmp_path, **{name: {}})


def test_scopes_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="scopes"):
        settings_of(tmp_path, kitchen={"scopes": []})
    with pytest.raises(ConfigurationError, match="scopes"):
        settings_of(tmp_path, kitchen={"scopes": ["play"]})
