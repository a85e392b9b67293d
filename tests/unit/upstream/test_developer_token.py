"""Developer tokens, given and made."""

from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.developer_token import (
    GivenDeveloperToken,
    MintedDeveloperToken,
    NoDeveloperToken,
)
from applemusic_server.upstream.secret_file import FixedSecret
from tests.support.apple_server import DEVELOPER_CANARY, FakeTime, make_jwt, make_p8


def given_source(value: str, time: FakeTime) -> GivenDeveloperToken:
    return GivenDeveloperToken(FixedSecret(Secret(value)), clock=time.utc)


def test_none_is_missing() -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        NoDeveloperToken().current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_MISSING


def test_a_given_token_is_read() -> None:
    time = FakeTime()
    value = make_jwt(time.now)
    token = given_source(value, time).current()
    assert token.value.reveal() == value
    assert token.team_id == "TEAM000001"
    assert token.expire_time == time.now + timedelta(days=180)
    assert value not in repr(token)


def test_a_given_token_ends() -> None:
    time = FakeTime()
    source = given_source(make_jwt(time.now, life=timedelta(days=1)), time)
    time.now += timedelta(days=1, minutes=4)
    source.current()  # Within what clocks may differ.
    time.now += timedelta(minutes=2)
    with pytest.raises(FailedPreconditionError) as caught:
        source.current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_EXPIRED
    assert caught.value.metadata == {"expireTime": "2026-11-23T12:00:00+00:00"}


NOW = FakeTime().now
IN_AN_HOUR = int((NOW + timedelta(hours=1)).timestamp())
IN_A_DAY = int((NOW + timedelta(days=1)).timestamp())


@pytest.mark.parametrize(
    ("value", "detail"),
    [
        ("", "JSON web token"),
        (DEVELOPER_CANARY, "JSON web token"),
        ("a.b.c", "JSON web token"),
        ("ä.ö.ü", "JSON web token"),
        (make_jwt(NOW, algorithm="HS256"), "ES256 but with HS256"),
        (make_jwt(NOW, headers={"kid": ""}), "kid"),
        (make_jwt(NOW, claims={"exp": IN_A_DAY}), "iss"),
        (make_jwt(NOW, claims={"iss": "T"}), "exp"),
        (make_jwt(NOW, claims={"iss": "T", "exp": 10**30}), "exp"),
        (make_jwt(NOW, claims={"iss": "T", "exp": True}), "exp"),
        (make_jwt(NOW, life=timedelta(seconds=15_777_000 + 600)), "15777000"),
        (make_jwt(NOW, claims={"iss": "T", "exp": IN_A_DAY, "iat": IN_AN_HOUR}), "not valid yet"),
        (make_jwt(NOW, claims={"iss": "T", "exp": IN_A_DAY, "nbf": IN_AN_HOUR}), "(nbf)"),
    ],
)
def test_a_faulty_given_token_says_its_fault(value: str, detail: str) -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        given_source(value, FakeTime()).current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED
    assert detail in caught.value.metadata["detail"]
    assert not value or value not in f"{caught.value}{caught.value.metadata}"


def minted(time: FakeTime, **changes: str) -> MintedDeveloperToken:
    values = {"team_id": "TEAM000001", "key_id": "KEY0000001", "p8": make_p8()} | changes
    return MintedDeveloperToken(
        team_id=values["team_id"],
        key_id=values["key_id"],
        private_key=FixedSecret(Secret(values["p8"])),
        clock=time.utc,
    )


def test_minted_tokens_are_what_apple_asks_for() -> None:
    time = FakeTime()
    key = ec.generate_private_key(ec.SECP256R1())
    p8 = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    token = minted(time, p8=p8).current()
    decoded = jwt.decode_complete(
        token.value.reveal(),
        key.public_key(),
        algorithms=["ES256"],
        options={"verify_exp": False, "verify_iat": False},
    )
    assert decoded["header"] == {"alg": "ES256", "kid": "KEY0000001", "typ": "JWT"}
    issued = int(time.now.timestamp()) - 300  # Apple's clock may be behind ours.
    assert decoded["payload"] == {"iss": "TEAM000001", "iat": issued, "exp": issued + 15_552_000}
    assert token.expire_time == time.now + timedelta(days=180, minutes=-5)


def test_minted_tokens_are_kept_for_three_quarters_of_their_life() -> None:
    time = FakeTime()
    source = minted(time)
    first = source.current()
    time.now += timedelta(days=134)
    assert source.current() is first
    time.now += timedelta(days=2)
    second = source.current()
    assert second.value != first.value
    time.now -= timedelta(days=300)  # The clock was wrong and is set right.
    assert source.current().expire_time == time.now + timedelta(days=180, minutes=-5)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"team_id": "short"}, "team id"),
        ({"key_id": "KEY-000001"}, "key id"),
        ({"p8": "canary"}, "PEM"),
        ({"p8": ""}, "PEM"),
    ],
)
def test_a_faulty_key_says_its_fault(changes: dict[str, str], detail: str) -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        minted(FakeTime(), **changes).current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED
    assert detail in caught.value.metadata["detail"]
    assert "canary" not in str(caught.value)


def test_a_key_on_another_curve_is_refused() -> None:
    pem = (
        ec.generate_private_key(ec.SECP384R1())
        .private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        .decode()
    )
    with pytest.raises(FailedPreconditionError, match="P-256"):
        minted(FakeTime(), p8=pem).current()


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*"))
def test_any_text_is_refused_in_our_own_words(value: str) -> None:
    with pytest.raises(FailedPreconditionError) as caught:
        given_source(value, FakeTime()).current()
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED
