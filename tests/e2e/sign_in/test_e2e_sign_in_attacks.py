"""Everything that somebody might try against the sign-in pages, over real sockets."""

import asyncio
import contextlib
import random
import re
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
import pytest
from yarl import URL

from applemusic.models.sign_in import SignInState
from applemusic_server.domain.sign_in import CODE_ALPHABET
from tests.support.http_browser import HttpBrowser, http_browser
from tests.support.sign_in import begin, outcome, state
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
async def stage(stage_of: SetUp) -> AsyncIterator[Stage]:
    """A server without accounts."""
    async with stage_of(signed_in=False) as stage:
        yield stage


@pytest.fixture
async def attackers(stage: Stage) -> AsyncIterator["Make"]:
    """Makes browsers of attackers and of victims, each with cookies of its own."""
    async with contextlib.AsyncExitStack() as opened:
        made = [await opened.enter_async_context(http_browser(stage)) for _ in range(8)]
        yield made.pop


Make = Callable[[], HttpBrowser]


async def no_accounts(stage: Stage) -> bool:
    return [each async for each in stage.music.auth.accounts()] == []


async def test_a_sign_in_ends_once(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage, "anna")
    browser = attackers()
    await browser.open(sign_in)
    good, other = stage.simulator.music_user_token(), stage.simulator.music_user_token()

    assert (await browser.finish(good))[0] == 200
    replayed = await browser.finish(other)
    again = await browser.post("open", {"csrf": browser.csrf, "ticket": sign_in.url[-43:]})
    declined = await browser.post("decline", {"csrf": browser.csrf})

    for status, answer in (replayed, again, declined):
        assert status == 409
        assert answer["reason"] == "SIGN_IN_EXPIRED"
    assert await outcome(stage, sign_in) is SignInState.SUCCEEDED
    known = stage.simulator.world.user_tokens.find(good)
    assert known is not None
    assert len([each async for each in stage.music.auth.accounts()]) == 1


async def test_of_many_at_once_one_wins(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage, "anna")
    browser = attackers()
    await browser.open(sign_in)
    tokens = [stage.simulator.music_user_token() for _ in range(8)]

    answers = await asyncio.gather(*(browser.finish(token) for token in tokens))

    assert Counter(status for status, _ in answers) == {200: 1, 409: 7}
    assert await outcome(stage, sign_in) is SignInState.SUCCEEDED


async def test_a_cancel_and_a_token_at_once_agree(stage: Stage, attackers: Make) -> None:
    for number in range(6):
        sign_in = await begin(stage, f"a{number}")
        browser = attackers()
        await browser.open(sign_in)
        (status, _), _ = await asyncio.gather(
            browser.finish(stage.simulator.music_user_token()),
            stage.music.auth.cancel_sign_in(sign_in.sign_in_id),
        )
        ended = await outcome(stage, sign_in)
        accounts = {each.id async for each in stage.music.auth.accounts()}

        assert ended in {SignInState.SUCCEEDED, SignInState.CANCELLED}
        assert (ended is SignInState.SUCCEEDED) is (status == 200) is (f"a{number}" in accounts)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "", "http://127.0.0.1", "http://127.0.0.1:1", "file://"],
)
async def test_a_post_of_another_page_is_refused(
    stage: Stage, attackers: Make, origin: str
) -> None:
    sign_in = await begin(stage)
    browser = attackers()
    await browser.open(sign_in)

    status, answer = await browser.finish(stage.simulator.music_user_token(), Origin=origin)

    assert (status, answer["reason"]) == (403, "FOREIGN_ORIGIN")
    assert await state(stage, sign_in) is SignInState.PENDING
    assert await no_accounts(stage)


async def test_who_may_show_the_page_may_not_post_to_it(stage_of: SetUp) -> None:
    """A cookie that goes into frames of other sites is worth nothing to those sites."""
    home = "https://home.example.org"
    web = {"frame_ancestors": [home]}
    async with stage_of(signed_in=False, web=web) as stage, http_browser(stage) as browser:
        sign_in = await begin(stage)
        await browser.open(sign_in)

        for what in ("start", "finish", "decline"):
            status, answer = await browser.post(what, {"csrf": browser.csrf}, Origin=home)
            assert (status, answer["reason"]) == (403, "FOREIGN_ORIGIN")

        assert await state(stage, sign_in) is SignInState.PENDING


@pytest.mark.parametrize("csrf", ["", "0" * 64, "ü" * 32])
async def test_a_post_without_the_pages_knowledge_is_refused(
    stage: Stage, attackers: Make, csrf: str
) -> None:
    sign_in = await begin(stage)
    browser = attackers()
    await browser.open(sign_in)
    browser.csrf = csrf

    status, answer = await browser.finish(stage.simulator.music_user_token())

    assert (status, answer["reason"]) == (403, "STALE_PAGE")
    assert await no_accounts(stage)


