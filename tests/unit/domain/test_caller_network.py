"""Whom an address is counted for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.caller_network import network_of, network_of_peer


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("no address", "no address"),
    ],
)
def test_the_network_of_an_address(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("peer", "network"),
    [
        ("ipv4:192.0.2.7:50123", "192.0.2.7"),
        ("ipv6:[2001:db8:1:2::1]:50123", "2001:db8:1:2::/64"),
        ("ipv6:%5B2001:db8:1:2::1%5D:50123", "2001:db8:1:2::/64"),
        ("ipv6:[::ffff:192.0.2.7]:1", "192.0.2.7"),
        ("unix:/run/applemusic.sock", "unix"),
        ("unix:", "unix"),
        ("", ""),
    ],
)
def test_the_network_of_a_peer(peer: str, network: str) -> None:
    assert network_of_peer(peer) == network


@given(st.text())
def test_any_text_is_some_network(text: str) -> None:
    assert isinstance(network_of(text), str)
    assert isinstance(network_of_peer(f"ipv6:{text}"), str)
