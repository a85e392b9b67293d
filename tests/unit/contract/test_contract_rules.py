"""Rules of the contract that buf does not know."""

import importlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from google.protobuf.descriptor import FieldDescriptor, MethodDescriptor, ServiceDescriptor

from applemusic.v1 import error_reason_pb2, options_pb2

ROOT = Path(__file__).resolve().parents[3]
PROTOS = sorted((ROOT / "proto" / "applemusic" / "v1").glob("*.proto"))
SERVICE_FILES = [path.stem for path in PROTOS if path.stem.endswith("_service")]
REPEATED = FieldDescriptor.LABEL_REPEATED
LISTED_WITHOUT_PAGES = {
    "PrepareAudio",
    "ListPreparedAudio",  # bounded by the few songs that can be prepared
}
UNARY_WITHOUT_RETRY = {
    # Each call opens another sign-in, ends one, or renews: a retry is not the same call.
    "AuthService/BeginSignIn",
    "AuthService/CancelSignIn",
    "AuthService/RenewMusicUserToken",
    # Safe only with a `request_id`, which the caller may have left out.
    "LibraryService/AddPlaylistTracks",
    "LibraryService/CreatePlaylist",
    "LibraryService/CreatePlaylistFolder",
    # Positions mean something else once the first try has gone through.
    "LibraryService/MovePlaylistTracks",
    "LibraryService/RemovePlaylistTracks",
}


def services() -> Iterator[ServiceDescriptor]:
    for stem in SERVICE_FILES:
        module = importlib.import_module(f"applemusic.v1.{stem}_pb2")
        yield from module.DESCRIPTOR.services_by_name.values()


METHODS = [method for service in services() for method in service.methods]
NAMES = [f"{method.containing_service.name}/{method.name}" for method in METHODS]


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_every_rpc_declares_the_scope_it_needs(method: MethodDescriptor) -> None:
    scope = method.GetOptions().Extensions[options_pb2.required_scope]
    assert scope != options_pb2.SCOPE_UNSPECIFIED


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_lists_are_paged_the_same_way_everywhere(method: MethodDescriptor) -> None:
    if not method.name.startswith("List") or method.name in LISTED_WITHOUT_PAGES:
        return
    request, response = method.input_type, method.output_type
    assert request.fields_by_name["page_size"].type == FieldDescriptor.TYPE_INT32
    assert request.fields_by_name["page_token"].type == FieldDescriptor.TYPE_STRING
    assert response.fields_by_name["next_page_token"].type == FieldDescriptor.TYPE_STRING
    assert response.fields_by_number[1].is_repeated, "the items are field 1"


@pytest.mark.parametrize("method", METHODS, ids=NAMES)
def test_an_rpc_for_a_listener_names_the_account_first(method: MethodDescriptor) -> None:
    account = method.input_type.fields_by_name.get("account")
    if account is not None:
        assert account.number == 1


def test_every_field_that_holds_a_secret_is_marked() -> None:
    secret_names = re.compile(r"(music_user_token|sign_in_id|user_code|password|private_key)$")
    seen = 0
    for stem in {path.stem for path in PROTOS}:
        module = importlib.import_module(f"applemusic.v1.{stem}_pb2")
        for message in module.DESCRIPTOR.message_types_by_name.values():
            for field in message.fields:
                if not secret_names.search(field.name) or field.type != field.TYPE_STRING:
                    continue
                seen += 1
                mark = field.GetOptions().Extensions[options_pb2.sensitivity]
                assert mark == options_pb2.SENSITIVITY_SECRET, field.full_name
    assert seen >= 5


def test_the_service_config_names_every_unary_rpc_that_may_be_retried() -> None:
    text = (ROOT / "proto" / "service_config.json").read_text()
    by_method: dict[str, bool] = {}
    by_service: dict[str, bool] = {}
    known = set(NAMES)
    for entry in json.loads(text)["methodConfig"]:
        for name in entry["name"]:
            service = name["service"].removeprefix("applemusic.v1.")
            if "method" in name:
                methods, chosen = {f"{service}/{name['method']}"}, by_method
            else:
                methods, chosen = {n for n in known if n.split("/")[0] == service}, by_service
            assert methods, name
            assert methods <= known
            chosen.update(dict.fromkeys(methods, "retryPolicy" in entry))
            if "retryPolicy" in entry:
                assert entry["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"]
    retried = {name for name, retry in (by_service | by_method).items() if retry}
    unary = {
        name
        for name, method in zip(NAMES, METHODS, strict=True)
        if not method.server_streaming and not method.client_streaming
    }
    assert unary - retried == UNARY_WITHOUT_RETRY


def test_every_reason_says_its_status_code_and_what_to_do() -> None:
    source = (ROOT / "proto" / "applemusic" / "v1" / "error_reason.proto").read_text()
    codes = (
        "INVALID_ARGUMENT|UNIMPLEMENTED|UNAUTHENTICATED|PERMISSION_DENIED|FAILED_PRECONDITION|"
        "NOT_FOUND|OUT_OF_RANGE|RESOURCE_EXHAUSTED with RetryInfo|DATA_LOSS|ABORTED|"
        "UNAVAILABLE(?: with RetryInfo)?|INTERNAL"
    )
    documented = set(
        re.findall(
            rf"// (?:{codes})\. [^\n]+(?:\n  // [^\n]+)*\n  (ERROR_REASON_[A-Z_]+) = \d+;", source
        )
    )
    declared = set(error_reason_pb2.ErrorReason.keys()) - {"ERROR_REASON_UNSPECIFIED"}
    assert declared == documented
