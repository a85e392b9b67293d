"""Parts of the sign-in pages: forms, who may post, what a page may load."""

import contextlib
from typing import Any
from urllib.parse import urlencode

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.config import Settings
from applemusic_server.config_sources import ConfigurationError, load
from applemusic_server.domain.secret import Secret
from applemusic_server.from_settings import allowed_hosts
from applemusic_server.settings.web import WebSettings
from applemusic_server.sign_in_parts import is_only_seen_here, musickit_of, sign_in_places
from applemusic_server.web.form import FormError, parse_form
from applemusic_server.web.visitors import (
    Visitors,
    csrf_token,
    host_name,
    is_csrf_token,
    origin_of,
)

FIELDS = ("csrf", "music_user_token")


@given(st.binary(max_size=300))
def test_any_body_is_a_form_or_refused(body: bytes) -> None:
    with contextlib.suppress(FormError):
        assert parse_form(body, FIELDS).keys() == set(FIELDS)


@given(st.text(), st.text())
def test_what_a_page_sends_arrives(csrf: str, token: str) -> None:
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate is no text for a page
        body = urlencode({"csrf": csrf, "music_user_token": token}).encode()
        assert parse_form(body, FIELDS) == {"csrf": csrf, "music_user_token": token}


@pytest.mark.parametrize("body", [b"csrf=a&csrf=a", b"other=1", b"csrf", b"csrf=%80", b"&", b"=;"])
def test_what_no_page_sends(body: bytes) -> None:
    with pytest.raises(FormError) as caught:
        parse_form(body, FIELDS)
    assert caught.value.status == 400


def request(host: str, origin: str = "") -> Any:
    headers = {"Host": host} | ({"Origin": origin} if origin else {})
    return make_mocked_request("POST", "/sign-in/start", headers=headers)


@pytest.mark.parametrize(
    ("host", "known"),
    [
        ("127.0.0.1:8780", True),
        ("LOCALHOST", True),
        ("[::1]:8780", True),
        ("192.168.1.20:8780", True),  # an address cannot be pointed elsewhere
        ("[fe80::1]", True),
        ("music.example.org", True),
        ("MUSIC.example.org:443", True),
        ("home.example.org:8123", True),
        ("nas.local", True),
        ("evil.example", False),
        ("music.example.org.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("0x7f.1", False),
        ("", False),
    ],
)
def test_names_that_are_answered_to(host: str, known: bool) -> None:  # noqa: FBT001 - a table
    visitors = Visitors(
        "https://music.example.org/apple", ["https://home.example.org:8123"], ["NAS.local"]
    )
    assert visitors.knows_host(request(host)) is known


@pytest.mark.parametrize(
    ("host", "origin", "own"),
    [
        ("127.0.0.1:8780", "http://127.0.0.1:8780", True),
        ("x", "https://music.example.org", True),
        ("x", "https://MUSIC.example.org", True),
        ("x", "https://home.example.org:8123", True),
        ("127.0.0.1:8780", "http://127.0.0.1:8781", False),
        ("127.0.0.1:8780", "https://127.0.0.1:8780", False),
        ("x", "http://music.example.org", False),
        ("x", "https://music.example.org:8443", False),
        ("x", "https://music.example.org.evil.example", False),
        ("x", "null", False),
        ("", "", False),
        ("x", "", False),
    ],
)
def test_pages_whose_posts_are_taken(host: str, origin: str, own: bool) -> None:  # noqa: FBT001 - a table
    visitors = Visitors(
        "https://music.example.org:443/apple", ["https://home.example.org:8123"], ["x"]
    )
    assert visitors.is_own_post(request(host, origin)) is own


@given(st.text(max_size=60))
def test_any_host_header_is_read(host: str) -> None:
    assert isinstance(host_name(host), str)


def test_origins_are_written_as_browsers_do() -> None:
    assert origin_of("https://Music.example.org:443/a") == "https://music.example.org"
    assert origin_of("http://[::1]:8780/") == "http://[::1]:8780"
    assert origin_of("http://a:443") == "http://a:443"


def test_a_csrf_token_is_of_one_browser() -> None:
    assert is_csrf_token(csrf_token(Secret("a")), Secret("a"))
    assert not is_csrf_token(csrf_token(Secret("a")), Secret("b"))
    assert not is_csrf_token(csrf_token(Secret("")), Secret(""))
    assert not is_csrf_token("ü", Secret("a"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"public_url": "music.example.org"},
        {"public_url": "https://me:pw@music.example.org"},
        {"public_url": "https://music.example.org/?a=b"},
        {"public_url": "https://music.example.org/a b"},
        {"public_url": "https://music.example.org//evil.example"},
        {"allowed_origins": ["https://home.example.org/path"]},
        {"allowed_origins": ["*"]},
        {"frame_ancestors": ["https:"]},
        {"frame_ancestors": ["'self'; script-src *"]},
        {"frame_ancestors": ["https://a.example;script-src"]},
    ],
)
def test_settings_that_would_mean_something_else(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        load({}, {"web": wrong})


def test_where_the_pages_are() -> None:
    def url(**web: Any) -> str:
        return sign_in_places(load({}, {"web": web}), 99).sign_in_url

    assert url() == "http://127.0.0.1:99/sign-in"
    assert url(host="::1") == "http://[::1]:99/sign-in"
    assert url(host="192.168.1.20") == "http://192.168.1.20:99/sign-in"
    assert url(host="0.0.0.0") == "http://127.0.0.1:99/sign-in"  # noqa: S104 - what is meant
    assert url(public_url="https://a.example/b/") == "https://a.example/b/sign-in"
    assert is_only_seen_here(Settings(web=WebSettings(host="0.0.0.0")))  # noqa: S104 - what is meant
    assert not is_only_seen_here(Settings(web=WebSettings(host="192.168.1.20")))
    web = WebSettings(public_url="https://a.example", allowed_origins=("https://b.example:1",))
    assert allowed_hosts(Settings(web=web)) == ("127.0.0.1", "a.example", "b.example")


def test_apple_is_all_that_a_page_may_load_from() -> None:
    rules = musickit_of(Settings()).rules.header("n")

    assert musickit_of(Settings()).script_url == (
        "https://js-cdn.music.apple.com/musickit/v3/musickit.js"
    )
    assert "script-src 'nonce-n' https://js-cdn.music.apple.com/;" in rules
    assert "connect-src 'self' https://*.apple.com;" in rules
    assert "frame-ancestors 'none'" in rules
    simulated = load({}, {"apple": {"root_url": "http://127.0.0.1:8790"}})
    rules = musickit_of(simulated).rules.header("n")
    assert "apple.com;" not in rules.replace("8790/js-cdn.music.apple.com/", "")
    assert "script-src 'nonce-n' http://127.0.0.1:8790/js-cdn.music.apple.com/;" in rules
