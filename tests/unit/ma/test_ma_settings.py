"""What a person may enter."""

from collections.abc import Callable
from types import ModuleType

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from music_assistant_models.errors import SetupFailedError

Part = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("127.0.0.1:50051", True),
        ("music.example:443", True),
        ("[::1]:50051", True),
        ("unix:///run/applemusic.sock", True),
        ("/run/applemusic.sock", True),
        ("unix:", False),
        ("", False),
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


def test_without_an_address_there_is_no_server(part: Part) -> None:
    with pytest.raises(SetupFailedError, match="give its address"):
        part("connection").connection_for(part("settings").Settings())


def test_a_fixed_server_is_where_it_was_said(part: Part) -> None:
    settings_ = part("settings").Settings.of({"address": "h:1"})
    connection = part("connection").connection_for(settings_)
    assert isinstance(connection, part("connection").FixedServer)


@pytest.mark.parametrize(
    ("locale", "tag"), [("de_DE", "de-DE"), ("en-US", "en-US"), ("", ""), ("C", ""), ("x y", "")]
)
def test_the_hosts_language_becomes_a_tag(part: Part, locale: str, tag: str) -> None:
    from types import SimpleNamespace  # noqa: PLC0415 - only here

    mass = SimpleNamespace(metadata=SimpleNamespace(locale=locale))
    assert part("provider").language(mass) == tag
    assert part("provider").language(SimpleNamespace()) == ""
