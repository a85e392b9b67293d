"""What hosts ask for, and the handshake."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.plugin.host import (
    COOKIE,
    COOKIE_VARIABLE,
    Host,
    handshake_line,
    problem_line,
    read_host,
    started_by_host,
)

SOCKET = Path("/run/x/plugin.sock")


def test_only_the_cookie_says_that_a_host_is_there() -> None:
    assert started_by_host({COOKIE_VARIABLE: COOKIE})
    assert not started_by_host({})
    assert not started_by_host({COOKIE_VARIABLE: COOKIE.upper()})


def test_a_host_that_asks_for_nothing() -> None:
    host = read_host({})

    assert host == Host()
    assert handshake_line(host, SOCKET) == "1|1|unix|/run/x/plugin.sock|grpc|"


def test_a_host_that_asks_for_everything() -> None:
    host = read_host(
        {
            "PLUGIN_PROTOCOL_VERSIONS": "2,1",
            "PLUGIN_UNIX_SOCKET_DIR": "/run/x",
            "PLUGIN_UNIX_SOCKET_GROUP": "audio",
            "PLUGIN_CLIENT_CERT": "PEM",
            "PLUGIN_MULTIPLEX_GRPC": "true",
        }
    )

    assert host == Host(frozenset({1, 2}), Path("/run/x"), "audio", "PEM", multiplexed=True)
    assert handshake_line(host, SOCKET, "MII") == "1|1|unix|/run/x/plugin.sock|grpc|MII|false"


@pytest.mark.parametrize(
    ("versions", "count"), [("1", 0), ("3,1", 0), ("3", 1), ("x", 1), ("1,", 1)]
)
def test_what_is_remarked_about_versions(versions: str, count: int) -> None:
    assert len(read_host({"PLUGIN_PROTOCOL_VERSIONS": versions}).remarks) == count


@pytest.mark.parametrize("path", ["/run/a|b/s", "/run/a\nb/s", "/run/a\rb/s"])
def test_a_path_that_the_line_cannot_hold(path: str) -> None:
    with pytest.raises(OSError, match="no line break"):
        handshake_line(Host(), Path(path))


@given(st.text())
def test_no_version_text_is_too_strange(text: str) -> None:
    host = read_host({"PLUGIN_PROTOCOL_VERSIONS": text})

    assert handshake_line(host, SOCKET).startswith("1|1|")


@given(st.text())
def test_a_problem_is_one_line_of_json(problem: str) -> None:
    line = problem_line(problem, datetime(2026, 1, 2, tzinfo=UTC))

    assert line.isascii()
    assert len(line.splitlines()) == 1
    assert json.loads(line) == {
        "@level": "error",
        "@message": problem,
        "@timestamp": "2026-01-02T00:00:00.000000Z",
    }
