"""The services of the contract, as their descriptors tell them."""

import re
from collections.abc import Iterator
from typing import Final

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    options_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)

PACKAGE: Final = "applemusic.v1"

SERVICES: Final[tuple[ServiceDescriptor, ...]] = tuple(
    service
    for module in (
        audio_service_pb2,
        auth_service_pb2,
        catalog_service_pb2,
        favorites_service_pb2,
        library_service_pb2,
        radio_service_pb2,
        recommendation_service_pb2,
        server_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
)

_WORD_START = re.compile(r"(?<!^)(?=[A-Z])")


def methods() -> Iterator[MethodDescriptor]:
    """Yield every RPC of the contract."""
    for service in SERVICES:
        yield from service.methods


def path_of(method: MethodDescriptor) -> str:
    """Return the path of an RPC on the wire, e.g. `/applemusic.v1.AudioService/AudioStream`."""
    return f"/{method.containing_service.full_name}/{method.name}"


def python_name(method: MethodDescriptor) -> str:
    """Return the name of the function that serves an RPC, e.g. `audio_stream`."""
    return _WORD_START.sub("_", method.name).lower()


def required_scope(method: MethodDescriptor) -> int:
    """Return the declared scope of an RPC; SCOPE_UNSPECIFIED when it declares none."""
    return int(method.GetOptions().Extensions[options_pb2.required_scope])