async def test_the_token_of_another_browsers_page_does_not_help(
    stage: Stage, attackers: Make
) -> None:
    sign_in = await begin(stage)
    victim, attacker = attackers(), attackers()
    await victim.open(sign_in)
    await attacker.start()

    stolen = HttpBrowser(victim.base, attacker.http, csrf=victim.csrf)
    assert (await stolen.finish(stage.simulator.music_user_token()))[0] == 403
    own = await attacker.finish(stage.simulator.music_user_token())

    assert own[0] == 404
    assert await no_accounts(stage)


async def test_a_link_is_good_in_one_browser(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage)
    victim, attacker = attackers(), attackers()
    await victim.open(sign_in)
    await attacker.start()

    by_link = await attacker.post(
        "open", {"csrf": attacker.csrf, "ticket": sign_in.url.partition("#")[2]}
    )
    by_code = await attacker.post("code", {"csrf": attacker.csrf, "code": sign_in.user_code})

    for status, answer in (by_link, by_code):
        assert status == 409
        assert "another browser" in answer["message"]
        assert "visit" not in answer
    assert (await victim.finish(stage.simulator.music_user_token()))[0] == 200


async def test_a_cookie_that_was_planted_is_not_kept(stage: Stage, attackers: Make) -> None:
    """Fixation: who knows the cookie from before the link was opened knows nothing after."""
    sign_in = await begin(stage)
    victim, attacker = attackers(), attackers()
    await attacker.start()
    planted = {each.key: each.value for each in attacker.http.cookie_jar}
    victim.http.cookie_jar.update_cookies(planted, URL(victim.base))
    await victim.open(sign_in)

    assert (await attacker.finish(stage.simulator.music_user_token()))[0] == 404
    assert "visit" not in await attacker.start()
    assert (await victim.finish(stage.simulator.music_user_token()))[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "", "[", "@"]
)
async def test_a_foreign_host_is_refused(stage: Stage, attackers: Make, host: str) -> None:
    port = stage.server.web_port
    for request in ("GET /sign-in", "GET /link", "POST /sign-in/start"):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"{request} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
            "Content-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        assert re.match(rb"HTTP/1.1 (421|400) ", answer), answer
        assert b"Set-Cookie" not in answer
    assert (await attackers().post("start", X_Forwarded_Host="evil.example"))[0] == 200


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"a" * 8193, "application/x-www-form-urlencoded", 413),
        (b"music_user_token=" + b"A" * 100_000, "application/x-www-form-urlencoded", 413),
        (b'{"csrf": "x"}', "application/json", 415),
        (b"csrf=x", "text/plain", 415),
        (b"csrf=x", "multipart/form-data; boundary=x", 415),
        (b"csrf=x&csrf=y", "application/x-www-form-urlencoded", 400),
        (b"csrf=x&account=berta", "application/x-www-form-urlencoded", 400),
        (b"csrf", "application/x-www-form-urlencoded", 400),
        (b"csrf=%ff", "application/x-www-form-urlencoded", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&" * 100, "application/x-www-form-urlencoded", 400),
        (b"csrf=x", "application/x-www-form-urlencoded; charset=utf-7", 403),
    ],
)
async def test_malformed_posts(
    stage: Stage, attackers: Make, body: bytes, content_type: str, status: int
) -> None:
    browser = attackers()
    await browser.start()

    found, _ = await browser.post("finish", body, Content_Type=content_type)

    assert found == status
    assert stage.log == [each for each in stage.log if each["log_level"] != "error"]


async def test_compressed_and_endless_bodies(attackers: Make) -> None:
    browser = attackers()
    await browser.start()
    assert (await browser.post("finish", b"x" * 100, Content_Encoding="br"))[0] in {400, 415}

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"music_user_token=" + b"A" * 4096

    headers = {"Origin": browser.base, "Content-Type": "application/x-www-form-urlencoded"}
    url = f"{browser.base}/sign-in/finish"
    with contextlib.suppress(aiohttp.ClientError):  # it hangs up before all is sent
        async with browser.http.post(url, data=endless(), headers=headers) as response:
            assert response.status == 413
    assert (await browser.start()).keys() == {"csrf"}


