"""Who is to blame for a refusal, and what an answer has to look like."""

import itertools
import logging

import pytest
from aiohttp import web

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.api_client import Missing, Question, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from tests.support.apple_server import (
    AppleServer,
    Responder,
    Upstream,
    answer,
    fault,
)

PATH = "/v1/me/storefront"


def question(
    upstream: Upstream, params: dict[str, str] | None = None, *, user: bool = True
) -> Question:
    listener = upstream.listener
    who = UserToken(listener.account_id, listener.music_user_token) if user else None
    return Question(Endpoint.ME_STOREFRONT, PATH, params or {}, who)


async def test_both_tokens_are_sent(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(PATH, answer({"data": []}))
    await upstream.api.get(question(upstream))
    await upstream.api.get(question(upstream, user=False))
    first, second = (each.headers for each in apple.asked)
    assert first["Authorization"] == f"Bearer {upstream.token.value}"
    assert first["Music-User-Token"] == upstream.listener.music_user_token.reveal()
    assert "Music-User-Token" not in second


@pytest.mark.parametrize(
    ("statuses", "user", "reason"),
    [
        ((401, 200), True, Reason.MUSIC_USER_TOKEN_REJECTED),
        ((403, 200), True, Reason.MUSIC_USER_TOKEN_REJECTED),
        ((401, 401), True, Reason.DEVELOPER_TOKEN_REJECTED),
        ((403, 401), True, Reason.DEVELOPER_TOKEN_REJECTED),
        ((401, 403), True, Reason.DEVELOPER_TOKEN_REJECTED),
        ((401, 401), False, Reason.DEVELOPER_TOKEN_REJECTED),
        ((403, 401), False, Reason.DEVELOPER_TOKEN_REJECTED),
        ((401, 200), False, Reason.UPSTREAM_REFUSED),
        ((403, 200), False, Reason.UPSTREAM_REFUSED),
        ((401, 500), True, Reason.UPSTREAM_UNAVAILABLE),
        ((401, 404), True, Reason.UPSTREAM_UNAVAILABLE),
    ],
)
async def test_401_and_403_are_told_apart(
    apple: AppleServer,
    upstream: Upstream,
    statuses: tuple[int, int],
    *,
    user: bool,
    reason: Reason,
) -> None:
    apple.on("/v1/test", answer(status=statuses[1]))
    for refusal in (fault(statuses[0], "40300"), answer(status=statuses[0])):
        apple.on(PATH, refusal)
        with pytest.raises(AppleMusicError) as caught:
            await upstream.api.get(question(upstream, user=user))
        assert caught.value.reason is reason
        if reason is Reason.MUSIC_USER_TOKEN_REJECTED:
            assert isinstance(caught.value, UnauthenticatedError)
            assert caught.value.metadata == {"account": "anna"}


async def test_the_verdict_is_remembered_briefly(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(PATH, answer(status=403))
    apple.on("/v1/test", answer(status=200))
    for _ in range(3):
        with pytest.raises(UnauthenticatedError):
            await upstream.api.get(question(upstream))
    assert apple.count("/v1/test") == 1
    upstream.time.seconds += 61
    apple.on("/v1/test", answer(status=401))
    with pytest.raises(FailedPreconditionError):
        await upstream.api.get(question(upstream))
    assert apple.count("/v1/test") == 2
    upstream.token.value = "canary-next"  # Another token is another question.
    apple.on("/v1/test", answer(status=200))
    with pytest.raises(UnauthenticatedError):
        await upstream.api.get(question(upstream))


async def test_a_refused_developer_token_is_known_until_apple_takes_it(
    apple: AppleServer, upstream: Upstream
) -> None:
    token = upstream.token.current().value
    assert not upstream.check.is_rejected(token)
    apple.on(PATH, answer(status=401), answer({"data": []}))
    apple.on("/v1/test", answer(status=401))
    with pytest.raises(FailedPreconditionError):
        await upstream.api.get(question(upstream))
    upstream.time.seconds += 3600
    assert upstream.check.is_rejected(token)
    assert not upstream.check.is_rejected(Secret("another"))
    await upstream.api.get(question(upstream))
    assert not upstream.check.is_rejected(token)


DEPTH = 200_000
BAD_BODIES: list[Responder] = [
    answer("<html><body>Bad gateway</body></html>", content_type="text/html"),
    answer("<html></html>"),
    answer({"data": []}, content_type="text/html"),
    answer({"data": []}, content_type="application/xml"),
    answer(b""),
    answer(b"null"),
    answer(b"[]"),
    answer(b'"text"'),
    answer(b"12"),
    answer(b'{"data": ['),
    answer(b'{"data": NaN}'),
    answer(b'{"data": Infinity}'),
    answer(b'{"data": 1e400}'),
    answer(b'{"data": ' + b"9" * 5000 + b"}"),
    answer(b"[" * DEPTH),
    answer(b'{"a":' * DEPTH),
    answer(b'{"data": "\xff\xfe"}'),
]


@pytest.mark.parametrize("responder", BAD_BODIES)
async def test_what_is_not_a_json_object_is_an_error(
    apple: AppleServer, upstream: Upstream, responder: Responder
) -> None:
    apple.on(PATH, responder)
    with pytest.raises(InternalError) as caught:
        await upstream.api.get(question(upstream))
    assert caught.value.reason is Reason.UPSTREAM_RESPONSE_INVALID
    assert caught.value.metadata == {"endpoint": "me.storefront"}


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "application/json;charset=utf-8", "text/javascript", "text/plain"],
)
async def test_what_apple_calls_json_is_read(
    apple: AppleServer, upstream: Upstream, content_type: str
) -> None:
    apple.on(PATH, answer({"data": []}, content_type=content_type))
    assert isinstance(await upstream.api.get(question(upstream)), JsonReader)


