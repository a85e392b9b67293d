"""The contract as the reference shows it: services, messages and enums with their comments."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from textwrap import dedent

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)
from grpc_tools import protoc

from applemusic.v1 import options_pb2

PACKAGE = "applemusic.v1"
_WELL_KNOWN = "google.protobuf."
# Numbers of fields in descriptor.proto, of which the paths of comments are made.
_FILE_MESSAGE, _FILE_ENUM, _FILE_SERVICE = 4, 5, 6
_MESSAGE_FIELD, _MESSAGE_ONEOF, _ENUM_VALUE, _SERVICE_METHOD = 2, 8, 2, 2

Path_ = tuple[int, ...]


@dataclass(frozen=True)
class Field:
    """A field of a message.

    Attributes:
        type: As it is shown, without the package: `string`, `Song`, `Duration`.
        label: `repeated`, `optional` or nothing.
        oneof: Name of the group of which at most one is set; empty for none.
        sensitivity: `personal` or `secret`; empty for what may be logged.
    """

    name: str
    number: int
    type: str
    label: str
    oneof: str
    sensitivity: str
    comment: str


@dataclass(frozen=True)
class Message:
    """A message; `oneofs` are the comments of its groups by name."""

    name: str
    comment: str
    fields: tuple[Field, ...]
    oneofs: Mapping[str, str]


@dataclass(frozen=True)
class Value:
    """A value of an enum."""

    name: str
    number: int
    comment: str


@dataclass(frozen=True)
class Enum:
    """An enum."""

    name: str
    comment: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Rpc:
    """An RPC with the two messages that are its own. `scope` is `read`, `control`, ..."""

    service: str
    name: str
    comment: str
    request: Message
    response: Message
    streams: bool
    scope: str

    @property
    def key(self) -> str:
        """`Service/Name`, as it is called."""
        return f"{self.service}/{self.name}"

    @property
    def summary(self) -> str:
        """The first sentence of its comment."""
        return first_sentence(self.comment)


@dataclass(frozen=True)
class Service:
    """A service, with what else is declared in its file."""

    name: str
    comment: str
    rpcs: tuple[Rpc, ...]
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]

    @property
    def page(self) -> str:
        """Name of its page: `catalog`."""
        return self.name.removesuffix("Service").lower()

    @property
    def summary(self) -> str:
        """The first sentence of its comment."""
        return first_sentence(self.comment)


@dataclass(frozen=True)
class Contract:
    """Everything: services, and the messages and enums that they share."""

    services: tuple[Service, ...]
    messages: tuple[Message, ...]
    enums: tuple[Enum, ...]

    @cached_property
    def rpcs(self) -> tuple[Rpc, ...]:
        """All RPCs, service by service."""
        return tuple(rpc for service in self.services for rpc in service.rpcs)


def first_sentence(comment: str) -> str:
    """The first sentence of a comment, in one line."""
    line = " ".join(comment.partition("\n\n")[0].split())
    end = line.find(". ")
    return line if end < 0 else line[: end + 1]


def read_contract(proto: Path) -> Contract:
    """Compile the sources below a folder with their comments.

    Raises:
        SystemExit: They do not compile.
    """
    files = [_File(each) for each in _compiled(proto).file if each.package == PACKAGE]
    services = [service for file in files for service in file.services()]
    shared = [file for file in files if not file.proto.service]
    return Contract(
        services=tuple(services),
        messages=tuple(each for file in shared for each in file.messages.values()),
        enums=tuple(each for file in shared for each in file.enums()),
    )


def _compiled(proto: Path) -> FileDescriptorSet:
    sources = sorted(path.relative_to(proto).as_posix() for path in proto.rglob("*.proto"))
    well_known = resources.files("grpc_tools") / "_proto"
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "set.binpb"
        status = protoc.main(
            [
                *("protoc", f"--proto_path={proto}", f"--proto_path={well_known}"),
                *("--include_source_info", f"--descriptor_set_out={output}", *sources),
            ]
        )
        if status != 0:
            raise SystemExit(status)
        return FileDescriptorSet.FromString(output.read_bytes())


class _File:
    """One source file."""

    def __init__(self, proto: FileDescriptorProto) -> None:
        self.proto = proto
        self._comments = {
            tuple(each.path): _plain(each.leading_comments)
            for each in proto.source_code_info.location
        }
        self.messages = {
            message.name: self._message(message, (_FILE_MESSAGE, index))
            for index, message in enumerate(proto.message_type)
        }

    def services(self) -> Iterator[Service]:
        """The services, each with the messages of the file that belong to no RPC."""
        for index, service in enumerate(self.proto.service):
            rpcs = tuple(self._rpcs(service, (_FILE_SERVICE, index)))
            own = {message.name for rpc in rpcs for message in (rpc.request, rpc.response)}
            others = (each for name, each in self.messages.items() if name not in own)
            comment = self._comments[_FILE_SERVICE, index]
            yield Service(service.name, comment, rpcs, tuple(others), tuple(self.enums()))

    def enums(self) -> Iterator[Enum]:
        """The enums of the file."""
        for index, enum in enumerate(self.proto.enum_type):
            path = (_FILE_ENUM, index)
            yield Enum(enum.name, self._comments[path], tuple(self._values(enum, path)))

    def _rpcs(self, service: ServiceDescriptorProto, path: Path_) -> Iterator[Rpc]:
        for index, method in enumerate(service.method):
            scope = method.options.Extensions[options_pb2.required_scope]
            yield Rpc(
                service=service.name,
                name=method.name,
                comment=self._comments[*path, _SERVICE_METHOD, index],
                request=self.messages[_local(method.input_type)],
                response=self.messages[_local(method.output_type)],
                streams=method.server_streaming,
                scope=options_pb2.Scope.Name(scope).removeprefix("SCOPE_").lower(),
            )

    def _values(self, enum: EnumDescriptorProto, path: Path_) -> Iterator[Value]:
        for index, value in enumerate(enum.value):
            yield Value(value.name, value.number, self._comments[*path, _ENUM_VALUE, index])

    def _message(self, message: DescriptorProto, path: Path_) -> Message:
        if message.nested_type or message.enum_type:
            raise SystemExit(f"{message.name} nests types, which the reference does not show")
        oneofs = {
            oneof.name: self._comments.get((*path, _MESSAGE_ONEOF, index), "")
            for index, oneof in enumerate(message.oneof_decl)
            if not oneof.name.startswith("_")  # made by the compiler for `optional`
        }
        fields = tuple(
            self._field(field, message, self._comments[*path, _MESSAGE_FIELD, index])
            for index, field in enumerate(message.field)
        )
        return Message(message.name, self._comments[path], fields, oneofs)

    def _field(self, field: FieldDescriptorProto, message: DescriptorProto, comment: str) -> Field:
        label = "repeated" if field.label == field.LABEL_REPEATED else ""
        in_oneof = field.HasField("oneof_index") and not field.proto3_optional
        sensitivity = options_pb2.Sensitivity.Name(
            field.options.Extensions[options_pb2.sensitivity]
        )
        return Field(
            name=field.name,
            number=field.number,
            type=_local(field.type_name) or field.Type.Name(field.type)[len("TYPE_") :].lower(),
            label="optional" if field.proto3_optional else label,
            oneof=message.oneof_decl[field.oneof_index].name if in_oneof else "",
            sensitivity=_said(sensitivity.removeprefix("SENSITIVITY_")),
            comment=comment,
        )


def _said(sensitivity: str) -> str:
    return "" if sensitivity == "UNSPECIFIED" else sensitivity.lower()


def _local(full_name: str) -> str:
    """The name without its package: `.applemusic.v1.Song` is `Song`."""
    return full_name.rpartition(".")[2]


def _plain(comment: str) -> str:
    """A comment as Markdown: protoc leaves the blank behind each `//`."""
    lines = (line.removeprefix(" ") for line in comment.split("\n"))
    return dedent("\n".join(lines)).strip("\n")