async def test_codes_are_not_guessed(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage)
    attacker = attackers()
    await attacker.start()
    chance = random.Random(1)
    counts: Counter[int] = Counter()
    for start in range(0, 60, 20):
        guesses = [
            "".join(chance.choice(CODE_ALPHABET) for _ in range(8))
            for _ in range(start, start + 20)
        ]
        answers = await asyncio.gather(
            *(attacker.post("code", {"csrf": attacker.csrf, "code": guess}) for guess in guesses)
        )
        counts.update(status for status, _ in answers)

    assert counts[404] <= 11
    assert counts[429] >= 49
    # The right one does not help any more either: who guesses learns nothing.
    status, answer = await attacker.post("code", {"csrf": attacker.csrf, "code": sign_in.user_code})
    assert status == 429
    assert "Wait" in answer["message"]
    assert await stage.metric("applemusic_sign_ins_total", outcome="throttled") >= 50
    # And whoever has the link is not kept out.
    await attackers().open(sign_in)


@pytest.mark.parametrize("is_trusted", [True, False])
async def test_behind_a_proxy_a_guesser_keeps_nobody_else_out(
    stage_of: SetUp,
    is_trusted: bool,  # noqa: FBT001 - a parameter of pytest
) -> None:
    web = {"trusted_proxies": ["127.0.0.1"]} if is_trusted else {}
    async with stage_of(signed_in=False, web=web) as stage, http_browser(stage) as browser:
        sign_in = await begin(stage)
        await browser.start()

        async def enter(code: str, address: str) -> int:
            form = {"csrf": browser.csrf, "code": code}
            # The first one is what the visitor says of itself, the last what the proxy saw.
            told = f"203.0.113.{ord(code[-1])}, {address}"
            return (await browser.post("code", form, X_Forwarded_For=told))[0]

        guesses = [
            await enter(f"BBBBBBB{CODE_ALPHABET[number]}", "198.51.100.7") for number in range(12)
        ]
        assert guesses[-1] == 429
        assert await enter(sign_in.user_code, "198.51.100.8") == (200 if is_trusted else 429)


async def test_tokens_are_not_tried_without_end(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage)
    browser = attackers()
    await browser.open(sign_in)

    answers = [await browser.finish("A" * 60 + f"{number:04}") for number in range(14)]

    assert Counter(status for status, _ in answers)[422] <= 10
    assert answers[-1][0] == 429


async def test_only_posts_change_anything(stage: Stage, attackers: Make) -> None:
    sign_in = await begin(stage)
    ticket = sign_in.url.partition("#")[2]
    browser = attackers()
    for what in ("start", "open", "code", "finish", "decline"):
        url = f"{browser.base}/sign-in/{what}?ticket={ticket}"
        async with browser.http.get(url) as response:
            assert response.status == 405
            assert response.headers["Allow"] == "POST"
        async with browser.http.options(url, headers={"Origin": "https://evil.example"}) as answer:
            assert "Access-Control-Allow-Origin" not in answer.headers
    assert await state(stage, sign_in) is SignInState.PENDING


@pytest.mark.parametrize("path", ["/sign-in", "/link", "/assets/sign_in.js", "/sign-in/start"])
async def test_headers_of_every_answer(attackers: Make, path: str) -> None:
    browser = attackers()
    method = "POST" if path.endswith("start") else "GET"
    async with browser.http.request(
        method,
        browser.base + path,
        headers={
            "Origin": browser.base,
            "Content-Type": "application/x-www-form-urlencoded",
        },
    ) as response:
        headers = response.headers
        assert response.status == 200

    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"
    rules = headers["Content-Security-Policy"]
    assert rules.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in rules
    assert "unsafe" not in rules
    assert "Location" not in headers


async def test_every_page_has_a_nonce_of_its_own(attackers: Make) -> None:
    browser = attackers()
    nonces = set()
    for _ in range(20):
        async with browser.http.get(f"{browser.base}/sign-in") as response:
            (nonce,) = set(
                re.findall(r"nonce-([\w-]+)", response.headers["Content-Security-Policy"])
            )
            assert f'nonce="{nonce}"' in await response.text()
            nonces.add(nonce)
    assert len(nonces) == 20


async def test_nothing_that_is_asked_for_leads_elsewhere(attackers: Make) -> None:
    browser = attackers()
    for path in ("//evil.example", "/%2f%2fevil.example", "/sign-in//evil.example", "/link?next=x"):
        async with browser.http.get(
            URL(browser.base + path, encoded=True), allow_redirects=False
        ) as response:
            assert response.status in {200, 404}
            assert "Location" not in response.headers


async def test_the_developer_token_is_for_who_has_a_sign_in(attackers: Make) -> None:
    browser = attackers()

    answer = await browser.start()
    status, wrong = await browser.post("open", {"csrf": browser.csrf, "ticket": "A" * 43})

    assert answer.keys() == {"csrf"}
    assert (status, wrong["reason"]) == (404, "SIGN_IN_NOT_FOUND")
