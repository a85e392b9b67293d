"""Secrets show nothing, and take as long to compare whatever they have in common."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.secret import Secret


@given(st.text(), st.text())
def test_equal_is_what_has_the_same_value(one: str, other: str) -> None:
    assert (Secret(one) == Secret(other)) is (one == other)
    assert Secret(one) == Secret(one)
    assert hash(Secret(one)) == hash(Secret(one))
    assert Secret(one) != one


@pytest.mark.parametrize("other", ["canary-1", "canary-2", "x", "", "\udc80"])
def test_they_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch, other: str) -> None:
    compared: list[tuple[bytes, bytes]] = []
    real = hmac.compare_digest

    def compare(one: bytes, two: bytes) -> bool:
        compared.append((one, two))
        return real(one, two)

    monkeypatch.setattr(hmac, "compare_digest", compare)

    assert (Secret("canary-1") == Secret(other)) is (other == "canary-1")
    assert len(compared) == 1


def test_nothing_is_shown() -> None:
    secret = Secret("canary")
    assert "canary" not in f"{secret} {secret!r} {[secret]} {secret!s:>20}"
    assert not Secret("")
    assert secret.reveal() == "canary"
