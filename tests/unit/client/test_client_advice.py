"""What a player does about each reason: the client says what the documentation says."""

import re
from pathlib import Path

import grpc
import pytest
from grpc import StatusCode

from applemusic import errors
from applemusic.errors import Advice
from applemusic.errors.from_rpc import error_class
from applemusic.v1 import error_reason_pb2

PAGE = Path(__file__).parents[3] / "docs" / "errors.md"
REASONS = [
    value.name.removeprefix("ERROR_REASON_")
    for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values
    if value.number
]


def documented() -> dict[str, Advice]:
    """The advice for each reason by the table; a reason that is there twice would be found."""
    found: dict[str, Advice] = {}
    section = PAGE.read_text("utf-8").partition("## What a player does")[2].partition("\n## ")[0]
    for advice, cell in re.findall(r"^\| `(\w+)` \| (.+?) \|", section, re.MULTILINE):
        for reason in re.findall(r"`(\w+)`", cell):
            assert reason not in found, reason
            found[reason] = Advice[advice]
    return found


def codes() -> dict[str, StatusCode]:
    text = PAGE.read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([A-Z_]+) \|", text, re.MULTILINE)
    return {reason: StatusCode[code] for reason, code in rows if code in StatusCode.__members__}


def test_every_reason_has_its_advice_and_every_advice_a_reason() -> None:
    assert set(documented()) == set(REASONS)
    assert set(documented().values()) == set(Advice)


@pytest.mark.parametrize("reason", REASONS)
def test_the_client_advises_what_is_documented(reason: str) -> None:
    code = codes()[reason]
    error = error_class(code, reason)("it failed", code=code, reason=reason)
    assert error.advice is documented()[reason]


@pytest.mark.parametrize("reason", REASONS)
def test_a_reason_that_is_safe_to_retry_is_never_one_to_give_up(reason: str) -> None:
    if codes()[reason] is StatusCode.UNAVAILABLE:
        assert documented()[reason] is Advice.RETRY


@pytest.mark.parametrize("code", [each for each in StatusCode if each is not StatusCode.OK])
def test_a_reason_that_nobody_knows_yet_is_judged_by_its_code(code: grpc.StatusCode) -> None:
    error = error_class(code, "FROM_THE_FUTURE")("it failed", code=code, reason="FROM_THE_FUTURE")
    assert (error.advice is Advice.RETRY) == (
        code
        in {StatusCode.UNAVAILABLE, StatusCode.RESOURCE_EXHAUSTED, StatusCode.DEADLINE_EXCEEDED}
    )
    assert isinstance(error.advice, Advice)


def test_what_the_client_itself_finds() -> None:
    assert errors.ConnectError("away").advice is Advice.RETRY
    assert errors.IncompleteStreamError("cut").advice is Advice.RETRY
    assert errors.ProtocolError("two headers").advice is Advice.REPORT


def test_no_account_is_a_sign_in_and_several_are_a_request_that_names_none() -> None:
    nobody = errors.AccountRequiredError("none", metadata={"accounts": "0"})
    assert nobody.advice is Advice.SIGN_IN
    several = errors.AccountRequiredError("name one", metadata={"accounts": "2"})
    assert several.advice is Advice.REPORT
