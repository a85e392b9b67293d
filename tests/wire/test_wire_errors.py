"""The translator, and that contract, code and documentation say the same of every reason."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from applemusic.v1 import error_reason_pb2
from applemusic_server.domain import errors
from applemusic_server.domain.errors import (
    AppleMusicError,
    FieldViolation,
    HelpLink,
    InvalidArgumentError,
    Reason,
    ResourceExhaustedError,
    UnavailableError,
)
from applemusic_server.wire.errors import CODES, code_of, to_status

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| `(?P<reason>\w+)` \| (?P<code>\w+) \| (?P<rest>.+) \|$", re.MULTILINE)


def documented() -> dict[str, tuple[str, list[str]]]:
    text = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return {
        match["reason"]: (match["code"], [cell.strip() for cell in match["rest"].split("|")])
        for match in ROW.finditer(text)
    }


def commented() -> dict[str, str]:
    """Return the code that the comment of each reason in the contract begins with."""
    text = (ROOT / "proto/applemusic/v1/error_reason.proto").read_text(encoding="utf-8")
    found = re.findall(
        r"// ([A-Z_]+)(?: with RetryInfo)?\. [^\n]*\n(?:  //[^\n]*\n)*  ERROR_REASON_(\w+) =", text
    )
    return {reason: code for code, reason in found}


def raised() -> dict[str, set[str]]:
    """Return the classes that the server's code makes with each reason."""
    found: dict[str, set[str]] = {}
    names = {kind.__name__ for kind in CODES}
    for path in (ROOT / "server" / "applemusic_server").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Name(id=name),
                    args=[ast.Attribute(value=ast.Name(id="Reason"), attr=reason), *_],
                ) if name in names:
                    found.setdefault(reason, set()).add(name)
    return found


def test_reasons_are_those_of_the_contract_in_its_order() -> None:
    contract = [
        name.removeprefix("ERROR_REASON_") for name in list(error_reason_pb2.ErrorReason.keys())
    ]

    assert [reason.value for reason in Reason] == contract[1:]


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_is_documented_with_the_contract_s_code(reason: Reason) -> None:
    code, (meaning, _, advice) = documented()[reason.value]

    assert code == commented()[reason.value]
    assert code in grpc.StatusCode.__members__
    assert meaning
    assert advice


def test_the_code_raises_each_reason_as_documented() -> None:
    codes = {kind.__name__: code.name for kind, code in CODES.items()}
    table = documented()
    made = raised()

    assert len(made) > 20
    for reason, kinds in made.items():
        assert {codes[kind] for kind in kinds} == {table[reason][0]}, reason


def test_every_class_has_a_code_of_its_own() -> None:
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, AppleMusicError)
        and kind is not AppleMusicError
    ]

    assert set(kinds) == set(CODES)
    assert len(set(CODES.values())) == len(CODES)


def test_a_subclass_has_the_code_of_its_base() -> None:
    class SpecialError(UnavailableError):
        """Some day."""

    assert code_of(SpecialError(Reason.UPSTREAM_TIMEOUT, "")) is grpc.StatusCode.UNAVAILABLE
    assert code_of(AppleMusicError(Reason.INTERNAL, "")) is grpc.StatusCode.INTERNAL


def details(error: AppleMusicError) -> status_pb2.Status:
    ((_, packed),) = to_status(error).trailing_metadata
    status = status_pb2.Status()
    status.ParseFromString(packed)
    return status


def test_help_and_violations_are_sent() -> None:
    status = details(
        InvalidArgumentError(
            Reason.INVALID_FIELD,
            "bad",
            violations=[FieldViolation("a[1]", "no")],
            links=[HelpLink("How to", "https://example.org")],
        )
    )

    bad, link = error_details_pb2.BadRequest(), error_details_pb2.Help()
    assert status.details[1].Unpack(bad)
    assert status.details[2].Unpack(link)
    assert bad.field_violations[0].field == "a[1]"
    assert link.links[0].url == "https://example.org"


@pytest.mark.parametrize("given", [None, timedelta(seconds=3)])
def test_what_is_exhausted_always_says_when_to_retry(given: timedelta | None) -> None:
    status = details(ResourceExhaustedError(Reason.SERVER_BUSY, "full", retry_after=given))

    retry = error_details_pb2.RetryInfo()
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.seconds == (3 if given else 1)


@pytest.mark.parametrize("reason", [Reason.UPSTREAM_UNAVAILABLE, Reason.UPSTREAM_TIMEOUT])
def test_what_was_tried_with_apple_already_says_when_to_retry_and_stops_grpc_s_own(
    reason: Reason,
) -> None:
    error = UnavailableError(reason, "no answer")

    retry = error_details_pb2.RetryInfo()
    status = status_pb2.Status()
    trailing = dict(to_status(error).trailing_metadata)
    packed = trailing["grpc-status-details-bin"]
    assert isinstance(packed, bytes)
    status.ParseFromString(packed)
    assert status.details[1].Unpack(retry)
    assert retry.retry_delay.seconds == 2
    assert trailing["grpc-retry-pushback-ms"] == "-1"


@pytest.mark.parametrize(
    "error",
    [
        UnavailableError(Reason.SERVER_DRAINING, "going down"),
        UnavailableError(Reason.STORAGE_UNAVAILABLE, "locked"),
        UnavailableError(Reason.UPSTREAM_UNAVAILABLE, "renewed", retry_after=timedelta(0)),
    ],
)
def test_what_a_second_call_mends_is_left_to_grpc(error: UnavailableError) -> None:
    assert "grpc-retry-pushback-ms" not in dict(to_status(error).trailing_metadata)


def test_details_stay_small_whatever_is_in_the_error() -> None:
    error = InvalidArgumentError(
        Reason.INVALID_FIELD,
        "x" * 100_000,
        metadata={"field": "y" * 100_000},
        violations=[FieldViolation("z" * 1000, "w" * 1000)] * 1000,
    )
    status = to_status(error)

    assert len(status.details) <= 240
    assert sum(len(value) for _, value in status.trailing_metadata) < 6_000
