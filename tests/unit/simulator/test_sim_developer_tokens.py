"""Which developer tokens are taken, and which are refused."""

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.developer_tokens import (
    MAX_LIFETIME,
    DeveloperTokenError,
    DeveloperTokens,
    Team,
    make_team,
)

NOW = 1_800_000_000
TEAM = make_team("one")


def registry() -> DeveloperTokens:
    tokens = DeveloperTokens(lambda: NOW)
    tokens.register(TEAM)
    return tokens


def signed(
    claims: dict[str, Any], *, key: Any = None, algorithm: str = "ES256", kid: str = ""
) -> str:
    body = {"iss": TEAM.id, "iat": NOW, "exp": NOW + 60, **claims}
    body = {name: value for name, value in body.items() if value is not None}
    headers = {"kid": kid or TEAM.key_id}
    return jwt.encode(body, key or TEAM.private_key, algorithm, headers=headers)


def test_a_minted_token_is_good_until_it_expires() -> None:
    now = [NOW]
    tokens = DeveloperTokens(lambda: now[0])
    tokens.register(TEAM)
    token = tokens.mint(TEAM, 100)
    assert tokens.check(token) == TEAM
    now[0] += 99
    assert tokens.check(token) == TEAM
    now[0] += 1
    with pytest.raises(DeveloperTokenError, match="expired"):
        tokens.check(token)


def test_another_library_can_sign_with_the_p8() -> None:
    key = serialization.load_pem_private_key(TEAM.p8().encode(), None)
    assert registry().check(signed({}, key=key)) == TEAM
    assert TEAM.p8().startswith("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": None}, "exp"),
        ({"exp": NOW}, "expired"),
        ({"exp": NOW + MAX_LIFETIME + 1}, "15777000"),
        ({"iss": "SOMEBODYEL"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"origin": ["https://music.example"]}, "Origin"),
    ],
)
def test_refuses_claims(claims: dict[str, Any], why: str) -> None:
    with pytest.raises(DeveloperTokenError, match=why):
        registry().check(signed(claims))


def test_takes_the_longest_life_and_a_matching_origin() -> None:
    tokens = registry()
    assert tokens.check(signed({"exp": NOW + MAX_LIFETIME})) == TEAM
    listed = signed({"origin": ["https://a.example", "https://b.example"]})
    assert tokens.check(listed, "https://b.example") == TEAM
    with pytest.raises(DeveloperTokenError):
        tokens.check(listed, "https://c.example")


def test_refuses_every_algorithm_but_es256() -> None:
    tokens = registry()
    rsa_key = rsa.generate_private_key(65537, 2048)
    for key, algorithm in ((rsa_key, "RS256"), (b"0" * 64, "HS256")):
        with pytest.raises(DeveloperTokenError):
            tokens.check(signed({}, key=key, algorithm=algorithm))
    unsigned = jwt.encode({"iss": TEAM.id, "exp": NOW + 60}, "", "none", {"kid": TEAM.key_id})
    with pytest.raises(DeveloperTokenError):
        tokens.check(unsigned)


def test_refuses_another_key_and_an_unknown_key_id() -> None:
    stranger = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(DeveloperTokenError):
        registry().check(signed({}, key=stranger))
    with pytest.raises(DeveloperTokenError, match="key id"):
        registry().check(signed({}, kid="ABCDEFGHJK"))


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")))
def test_rubbish_is_refused_and_nothing_else_happens(token: str) -> None:
    with pytest.raises(DeveloperTokenError):
        registry().check(token)


def test_a_team_follows_from_its_seed_and_hides_its_key() -> None:
    again = make_team("one")
    assert (again.id, again.p8()) == (TEAM.id, TEAM.p8())
    other: Team = make_team("two")
    assert other.id != TEAM.id
    assert len(TEAM.id) == len(TEAM.key_id) == 10
    assert "private" not in repr(TEAM)


def test_a_signature_is_checked_again_when_the_team_has_another_key() -> None:
    tokens = registry()
    token = tokens.mint(TEAM)
    assert tokens.check(token) == TEAM
    tokens.register(Team(TEAM.id, TEAM.key_id, ec.generate_private_key(ec.SECP256R1())))
    with pytest.raises(DeveloperTokenError):
        tokens.check(token)


def test_origins_count_for_a_known_token_too() -> None:
    tokens = registry()
    token = tokens.mint(TEAM, origins=["https://good.example"])
    assert tokens.check(token, "https://good.example") == TEAM
    with pytest.raises(DeveloperTokenError):
        tokens.check(token, "https://bad.example")