@pytest.mark.parametrize(
    ("responder", "code"),
    [
        (fault(404, "40400"), "40400"),
        (fault(404, "40403"), "40403"),
        (fault(404), ""),
        (answer({"errors": []}, status=404), ""),
        (answer({"errors": [None, 3]}, status=404), ""),
        (answer({"errors": [{"code": "no number"}]}, status=404), ""),
        (answer({"errors": "x"}, status=404), ""),
        (answer("<html>", status=404, content_type="text/html"), ""),
        (answer(status=404), ""),
    ],
)
async def test_404_is_missing_whatever_its_body(
    apple: AppleServer, upstream: Upstream, responder: Responder, code: str
) -> None:
    apple.on(PATH, responder)
    assert await upstream.api.get(question(upstream)) == Missing(code)


@pytest.mark.parametrize("status", [400, 405, 409, 413, 418, 501, 204])
async def test_other_statuses_are_refusals(
    apple: AppleServer, upstream: Upstream, status: int
) -> None:
    apple.on(PATH, fault(status, "40005", "limit") if status != 204 else answer(status=204))
    with pytest.raises(FailedPreconditionError) as caught:
        await upstream.api.get(question(upstream, {"limit": "5"}))
    assert caught.value.reason is Reason.UPSTREAM_REFUSED
    assert caught.value.metadata["endpoint"] == "me.storefront"
    assert caught.value.metadata["appleCode"] == ("204" if status == 204 else "40005")


async def test_optional_parameters_that_apple_refuses_are_left_out(
    apple: AppleServer, upstream: Upstream
) -> None:
    async def picky(request: web.Request) -> web.StreamResponse:
        for name in ("l", "include[songs]"):
            if name in request.query:
                return await fault(400, "40005", name)(request)
        return await answer({"data": []})(request)

    apple.on(PATH, picky)
    asked = question(upstream, {"ids": "1", "l": "nn", "include[songs]": "artists"})
    assert isinstance(await upstream.api.get(asked), JsonReader)
    assert [sorted(each.query) for each in apple.asked] == [
        ["ids", "include[songs]", "l"],
        ["ids", "include[songs]"],
        ["ids"],
    ]


async def test_no_token_and_no_word_of_apples_is_said(
    apple: AppleServer, upstream: Upstream, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    apple.on("/v1/test", answer(status=200), fault(401), answer(status=200))
    for status, user in itertools.product((400, 401, 403, 405, 500), (True, False)):
        apple.on(PATH, fault(status, "1", "canary\r\n"))
        upstream.time.seconds += 100
        with pytest.raises((UnauthenticatedError, FailedPreconditionError, UnavailableError)) as it:
            await upstream.api.get(question(upstream, user=user))
        assert "canary" not in f"{it.value!r} {it.value.metadata} {caplog.text}"
