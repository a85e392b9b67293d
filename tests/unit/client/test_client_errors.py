"""Errors: one class per reason, made from real statuses."""

import pickle
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2
from grpc import aio
from hypothesis import given
from hypothesis import strategies as st

from applemusic import Client, ClientConfig, ErrorReason, errors
from applemusic.config import Backoff
from applemusic.errors.from_rpc import error_class, error_from_rpc
from applemusic.v1 import catalog_service_pb2 as catalog
from applemusic.v1 import error_reason_pb2

PROTO = Path(__file__).parents[3] / "proto/applemusic/v1/error_reason.proto"
REASONS = {
    value.name.removeprefix("ERROR_REASON_"): value.number
    for value in error_reason_pb2.ErrorReason.DESCRIPTOR.values
    if value.number
}
QUICK = ClientConfig(backoff=Backoff(attempts=0))


def documented_codes() -> dict[str, grpc.StatusCode]:
    found = re.findall(
        r"^  // ([A-Z_]+)(?: with RetryInfo)?\.(?:(?!\n  ERROR).)*\n  ERROR_REASON_(\w+) =",
        PROTO.read_text("utf-8"),
        re.MULTILINE | re.DOTALL,
    )
    return {reason: grpc.StatusCode[code] for code, reason in found}


def test_every_reason_of_the_contract_is_documented_with_its_code() -> None:
    assert set(documented_codes()) == set(REASONS)


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_has_a_class_of_its_own_under_its_code(reason: str) -> None:
    code = documented_codes()[reason]
    cls = error_class(code, reason)
    assert cls.default_reason == reason
    assert cls.default_code is code
    assert cls.__name__ in errors.__all__
    assert getattr(errors, cls.__name__) is cls
    assert ErrorReason[reason] == REASONS[reason]


def test_every_status_code_but_ok_has_a_base() -> None:
    bases = {error_class(code, "") for code in grpc.StatusCode if code is not grpc.StatusCode.OK}
    assert len(bases) == len(grpc.StatusCode) - 1
    assert all(errors.AppleMusicError in base.__bases__ for base in bases)


def test_the_tree_in_the_docstring_names_every_class() -> None:
    for name in errors.__all__:
        if issubclass(getattr(errors, name), Exception):
            assert re.search(rf"\b{name}\b", errors.__doc__ or ""), name


async def test_each_reason_arrives_through_a_real_call(serve: Any, fail: Any) -> None:
    codes = documented_codes()

    async def get_song(request: catalog.GetSongRequest, context: Any) -> None:
        await fail(context, codes[request.id], request.id, metadata={"id": "17"})

    target = await serve({"CatalogService.GetSong": get_song})
    # Raw retries of UNAVAILABLE would take seconds here: they are grpc's, not ours.
    async with Client(target, config=QUICK) as music:
        for reason, code in codes.items():
            if code is grpc.StatusCode.UNAVAILABLE:
                continue
            with pytest.raises(errors.AppleMusicError) as caught:
                await music.catalog.get_song(reason)
            assert type(caught.value) is error_class(code, reason)
            assert caught.value.reason == reason
            assert caught.value.code is code
            assert caught.value.metadata == {"id": "17"}
            assert str(caught.value) == f"{reason}: it failed"


async def test_all_details_are_kept(serve: Any, fail: Any) -> None:
    async def get_song(_: catalog.GetSongRequest, context: Any) -> None:
        violation = error_details_pb2.BadRequest.FieldViolation(field="id", description="digits")
        link = error_details_pb2.Help.Link(description="ids", url="https://example.test/ids")
        await fail(
            context,
            grpc.StatusCode.INVALID_ARGUMENT,
            "INVALID_FIELD",
            details=(
                error_details_pb2.BadRequest(field_violations=[violation]),
                error_details_pb2.RetryInfo(retry_delay=Duration(seconds=2, nanos=500_000_000)),
                error_details_pb2.Help(links=[link]),
                error_details_pb2.RequestInfo(request_id="r-1"),
            ),
        )

    target = await serve({"CatalogService.GetSong": get_song})
    async with Client(target) as music:
        with pytest.raises(errors.InvalidFieldError) as caught:
            await music.catalog.get_song("x")
    error = caught.value
    assert error.violations == (errors.FieldViolation("id", "digits"),)
    assert error.retry_after == timedelta(seconds=2.5)
    assert error.links == (errors.HelpLink("ids", "https://example.test/ids"),)
    assert error.request_id == "r-1"
    assert str(error) == "INVALID_FIELD: it failed; id: digits (request r-1)"
    assert isinstance(error.__cause__, aio.AioRpcError)


