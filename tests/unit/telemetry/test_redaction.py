"""What never gets into the log, whoever writes it."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_server.telemetry.logging import open_log
from applemusic_server.telemetry.redaction import Redactor

JWT = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJURUFNIn0.c2lnbmF0dXJlLWNhbmFyeQ"
USER_TOKEN = "AuCANARY+" + "b3" * 100 + "=="
KEY = "00112233445566778899aabbccddeeff"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        (f"token {JWT} was used", "c2lnbmF0dXJl"),
        (f"cut {JWT[:30]}", JWT[:30]),
        (f"Music-User-Token: {USER_TOKEN}", "CANARY"),
        ("media-user-token=canary-short; path=/", "canary-short"),
        ("{'Authorization': 'Bearer canary'}", "canary"),
        ("Authorization: Bearer canary", "canary"),
        ('"X-Apple-Music-User-Token": "canary"', "canary"),
        ("GET https://cdn.example/a/b.mp4?accessKey=canary&x=1 failed", "canary"),
        ("open http://127.0.0.1:8780/sign-in#canary-x in a browser", "canary"),
        ("open https://music.example/apple/sign-in#canary", "canary"),
        (f"key {KEY}", KEY),
        (f"something {USER_TOKEN}", "CANARY"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    cleaned = Redactor().text(text)

    assert hidden not in cleaned
    assert "***" in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "GET https://api.music.apple.com/v1/catalog/us/songs/1440857781",
        "call failed: RESOURCE_NOT_FOUND",
        "request 629f1055b6b74194",
        "pl.u-aZb0kd4sJBm6Xx",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redactor().text(text) == text


def test_fields_are_hidden_by_name_at_any_depth() -> None:
    event = {
        "event": "x",
        "Music-User-Token": "canary",
        "headers": [{"authorization": "canary"}, {"accept": "json"}],
        "sign_in_id": "canary",
        "body": b"canary",
        "developer_token": "",
    }

    cleaned = Redactor(["sign_in_id"])(None, "info", event)

    assert "canary" not in str(cleaned)
    assert cleaned["headers"][1] == {"accept": "json"}
    assert cleaned["body"] == "6 bytes"
    assert cleaned["developer_token"] == ""


def test_numbers_and_nothing_stay_as_they_are() -> None:
    assert Redactor()(None, "", {"a": 1, "b": None, "c": True}) == {"a": 1, "b": None, "c": True}


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=50) | st.binary(max_size=10),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=20,
    )
)
def test_anything_can_be_logged(value: object) -> None:
    json.dumps(Redactor()(None, "info", {"event": value}))


def lines(output: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.getvalue().splitlines()]


def test_tracebacks_are_redacted_too() -> None:
    output = io.StringIO()
    log = open_log(output, form="json", level="info", redactor=Redactor())
    try:
        int(f"https://cdn.example/a?sig=canary {JWT}")
    except ValueError as error:
        log.error("defect", exc_info=error)  # noqa: TRY400 - the processor is what is tested

    (line,) = lines(output)
    assert "ValueError" in str(line["exception"])
    assert "canary" not in output.getvalue()
    assert "eyJ" not in output.getvalue()


def test_libraries_write_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.StringIO()
    with monkeypatch.context() as patch:
        # Not to pytest's own handlers: what it captures is searched for tokens.
        patch.setattr(logging.getLogger(), "handlers", [])
        open_log(output, form="json", level="info", redactor=Redactor())
        library = logging.getLogger("some.library")

        library.warning("saw %s", f"Bearer {JWT}")
        logging.getLogger("sqlalchemy.engine").info("SELECT canary")

    (line,) = lines(output)
    assert line["logger"] == "some.library"
    assert line["level"] == "warning"
    assert "eyJ" not in output.getvalue()


def test_one_event_is_one_line_whatever_is_in_it() -> None:
    output = io.StringIO()
    log = open_log(output, form="json", level="info", redactor=Redactor())

    log.info("a\r\nb", name='x"}\n{"event": "forged"')

    assert len(lines(output)) == 1


def test_the_console_form_and_levels() -> None:
    output = io.StringIO()
    log = open_log(output, form="console", level="warning", redactor=Redactor())

    log.info("quiet")
    log.warning("loud", song_id="1")

    assert "loud" in output.getvalue()
    assert "quiet" not in output.getvalue()
    assert "song_id" in output.getvalue()


def test_two_logs_do_not_double_library_lines() -> None:
    first, second = io.StringIO(), io.StringIO()
    open_log(first, form="json", level="info", redactor=Redactor())
    open_log(second, form="auto", level="info", redactor=Redactor())

    logging.getLogger("some.library").warning("once")

    assert first.getvalue() == ""
    assert len(lines(second)) == 1
