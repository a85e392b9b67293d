"""Server reflection, in both versions that tools ask for."""

from collections.abc import Sequence
from typing import Any, Final

import grpc
from google.protobuf import descriptor_pool
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
    servicer = reflection.aio.ReflectionServicer([*names, reflection.SERVICE_NAME], _Symbols())
    method = grpc.stream_stream_rpc_method_handler(
        servicer.ServerReflectionInfo,
        request_deserializer=ServerReflectionRequest.FromString,
        response_serializer=ServerReflectionResponse.SerializeToString,
    )
    return [
        grpc.method_handlers_generic_handler(service, {"ServerReflectionInfo": method})
        for service in _SERVICES
    ]


class _Symbols:
    """The pool of descriptors, in which methods are found, too.

    Python's pool knows messages, fields, enums and services by name, but not the methods of a
    service: `grpcurl describe applemusic.v1.CatalogService.GetSong` asks for one.
    """

    def __init__(self) -> None:
        self._pool = descriptor_pool.Default()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def FindFileContainingSymbol(self, symbol: str) -> Any:  # noqa: N802 - the pool's name
        """The file that declares the symbol.

        Raises:
            KeyError: None does.
        """
        try:
            return self._pool.FindFileContainingSymbol(symbol)
        except KeyError:
            service, _, method = symbol.rpartition(".")
            found = self._pool.FindServiceByName(service)
            if method not in found.methods_by_name:
                raise
            return found.file