@pytest.mark.parametrize(
    ("code", "info", "expected"),
    [
        ("NOT_FOUND", ("SOMETHING_NEW", "applemusic.v1"), (errors.NotFoundError, "SOMETHING_NEW")),
        ("NOT_FOUND", ("RESOURCE_NOT_FOUND", "proxy.test"), (errors.NotFoundError, "")),
        ("ABORTED", ("ACCESS_DENIED", "applemusic.v1"), (errors.AbortedError, "ACCESS_DENIED")),
        ("CANCELLED", ("NEW", "applemusic.v1"), (errors.CallCancelledError, "NEW")),
        ("CANCELLED", ("", ""), (errors.ConnectError, "")),
        ("ALREADY_EXISTS", ("", ""), (errors.AlreadyExistsError, "")),
        ("UNKNOWN", ("", ""), (errors.UnknownStatusError, "")),
        ("DEADLINE_EXCEEDED", ("", ""), (TimeoutError, "")),
    ],
)
async def test_what_is_not_known_becomes_the_class_of_its_code(
    serve: Any, fail: Any, code: str, info: tuple[str, str], expected: tuple[type, str]
) -> None:
    async def get_song(_: catalog.GetSongRequest, context: Any) -> None:
        await fail(context, grpc.StatusCode[code], info[0], domain=info[1])

    target = await serve({"CatalogService.GetSong": get_song})
    async with Client(target) as music:
        with pytest.raises(errors.AppleMusicError) as caught:
            await music.catalog.get_song("1")
    assert isinstance(caught.value, expected[0])
    assert caught.value.reason == expected[1]


@given(st.binary(max_size=200), st.sampled_from(list(grpc.StatusCode)[1:]))
def test_damaged_details_never_hide_the_error(raw: bytes, code: grpc.StatusCode) -> None:
    trailing = aio.Metadata(("grpc-status-details-bin", raw))
    error = error_from_rpc(aio.AioRpcError(code, aio.Metadata(), trailing, "no"), "here:1")
    assert error.code is code


def test_errors_survive_pickling() -> None:
    error = errors.ResourceNotFoundError("gone", metadata={"id": "1"}, request_id="r")
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is errors.ResourceNotFoundError
    assert (str(again), again.metadata) == (str(error), error.metadata)


def test_what_a_message_says_already_is_not_said_again() -> None:
    violations = (errors.FieldViolation("id", "digits"), errors.FieldViolation("ids", "too many"))
    error = errors.InvalidArgumentError("id: digits", violations=violations)
    assert str(error) == "INVALID_ARGUMENT: id: digits; ids: too many"


@pytest.mark.parametrize(
    ("what", "advice"),
    [
        ("Failed to connect to remote host: Connection refused", "applemusic-server serve"),
        ("failed to connect to all addresses; last error: Socket closed", "cert_file"),
        ("Tls handshake failed: CERTIFICATE_VERIFY_FAILED: unable to get", "ca_file"),
        ("Custom verification check failed: Hostname Verification Check failed.", "server_name"),
        ("Tls handshake failed: WRONG_VERSION_NUMBER", "speaks no TLS"),
        ("Socket closed", "Is the server running"),  # in mid-call
    ],
)
def test_what_to_do_fits_what_went_wrong(what: str, advice: str) -> None:
    lost = aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, aio.Metadata(), aio.Metadata(), details=what
    )
    error = error_from_rpc(lost, "music:50051")
    assert isinstance(error, errors.ConnectError)
    assert error.what == what
    assert error.message.startswith(f"cannot reach music:50051: {what.rstrip('.')}. ")
    assert advice in error.message
