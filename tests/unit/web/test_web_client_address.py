"""Where a visitor comes from, and who may say so."""

from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from applemusic_server.config_sources import ConfigurationError, load
from applemusic_server.web.client_address import ClientAddresses

PROXIES = ("10.0.0.0/8", "2001:db8::1")
ADDRESSES = ClientAddresses(PROXIES)


def request(remote: str, *told: str) -> Any:
    transport = Mock()
    transport.get_extra_info = {"peername": (remote, 50123)}.get
    headers = CIMultiDict([("X-Forwarded-For", each) for each in told])
    return make_mocked_request("POST", "/sign-in/code", headers=headers, transport=transport)


@pytest.mark.parametrize(
    ("remote", "told", "found"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # anybody can write that
        ("10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("::ffff:10.0.0.2", ["198.51.100.7"], "198.51.100.7"),
        ("2001:db8::1", ["2001:db8:5:5::77"], "2001:db8:5:5::/64"),
        # What stands before the last one that no proxy of ours wrote is the visitor's own words.
        ("10.0.0.2", ["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
        ("10.0.0.2", ["203.0.113.9", "198.51.100.7, 10.0.0.3"], "198.51.100.7"),
        ("10.0.0.2", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.2", ["[2001:db8:5:5::77]:4711"], "2001:db8:5:5::/64"),
        ("10.0.0.2", ["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", [""], "10.0.0.2"),
        ("10.0.0.2", ["unknown"], "10.0.0.2"),
        ("10.0.0.2", ["198.51.100.7, _hidden, 10.0.0.3"], "10.0.0.3"),
    ],
)
def test_who_is_counted(remote: str, told: list[str], found: str) -> None:
    assert ADDRESSES.network_of(request(remote, *told)) == found


def test_nobody_is_trusted_unasked() -> None:
    assert ClientAddresses().network_of(request("127.0.0.1", "198.51.100.7")) == "127.0.0.1"


@given(st.text(st.characters(codec="ascii", exclude_characters="\r\n\0")))
def test_any_header_is_survived(told: str) -> None:
    assert ADDRESSES.network_of(request("10.0.0.2", told))


@pytest.mark.parametrize("wrong", ["proxy.example.org", "", "10.0.0.0/33", "0.0.0.0/0", "::/0"])
def test_what_is_no_proxy_is_refused_at_the_start(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="trusted_proxies"):
        load({}, {"web": {"trusted_proxies": [wrong]}})
