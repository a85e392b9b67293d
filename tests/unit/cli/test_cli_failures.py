"""Every failure says what to do next, with commands that exist, and has its exit code."""

import re
from datetime import timedelta
from pathlib import Path

import click
import pytest
from grpc import StatusCode

from applemusic.cli.application import applemusic
from applemusic.cli.exits import Exit
from applemusic.cli.failures import exit_of, failure_of
from applemusic.errors import ConnectError, DeadlineExceededError, reasons
from applemusic.errors.base import AppleMusicError, FieldViolation
from applemusic.errors.from_rpc import error_class
from applemusic.models.reason import ErrorReason

REASONS = [reason.name for reason in ErrorReason if reason is not ErrorReason.UNKNOWN]
DOCS = Path(__file__).parents[3] / "docs" / "terminal.md"
_CLASSES = {
    cls.default_reason: cls
    for cls in vars(reasons).values()
    if isinstance(cls, type) and issubclass(cls, AppleMusicError) and cls.default_reason
}


def error_of(reason: str, **values: object) -> AppleMusicError:
    return _CLASSES[reason]("it happened", reason=reason, **values)  # type: ignore[arg-type] # as they are named


def is_a_command(words: list[str]) -> bool:
    """Whether a command line begins with commands that exist."""
    command: click.Command = applemusic
    for word in words:
        if word.startswith("-") or not isinstance(command, click.Group):
            break
        found = command.get_command(click.Context(command), word)
        if found is None:
            return False
        command = found
    return True


@pytest.mark.parametrize("reason", REASONS)
def test_each_reason_has_a_next_step(reason: str) -> None:
    failure = failure_of(error_of(reason, request_id="r1"), "127.0.0.1:50051")
    assert failure.message == "it happened"
    assert failure.next_step.endswith((".", "?", "s.", "`."))
    assert failure.exit not in {Exit.DONE, Exit.INTERRUPTED}
    assert failure.lines()[-1] == f"  ({reason}, request r1)"
    for line in re.findall(r"`applemusic ([^`]*)`", failure.next_step):
        assert is_a_command(line.split()), line


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        ("RESOURCE_NOT_FOUND", Exit.NOT_FOUND),
        ("LYRICS_NOT_FOUND", Exit.NOT_FOUND),
        ("ACCOUNT_NOT_FOUND", Exit.SIGN_IN),
        ("ACCOUNT_REQUIRED", Exit.SIGN_IN),
        ("MUSIC_USER_TOKEN_REJECTED", Exit.SIGN_IN),
        ("ACCESS_TOKEN_MISSING", Exit.ACCESS),
        ("ACCESS_DENIED", Exit.ACCESS),
        ("SUBSCRIPTION_REQUIRED", Exit.ACT),
        ("WIDEVINE_DEVICE_MISSING", Exit.ACT),
        ("CONTENT_WITHDRAWN", Exit.REFUSED),
        ("CAPABILITY_REFUSED", Exit.REFUSED),
        ("UPSTREAM_THROTTLED", Exit.LATER),
        ("SERVER_DRAINING", Exit.LATER),
        ("INVALID_PAGE_TOKEN", Exit.LATER),
        ("SYNC_TOKEN_INVALID", Exit.ACT),
        ("INVALID_FIELD", Exit.USAGE),
        ("UNSUPPORTED_URL", Exit.USAGE),
        ("INTERNAL", Exit.FAILED),
    ],
)
def test_exit_codes(reason: str, code: Exit) -> None:
    assert exit_of(error_of(reason)) is code


def test_errors_without_a_reason() -> None:
    assert exit_of(DeadlineExceededError("too long")) is Exit.UNREACHABLE
    newer = error_class(StatusCode.UNAVAILABLE, "NEWER_THAN_THIS")("x", reason="NEWER_THAN_THIS")
    assert exit_of(newer) is Exit.LATER


def test_a_server_that_is_not_there() -> None:
    error = ConnectError("cannot reach it")
    error.what = (
        "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: "
        "Failed to connect to remote host: Connection refused"
    )
    failure = failure_of(error, "127.0.0.1:1")
    assert failure.message == (
        "cannot reach 127.0.0.1:1: Failed to connect to remote host: Connection refused."
    )
    assert "--server" in failure.next_step
    assert failure.exit is Exit.UNREACHABLE


def test_what_the_server_says_more() -> None:
    error = error_of("INVALID_FIELD", violations=[FieldViolation("term", "must not be blank")])
    assert failure_of(error, "s").message == "it happened; term: must not be blank"
    wait = failure_of(error_of("UPSTREAM_THROTTLED", retry_after=timedelta(seconds=7.2)), "s")
    assert wait.next_step == "Try again in 8 s."
    record = wait.record()["error"]
    assert record["exit_code"] == Exit.LATER
    assert record["retry_after"] == timedelta(seconds=7.2)


def test_the_table_of_exit_codes_is_that_of_the_docs() -> None:
    rows = dict(re.findall(r"^\| (\d+) \| (.+) \|$", DOCS.read_text("utf-8"), re.MULTILINE))
    assert {int(code) for code in rows} == set(Exit)


@pytest.mark.parametrize(
    ("what", "remedy"),
    [
        ("Failed to create security handshaker", "PEM"),
        ("Failed parsing HTTP/2 (Trying to connect an http1.x server (HTTP status 400))", "50051"),
    ],
)
def test_what_is_wrong_with_a_connection(what: str, remedy: str) -> None:
    error = ConnectError("cannot reach it")
    error.what = what
    next_step = failure_of(error, "127.0.0.1:1").next_step
    assert remedy in next_step
    assert "Is the server running" not in next_step
