"""Whatever way a secret takes into the log, it does not come out: every kind, every way, each form.

Secrets are generated, so they are no canaries that somebody wrote a rule for.
"""

import base64
import io
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import quote

import pytest
import structlog
from hypothesis import example, given, settings
from hypothesis import strategies as st

from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import HIDDEN, Redactor
from applemusic_server.wire.redaction import secret_field_names

Form = Literal["json", "console", "hclog"]
_PIECE = 12


def encoded(least: int, most: int) -> st.SearchStrategy[str]:
    return st.binary(min_size=least, max_size=most).map(
        lambda data: base64.b64encode(data).decode()
    )


def web_token(parts: tuple[bytes, bytes]) -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"ABC123DEFG"}').decode().rstrip("=")
    return ".".join(
        [head, *(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)]
    )


def private_key(data: bytes) -> str:
    text = base64.b64encode(data).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----"])


JSON_WEB_TOKENS = st.tuples(st.binary(min_size=30, max_size=60), st.just(bytes(range(64)))).map(
    web_token
)
USER_TOKENS = encoded(100, 200)
ACCESS_TOKENS = st.binary(min_size=38, max_size=38).map(
    lambda data: f"amg_{data[:6].hex()}_{data[6:].hex()}"
)
CONTENT_KEYS = st.binary(min_size=16, max_size=16).map(bytes.hex)
LICENSES = encoded(300, 600)
PRIVATE_KEYS = st.binary(min_size=138, max_size=138).map(private_key)
SECRETS = st.one_of(
    JSON_WEB_TOKENS, USER_TOKENS, ACCESS_TOKENS, CONTENT_KEYS, LICENSES, PRIVATE_KEYS
)
SHORT = st.text(alphabet="bcdfghjklmnpqrstvwxz", min_size=14, max_size=30)
# What the shapes of secrets are made of: how they begin, what stands in between, and the rest.
BEGINNINGS = (
    *("", "x", "-----BEGIN KEY-----", "eyJ", "music-user-token", "Authorization", "COOKIE"),
    *("Media-User-Token", "bearer", "Bearer", "https://a.b", "HTTP://a.b", "http://a/%2B"),
)
MIDDLES = ("", " ", ":", "=", ": Bearer ", "?", "#", "/")
ENDS = ("", "abc", "-----END KEY-----", "0" * 31, "0" * 32, "A" * 12, "A" * 63, "A" * 64)
SHAPED = st.tuples(*map(st.sampled_from, (BEGINNINGS, MIDDLES, ENDS))).map("".join)
NAMES = st.sampled_from(
    [
        "Authorization",
        "music_user_token",
        "Music-User-Token",
        "media-user-token",
        "cookie",
        "license",
        *sorted(secret_field_names()),
    ]
)


def in_a_sentence(log: Any, secret: str) -> None:
    sentence = f"Apple did not like {secret} at all"
    log.warning(sentence, song_id="1")


def in_a_field(log: Any, secret: str) -> None:
    log.info("event", detail=secret)


def in_the_name_of_a_field(log: Any, secret: str) -> None:
    log.info("event", headers={secret: 1})


def deep_inside(log: Any, secret: str) -> None:
    log.info("event", answer={"data": [{"attributes": (secret, {"more": secret})}]})


def deeper_than_anybody_looks(log: Any, secret: str) -> None:
    value: Any = secret
    for _ in range(20):
        value = [value]
    log.info("event", answer=value)


def as_bytes(log: Any, secret: str) -> None:
    log.info("event", body=secret.encode(), more=bytearray(secret.encode()))


def as_an_object(log: Any, secret: str) -> None:
    class Answer:
        def __repr__(self) -> str:
            return f"Answer(body={secret!r})"

    log.info("event", answer=Answer())


def in_a_url(log: Any, secret: str) -> None:
    log.info("event", url=f"https://cdn.example/a/b.mp4?accessKey={quote(secret)}&x=1")


def in_a_form(log: Any, secret: str) -> None:
    log.info("event", body=f"user-initiated=false&music-user-token={quote(secret, safe='')}")


def fail(secret: str) -> None:
    """Fail because of something that failed, both with the secret in their words."""
    known: dict[str, str] = {}
    try:
        known.pop(secret)
    except KeyError as error:
        raise ValueError(f"no {secret}") from error


def percent_encoded(log: Any, secret: str) -> None:
    log.info("event", detail=quote(secret, safe=""))


