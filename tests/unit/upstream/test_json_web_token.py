"""JSON web tokens, held against the library that everybody uses."""

import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.upstream.json_web_token import read_token, sign_token

KEY = ec.generate_private_key(ec.SECP256R1())
CLAIMS = st.dictionaries(st.text(), st.integers() | st.text() | st.booleans(), max_size=4)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    found = jwt.decode_complete(token, options={"verify_signature": False})
    return found["header"], found["payload"]


@given(claims=CLAIMS, key_id=st.text())
def test_what_is_signed_is_verified_elsewhere(claims: dict[str, Any], key_id: str) -> None:
    """The two numbers of a signature are padded, of which one in 128 is short."""
    token = sign_token(claims, KEY, key_id=key_id)
    header, payload, signature = token.split(".")
    jwt.PyJWS().decode(token, KEY.public_key(), algorithms=["ES256"])
    assert len(signature) == 86
    assert "=" not in header + payload
    assert read_token(token) == ({"alg": "ES256", "kid": key_id, "typ": "JWT"}, claims)


@given(claims=CLAIMS)
def test_what_others_sign_is_read(claims: dict[str, Any]) -> None:
    token = jwt.PyJWS().encode(json.dumps(claims).encode(), KEY, "ES256", headers={"kid": "K"})
    assert read_token(token) == ({"alg": "ES256", "kid": "K", "typ": "JWT"}, claims)


@given(
    st.text() | st.from_regex(r"[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*\.[A-Za-z0-9_=-]*", fullmatch=True)
)
def test_anything_else_is_refused_without_a_word_of_it(token: str) -> None:
    problem = ""
    try:
        read_token(token)
    except ValueError as error:
        problem = str(error)
    assert problem in {
        "",
        "a token has three parts",
        "it is not signed",
        "a part of it is not base64url",
        "a part of it is no JSON",
        "a part of it is no JSON object",
    }


@pytest.mark.parametrize(
    "token",
    [
        "",
        "e30.e30",
        "e30.e30.",  # unsigned
        "e30.e30.YQ.YQ",
        "W10.e30.YQ",  # a list
        "e30.bnVsbA.YQ",  # null
        "e3 0.e30.YQ",
        "e30\n.e30.YQ",
    ],
)
def test_what_is_no_token(token: str) -> None:
    with pytest.raises(ValueError, match=r"token|base64url|signed|JSON"):
        read_token(token)


def test_deep_claims_are_refused() -> None:
    deep = jwt.utils.base64url_encode(b"[" * 100_000).decode()
    with pytest.raises(ValueError, match="no JSON"):
        read_token(f"e30.{deep}.YQ")


def test_a_token_that_is_none_is_not_quoted() -> None:
    with pytest.raises(ValueError, match="no JSON") as caught:
        read_token("c2VjcmV0.c2VjcmV0.c2VjcmV0")
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_the_oracle_agrees_on_a_token() -> None:
    token = sign_token({"iss": "T"}, KEY, key_id="K")
    assert read_token(token) == unverified(token)
