"""Server reflection, in both versions that tools ask for."""

from collections.abc import Sequence
from typing import Final

import grpc
from grpc_reflection.v1alpha import reflection
from grpc_reflection.v1alpha.reflection_pb2 import (
    ServerReflectionRequest,
    ServerReflectionResponse,
)

# v1 has v1alpha's messages under another name (reference: gRPC's reflection.proto). Python's
# package has v1alpha alone; grpcurl asks for v1 first.
_SERVICES: Final = ("grpc.reflection.v1.ServerReflection", reflection.SERVICE_NAME)


def reflection_handlers(names: Sequence[str]) -> list[grpc.GenericRpcHandler]:
    """Return what a gRPC server takes to tell about services.

    Args:
        names: Full names of the services to list, besides reflection itself.
    """
    servicer = reflection.aio.ReflectionServicer([*names, reflection.SERVICE_NAME])
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=ServerReflectionRequest.FromString,
        response_serializer=ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": method})
        for service in _SERVICES
    ]