def in_an_exception(log: Any, secret: str) -> None:
    try:
        fail(secret)
    except ValueError as error:
        log.error("defect", exc_info=error)  # noqa: TRY400 - the processor is what is tested


def in_the_context(log: Any, secret: str) -> None:
    with structlog.contextvars.bound_contextvars(asked=f"for {secret}"):
        log.info("event")


def by_a_library(log: Any, secret: str) -> None:
    del log
    library = logging.getLogger("some.library")
    library.warning("saw %s", {"Authorization": f"Bearer {secret}"})
    try:
        fail(secret)
    except ValueError:
        library.exception("failed")


def as_a_name_of_a_call(log: Any, secret: str) -> None:
    # Names of calls may look as content keys do; callers make them up, and know none.
    log.info("event", request_id=secret if len(secret) > 32 else "")


WAYS: list[Callable[[Any, str], None]] = [
    in_a_sentence,
    in_a_field,
    in_the_name_of_a_field,
    deep_inside,
    deeper_than_anybody_looks,
    as_bytes,
    as_an_object,
    in_a_url,
    in_a_form,
    percent_encoded,
    in_an_exception,
    in_the_context,
    by_a_library,
    as_a_name_of_a_call,
]


def told(form: Form, tell: Callable[[Any], None]) -> str:
    """What is written when something is told."""
    output = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    # Not to pytest's own handlers: what it captures is searched for tokens, too.
    root.handlers = []
    try:
        log = open_log(output, form=form, level="debug", redactor=Redactor(secret_field_names()))
        tell(log)
    finally:
        root.handlers = handlers
        root.setLevel(level)
    return output.getvalue()


def pieces(secret: str) -> set[str]:
    """Parts of a secret that nobody may read, as they are and as URLs have them."""
    # A header and the marks around a key are no secret: they are the same for everybody.
    core = secret.partition(".")[2] or secret
    core = core.replace("-----BEGIN PRIVATE KEY-----\n", "").removesuffix(
        "-----END PRIVATE KEY-----"
    )
    core = core.removeprefix("amg_")[13:] if secret.startswith("amg_") else core
    found = set()
    for form in (core, quote(core, safe=""), core.replace("\n", "\\n")):
        for start in range(0, max(1, len(form) - _PIECE), _PIECE):
            found.add(form[start : start + _PIECE])
    return {piece for piece in found if len(piece) == _PIECE and not piece.startswith("-----")}


@pytest.mark.parametrize("form", ["json", "console", "hclog"])
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@given(secret=SECRETS)
# A user token in whose middle stands what a JSON web token begins with.
@example(secret="A" * 100 + "eyJ" + "A" * 20 + "+" + "A" * 18 + "==")
@example(secret="A" * 40 + "eyJ" + "A" * 60 + "+" + "A" * 18 + "==")
def test_a_secret_does_not_come_out(
    form: Form, way: Callable[[Any, str], None], secret: str
) -> None:
    text = told(form, lambda log: way(log, secret))
    assert not [piece for piece in pieces(secret) if piece in text]


@pytest.mark.parametrize("form", ["json", "console", "hclog"])
@given(name=NAMES, secret=SHORT, deep=st.booleans())
def test_what_has_the_name_of_a_secret_is_one_however_short(
    form: Form, name: str, secret: str, *, deep: bool
) -> None:
    fields: dict[str, Any] = {"inner": [{name: secret}]} if deep else {name: secret}
    text = told(form, lambda log: log.info("event", **fields))
    assert secret not in text
    assert HIDDEN in text


@settings(max_examples=1000)
@given(text=st.lists(SHAPED, min_size=1, max_size=2).map(" ".join))
def test_a_plain_text_is_looked_at_as_closely_as_any_other(text: str) -> None:
    shown = Redactor().text
    # What is not ASCII takes no short cut.
    assert shown(f"\u00e4 {text}") == f"\u00e4 {shown(text)}"


@given(text=st.text(), name=st.text(min_size=1))
def test_a_line_is_always_one_object(text: str, name: str) -> None:
    lines = told("json", lambda log: log.info(text, **{f"x{name}": text})).splitlines()
    with suppress(UnicodeEncodeError):  # lone surrogates cannot be written at all
        "".join(lines).encode()
        assert len(lines) == 1
        assert json.loads(lines[0])


def test_this_test_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Redactor, "text", lambda _, text: text)
    secret = base64.b64encode(bytes(range(100))).decode()
    text = told("json", lambda log: log.info("event", detail=secret))
    assert [piece for piece in pieces(secret) if piece in text]
