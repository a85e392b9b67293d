"""What a person may enter."""

import json
import logging
from collections.abc import Callable
from types import ModuleType, SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music_assistant_models.errors import ResourceTemporarilyUnavailable, SetupFailedError

from tests.support.ma.host import ROOT

Part = Callable[[str], ModuleType]
LOG = logging.getLogger("test.settings")


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("127.0.0.1:50051", True),
        ("music.example:443", True),
        ("[::1]:50051", True),
        ("unix:///run/applemusic.sock", True),
        ("/run/applemusic.sock", True),
        ("unix:", False),
        ("", True),
        ("127.0.0.1", False),
        ("http://127.0.0.1:50051", False),
        ("127.0.0.1:0", False),
        ("127.0.0.1:65536", False),
        ("127.0.0.1:²", False),
        (":50051", False),
    ],
)
def test_addresses(part: Part, text: str, good: bool) -> None:  # noqa: FBT001 - a case
    assert part("settings").valid_address(text) is good


@given(text=st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_judged(part: Part, text: str) -> None:
    assert part("settings").valid_address(text) in {True, False}


def test_settings_become_a_configuration(part: Part) -> None:
    found = part("settings").Settings.of(
        {
            "address": " /run/a.sock ",
            "access_token": "canary-token",
            "ca_file": "/ca.pem",
            "account": "anna",
        }
    )
    assert found.address == "unix:///run/a.sock"
    assert "canary" not in repr(found)
    config = found.client_config(language="de-DE")
    assert (config.account, config.options.language) == ("anna", "de-DE")
    assert config.tls is not None
    assert config.tls.ca_file == "/ca.pem"


def test_half_a_certificate_is_refused_in_words(part: Part) -> None:
    found = part("settings").Settings.of({"address": "h:1", "cert_file": "/c.pem"})
    with pytest.raises(SetupFailedError, match="go together"):
        found.client_config()


def test_a_fixed_server_is_where_it_was_said(part: Part) -> None:
    settings_ = part("settings").Settings.of({"address": "h:1"})
    connection = part("connection").connection_for(settings_, None, LOG)
    assert isinstance(connection, part("connection").FixedServer)


def test_a_server_of_our_own_gets_its_settings_by_its_own_names(part: Part) -> None:
    found = part("settings").Settings.of({"own_device_file": " /d.wvd ", "own_key_id": ""})
    assert found.own == {"widevine.device_file": "/d.wvd"}
    assert set(part("constants").OWN_SERVER.values()) <= set(known_settings())


def known_settings() -> list[str]:
    """The server's settings, by the names that `--set` takes."""
    schema = json.loads((ROOT / "docs" / "config.schema.json").read_text("utf-8"))
    found = []
    for section, value in schema["properties"].items():
        name = str(value.get("$ref") or value["allOf"][0]["$ref"]).rpartition("/")[2]
        found += [f"{section}.{each}" for each in schema["$defs"][name]["properties"]]
    return found


class FakeServer:
    """Counts its runs."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.address, self.problem = "unix:/s", problem
        self.started = self.stopped = 0

    async def start(self) -> str:
        self.started += 1
        if self.problem is not None:
            raise self.problem
        return self.address

    async def stop(self) -> None:
        self.stopped += 1


async def test_one_server_serves_all_until_the_last_is_gone(part: Part) -> None:
    server = FakeServer()
    shared = part("connection").SharedServer(lambda: server)
    users = [part("connection").OwnServer(shared) for _ in range(3)]
    assert [await each.target() for each in users] == ["unix:/s"] * 3
    for each in users:
        assert server.stopped == 0
        await each.close()
        await each.close()
    assert (server.started, server.stopped, shared.used) == (1, 1, False)
    assert await users[0].target() == "unix:/s"
    assert server.started == 2


async def test_a_server_that_does_not_start_is_said_in_the_hosts_words(part: Part) -> None:
    managed = part("managed")
    for problem, kind in (
        (managed.ServerNotInstalledError("not here"), SetupFailedError),
        (managed.ManagedServerError("no port"), ResourceTemporarilyUnavailable),
    ):
        server = FakeServer(problem)
        own = part("connection").OwnServer(part("connection").SharedServer(lambda s=server: s))
        with pytest.raises(kind, match=str(problem)):
            await own.target()
        await own.close()
        assert server.stopped == 0


def test_instances_of_one_host_share_and_hosts_do_not(part: Part) -> None:
    connection, settings_ = part("connection"), part("settings").Settings()
    one, other = (SimpleNamespace(storage_path="/d") for _ in range(2))
    first = connection.connection_for(settings_, one, LOG)
    first._shared._users = 1
    assert connection.connection_for(settings_, one, LOG)._shared is first._shared
    assert connection.connection_for(settings_, other, LOG)._shared is not first._shared


@pytest.mark.parametrize(
    ("locale", "tag"), [("de_DE", "de-DE"), ("en-US", "en-US"), ("", ""), ("C", ""), ("x y", "")]
)
def test_the_hosts_language_becomes_a_tag(part: Part, locale: str, tag: str) -> None:
    mass = SimpleNamespace(metadata=SimpleNamespace(locale=locale))
    assert part("provider").language(mass) == tag
    assert part("provider").language(SimpleNamespace()) == ""
