"""Renewing and revoking at Apple, and what it may answer; and Apple's word on developer tokens."""

import email.utils
from datetime import timedelta

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.user_tokens import AppleUserTokens, _is_token
from tests.support.apple_server import (
    DEVELOPER_CANARY,
    USER_CANARY,
    AppleServer,
    Upstream,
    answer,
    reset,
)

TEST = "/v1/test"
RENEW = "/WebObjects/MZPlay.woa/wa/renewMusicToken"
LOGOUT = "/WebObjects/MZPlay.woa/wa/webPlayerLogout"
OLD = Secret(USER_CANARY)
FRESH = "F" * 86 + "=="


@pytest.fixture
def tokens(upstream: Upstream) -> AppleUserTokens:
    return AppleUserTokens(upstream.transport, upstream.endpoints, upstream.token, upstream.check)


async def test_a_renewal_is_asked_for_as_it_was_seen(
    apple: AppleServer, tokens: AppleUserTokens
) -> None:
    apple.on(RENEW, answer({"music-token": FRESH}))
    assert (await tokens.renew("anna", OLD)).reveal() == FRESH
    (asked,) = apple.asked
    assert (asked.method, asked.body, asked.query) == ("POST", b"", {})
    assert asked.headers["Authorization"] == f"Bearer {DEVELOPER_CANARY}"
    assert asked.headers["X-Apple-Music-User-Token"] == USER_CANARY
    assert asked.headers["Content-Length"] == "0"


NOT_A_TOKEN = [
    {},
    {"music-token": ""},
    {"music-token": None},
    {"music-token": "short"},
    {"music-token": USER_CANARY},
    {"music-token": "x" * 5000},
    {"music-token": "line\r\nX-Injected: 1" + "x" * 40},
    {"music-token": "ünïcödé" * 10},
    {"music-token": [FRESH]},
]


@pytest.mark.parametrize("body", [*NOT_A_TOKEN, b"", b"<html>", b"[]", b'{"music-token":'])
async def test_an_answer_without_a_new_token_is_a_refusal(
    apple: AppleServer, tokens: AppleUserTokens, body: object
) -> None:
    apple.on(RENEW, answer(body))
    with pytest.raises(AppleMusicError) as caught:
        await tokens.renew("anna", OLD)
    assert caught.value.reason is Reason.RENEWAL_REFUSED
    assert caught.value.metadata == {"account": "anna"}
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "test_status", "reason"),
    [
        (401, 200, Reason.RENEWAL_REFUSED),
        (403, 200, Reason.RENEWAL_REFUSED),
        (401, 401, Reason.DEVELOPER_TOKEN_REJECTED),
        (401, 500, Reason.UPSTREAM_UNAVAILABLE),
        (404, 200, Reason.UPSTREAM_REFUSED),
        (500, 200, Reason.UPSTREAM_UNAVAILABLE),
        (429, 200, Reason.UPSTREAM_THROTTLED),
    ],
)
async def test_refusals_are_told_apart(
    apple: AppleServer, tokens: AppleUserTokens, status: int, test_status: int, reason: Reason
) -> None:
    apple.on(RENEW, answer({"error": "No token found"}, status=status))
    apple.on(LOGOUT, answer({"error": "No token found"}, status=status))
    apple.on(TEST, answer(status=test_status))
    with pytest.raises(AppleMusicError) as caught:
        await tokens.renew("anna", OLD)
    assert caught.value.reason is reason
    with pytest.raises(AppleMusicError) as caught:
        await tokens.revoke("anna", OLD)
    expected = Reason.UPSTREAM_REFUSED if reason is Reason.RENEWAL_REFUSED else reason
    assert caught.value.reason is expected


async def test_a_connection_that_breaks_is_tried_again(
    apple: AppleServer, tokens: AppleUserTokens
) -> None:
    apple.on(RENEW, reset, answer({"music-token": FRESH}))
    assert (await tokens.renew("anna", OLD)).reveal() == FRESH
    apple.on(LOGOUT, answer({"status": 0}))
    await tokens.revoke("anna", OLD)
    assert apple.count(LOGOUT) == 1


@given(st.text(max_size=200))
def test_what_is_taken_for_a_token_can_be_a_header(text: str) -> None:
    if _is_token(text):
        assert text.isascii()
        assert text.isprintable()
        assert len(text) >= 32


async def test_verdicts_on_several_tokens_are_kept_apart(
    apple: AppleServer, upstream: Upstream
) -> None:
    async def by_token(request: web.Request) -> web.StreamResponse:
        return web.Response(status=200 if "good" in request.headers["Authorization"] else 401)

    apple.on(TEST, by_token)
    good, bad = Secret("good-token"), Secret("bad-token")
    for _ in range(3):
        await upstream.check.require_good(good)
        with pytest.raises(AppleMusicError):
            await upstream.check.require_good(bad)
    assert apple.count(TEST) == 2
    assert upstream.check.is_rejected(bad)
    assert not upstream.check.is_rejected(good)
    upstream.check.accepted(bad)
    assert not upstream.check.is_rejected(bad)


@pytest.mark.parametrize(
    ("off", "said"),
    [
        (timedelta(hours=-2), "120 min behind Apple's"),
        (timedelta(minutes=20), "20 min ahead of Apple's"),
        (timedelta(minutes=4), None),
    ],
)
async def test_a_wrong_clock_is_named_when_a_token_is_refused(
    apple: AppleServer, upstream: Upstream, off: timedelta, said: str | None
) -> None:
    apple_time = upstream.time.now
    check = DeveloperTokenCheck(
        upstream.transport,
        upstream.endpoints,
        clock=upstream.time.monotonic,
        now=lambda: apple_time + off,
    )
    date = email.utils.format_datetime(apple_time, usegmt=True)
    apple.on(TEST, answer(status=401, headers={"Date": date}))
    with pytest.raises(AppleMusicError) as caught:
        await check.require_good(OLD)
    detail = caught.value.metadata["detail"]
    assert said in detail if said else "clock" not in detail


@pytest.mark.parametrize(("life", "ended"), [(-60, True), (60, False)])
async def test_a_token_that_ended_by_apples_clock_is_told_so(
    apple: AppleServer, upstream: Upstream, *, life: int, ended: bool
) -> None:
    apple_time = upstream.time.now
    key = generate_private_key(SECP256R1())
    claims = {"iss": "TEAM123456", "exp": int(apple_time.timestamp()) + life}
    token = Secret(jwt.encode(claims, key, algorithm="ES256", headers={"kid": "KEY1234567"}))
    date = email.utils.format_datetime(apple_time, usegmt=True)
    apple.on(TEST, answer(status=401, headers={"Date": date}))
    with pytest.raises(AppleMusicError) as caught:
        await upstream.check.require_good(token)
    detail = caught.value.metadata["detail"]
    assert ("it ended at" in detail) is ended
    assert ("key was revoked" in detail) is not ended


@pytest.mark.parametrize("date", ["", "yesterday", "Mon, 99 Foo 2026 25:00:00 GMT", "\x00" * 3])
async def test_a_date_that_is_none_is_left_out(
    apple: AppleServer, upstream: Upstream, date: str
) -> None:
    headers = {"Date": date} if date.isprintable() else {}
    apple.on(TEST, answer(status=401, headers=headers))
    with pytest.raises(AppleMusicError) as caught:
        await upstream.check.require_good(OLD)
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED
