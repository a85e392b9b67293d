"""Models: congruent with the contract, and made from any message."""

import ast
import dataclasses
import importlib.resources
import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from applemusic import errors, models
from applemusic.convert import to_model, to_timedelta
from applemusic.models import PartialDate
from applemusic.models.wire_enum import WireEnum
from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    error_reason_pb2,
    favorites_service_pb2,
    library_service_pb2,
    media_pb2,
    options_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)

MODULES = (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    error_reason_pb2,
    favorites_service_pb2,
    library_service_pb2,
    media_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)
NAMES = {
    "PartialDate": "Date",
    "SearchResults": "SearchResponse",
    "LibrarySearchResults": "SearchLibraryResponse",
    "Suggestions": "SearchSuggestionsResponse",
    "SignIn": "BeginSignInResponse",
    "SignInStatus": "WatchSignInResponse",
    "AccountEvent": "WatchAccountsResponse",
    "ServerInfo": "GetServerInfoResponse",
    "Diagnostics": "GetDiagnosticsResponse",
    "Replay": "GetReplayResponse",
    "NextTracks": "NextTracksResponse",
}
ALL = {name: getattr(models, name) for name in models.__all__}
DATACLASSES: dict[str, Any] = {
    name: cls for name, cls in ALL.items() if dataclasses.is_dataclass(cls)
}
ENUMS = {
    name: cls for name, cls in ALL.items() if isinstance(cls, type) and issubclass(cls, WireEnum)
}
MESSAGES: dict[str, Descriptor] = {
    name: message
    for module in MODULES
    for name, message in module.DESCRIPTOR.message_types_by_name.items()
}


def message_of(name: str) -> Descriptor:
    return MESSAGES[NAMES.get(name, name)]


@pytest.mark.parametrize("name", DATACLASSES)
def test_a_model_has_the_fields_of_its_message(name: str) -> None:
    fields = [field.name for field in dataclasses.fields(DATACLASSES[name])]
    assert fields == [field.name for field in message_of(name).fields]


@pytest.mark.parametrize("name", sorted(ENUMS.keys() - {"WireEnum"}))
def test_an_enum_has_the_members_of_the_contract(name: str) -> None:
    wire = next(
        module.DESCRIPTOR.enum_types_by_name[name]
        for module in MODULES
        if name in module.DESCRIPTOR.enum_types_by_name
    )
    prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper() + "_"
    expected = {
        value.name.removeprefix(prefix).replace("UNSPECIFIED", "UNKNOWN"): value.number
        for value in wire.values
    }
    assert {member.name: int(member) for member in ENUMS[name]} == expected
    assert ENUMS[name](4711) is ENUMS[name]["UNKNOWN"]


def test_every_message_that_a_caller_sees_has_a_model() -> None:
    covered = {NAMES.get(name, name) for name in DATACLASSES} | {"AudioChunk"}
    unions = {"Resource", "Track"}
    plain = {name for name in MESSAGES if not name.endswith(("Request", "Response"))}
    assert plain - covered == unions


def unexplained(node: ast.ClassDef) -> list[str]:
    """Names of a class that neither the string after them nor the class's own explains."""
    own = ast.get_docstring(node) or ""
    found = []
    for each, after in pairwise([*node.body, None]):
        if isinstance(each, ast.AnnAssign | ast.Assign):
            name = ast.unparse(each).split("=")[0].split(":")[0].strip()
            told = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
            if not told and f"{name}:" not in own:
                found.append(name)
    return found


def test_every_class_field_and_member_is_explained() -> None:
    folder = Path(str(importlib.resources.files("applemusic.models")))
    trees = [ast.parse(path.read_text("utf-8")) for path in folder.glob("*.py")]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(classes) >= len(DATACLASSES) + len(ENUMS)
    assert [node.name for node in classes if not ast.get_docstring(node)] == []
    assert {node.name: unexplained(node) for node in classes if unexplained(node)} == {}


