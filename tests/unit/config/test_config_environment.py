"""Variables of the environment: whose they are, and what is said of those that nobody reads."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.config import Settings
from applemusic_server.config_environment import unknown_variables
from applemusic_server.config_sources import ConfigurationError, load

ROOT = Path(__file__).parents[3]
UNREAD = "there is no such variable"


def said(**environment: str) -> list[str]:
    return list(unknown_variables(environment, Settings))


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("APPLEMUSIC_GRPC_PORT", "did you mean APPLEMUSIC_GRPC__PORT?"),
        ("APPLEMUSIC_DEVELOPER_TOKEN_TEAM_ID", "did you mean APPLEMUSIC_DEVELOPER_TOKEN__TEAM_ID?"),
        ("APPLEMUSIC_STORAGE_DATADIR", "did you mean APPLEMUSIC_STORAGE__DATA_DIR?"),
        ("APPLEMUSIC_CONFIG_FILE", "did you mean APPLEMUSIC_CONFIG?"),
        ("APPLEMUSIC_XYZ", "the server's are APPLEMUSIC_<SECTION>__<KEY>"),
    ],
)
def test_what_nobody_reads_is_said_with_the_nearest(name: str, nearest: str) -> None:
    assert said(**{name: "canary"}) == [f"environment variable {name}: {UNREAD}; {nearest}"]


def test_it_is_refused_with_all_else_that_is_unknown() -> None:
    with pytest.raises(ConfigurationError) as caught:
        load({"APPLEMUSIC_GRPC_PORT": "1", "APPLEMUSIC_GRPC__PROT": "1"}, {"web.prot": "1"})
    assert [each.split(":")[0] for each in caught.value.problems] == [
        "environment variable APPLEMUSIC_GRPC_PORT",
        "environment variable APPLEMUSIC_GRPC__PROT",
        "command line",
    ]


def test_variables_of_other_parts_and_of_others_are_let_be() -> None:
    assert not said(
        APPLEMUSIC_CONFIG="",
        APPLEMUSIC_SIMULATOR_PORT="8790",
        APPLEMUSIC_SERVER="127.0.0.1:50051",
        APPLEMUSIC_CLIENT_ANYTHING="1",
        APPLEMUSIC_TEST_ANYTHING="1",
        APPLEMUSIC="1",
        APPLE_MUSIC_GRPC_PORT="1",
        PATH="/bin",
    )


def test_what_kubernetes_says_of_a_service_is_let_be() -> None:
    service = {
        "APPLEMUSIC_GRPC_SERVICE_HOST": "10.0.0.11",
        "APPLEMUSIC_GRPC_SERVICE_PORT": "50051",
        "APPLEMUSIC_GRPC_SERVICE_PORT_GRPC": "50051",
        "APPLEMUSIC_GRPC_PORT": "tcp://10.0.0.11:50051",
        "APPLEMUSIC_GRPC_PORT_50051_TCP": "tcp://10.0.0.11:50051",
        "APPLEMUSIC_GRPC_PORT_50051_TCP_PROTO": "tcp",
        "APPLEMUSIC_GRPC_PORT_50051_TCP_PORT": "50051",
        "APPLEMUSIC_GRPC_PORT_50051_TCP_ADDR": "10.0.0.11",
    }
    assert load(service, {}) == load({}, {})
    assert len(said(**service, APPLEMUSIC_WEB_PORT="1")) == 1
    assert not said(APPLEMUSIC_SERVICE_HOST="10.0.0.1", APPLEMUSIC_PORT="tcp://10.0.0.1:1")


def test_every_variable_that_the_project_reads_is_known() -> None:
    """So a new one of another part cannot keep a server from starting beside it."""
    # In these are some that are wrong on purpose.
    left_out = {Path(__file__).parent, ROOT / "server/applemusic_server/config_environment.py"}
    files = [path for path in _sources() if left_out.isdisjoint((path, path.parent))]
    used = {
        name
        for path in files
        for name in re.findall(r"(?<!_)APPLEMUSIC_[A-Z_]*[A-Z]", path.read_text(encoding="utf-8"))
    }
    assert {"APPLEMUSIC_UPDATE_SNAPSHOT", "APPLEMUSIC_SIMULATOR_PORT"} <= used
    assert not said(**dict.fromkeys(used, ""))


def _sources() -> Iterator[Path]:
    for folder in ("benchmarks", "clients", "server", "simulator", "tests", "tools"):
        yield from ROOT.joinpath(folder).rglob("*.py")
    yield from (ROOT / "Makefile", ROOT / ".ci" / "run", ROOT / "README.md")


@given(st.dictionaries(st.from_regex(r"\AAPPLEMUSIC_[A-Z_]{0,20}\Z"), st.text(), max_size=3))
def test_any_names_give_settings_or_a_configuration_error(environment: dict[str, str]) -> None:
    environment.pop("APPLEMUSIC_CONFIG", None)
    try:
        load(environment, {})
    except ConfigurationError as error:
        assert error.problems  # noqa: PT017 - both outcomes are fine