def test_no_model_shows_a_secret() -> None:
    secret = options_pb2.SENSITIVITY_SECRET
    checked = 0
    for name, cls in DATACLASSES.items():
        shown = {field.name: field.repr for field in dataclasses.fields(cls)}
        for field in message_of(name).fields:
            if field.GetOptions().Extensions[options_pb2.sensitivity] == secret:
                assert not shown[field.name], f"{name}.{field.name}"
                checked += 1
    assert checked == 4


def full(message: Any, depth: int = 3) -> Any:
    """Fill every field of a message with something that is not its default."""
    for field in message.DESCRIPTOR.fields:
        repeated, value = field.is_repeated, getattr(message, field.name)
        if field.type == FieldDescriptor.TYPE_MESSAGE:
            if depth:
                full(value.add() if repeated else value, depth - 1)
                if not repeated:
                    value.SetInParent()
            continue
        given_value: Any = {
            FieldDescriptor.CPPTYPE_STRING: "text",
            FieldDescriptor.CPPTYPE_BOOL: True,
            FieldDescriptor.CPPTYPE_INT32: 7,
            FieldDescriptor.CPPTYPE_INT64: 7,
            FieldDescriptor.CPPTYPE_ENUM: 1,
        }[field.cpp_type]
        if repeated:
            value.append(given_value)
        else:
            setattr(message, field.name, given_value)
    return message


@pytest.mark.parametrize("name", sorted(DATACLASSES.keys() - {"PartialDate", "SyncUpsert"}))
def test_nothing_of_a_message_is_lost(name: str) -> None:
    module = next(m for m in MODULES if NAMES.get(name, name) in m.DESCRIPTOR.message_types_by_name)
    cls = DATACLASSES[name]
    made = to_model(cls, full(getattr(module, NAMES.get(name, name))()))
    for field in dataclasses.fields(cls):
        assert getattr(made, field.name) not in ("", 0, None, (), False), field.name
    bare = to_model(cls, getattr(module, NAMES.get(name, name))())
    for field in dataclasses.fields(cls):
        assert not getattr(bare, field.name), field.name


def test_a_song_as_a_person_expects_it() -> None:
    message = media_pb2.Song(
        id="1",
        duration=Duration(seconds=214, nanos=321_000_000),
        release_date=media_pb2.Date(year=1998, month=5),
        date_added=Timestamp(seconds=1_700_000_000),
        availability=media_pb2.AVAILABILITY_WITHDRAWN,
        artists=[media_pb2.ResourceRef(type=media_pb2.RESOURCE_TYPE_ARTIST, id="9", name="A")],
        audio_variants=[99],  # type: ignore[list-item]  # of a later version
    )
    song = to_model(models.Song, message)
    assert song.duration == timedelta(minutes=3, seconds=34, milliseconds=321)
    assert song.release_date == PartialDate(1998, 5)
    assert str(song.release_date) == "1998-05"
    assert song.release_date.to_date() == date(1998, 5, 1)
    assert song.date_added == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert str(song.availability) == "withdrawn"
    assert song.artists == (models.ResourceRef(models.ResourceType.ARTIST, "9", "A"),)
    assert song.audio_variants == (models.AudioVariant.UNKNOWN,)
    assert song.album is None
    assert hash(song) == hash(to_model(models.Song, message))


def test_impossible_times_are_the_servers_fault() -> None:
    message = media_pb2.Song(date_added=Timestamp(seconds=1 << 60))
    with pytest.raises(errors.ProtocolError):
        to_model(models.Song, message)
    assert to_timedelta(Duration(seconds=-(1 << 62))) == timedelta.min


@given(st.binary(max_size=300))
def test_any_message_becomes_a_model_or_our_error(raw: bytes) -> None:
    message = media_pb2.Song()
    try:
        message.ParseFromString(raw)
    except DecodeError:
        return
    try:
        song = to_model(models.Song, message)
    except errors.ProtocolError:
        return
    assert song.id == message.id
