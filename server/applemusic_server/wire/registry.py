"""Joins the RPCs of the contract with the functions that serve them.

A servicer is any object with a coroutine function or async generator function per RPC, named in
snake case: `GetSong` is served by `get_song(request, context)`. What a servicer lacks answers
UNIMPLEMENTED with the reason NOT_YET_IMPLEMENTED; requests are checked before they get there.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from applemusic_server.domain.errors import Reason, UnimplementedError
from applemusic_server.wire.checks import Checker
from applemusic_server.wire.contract import SERVICES, path_of, python_name
from applemusic_server.wire.grpc_types import Context, Handler

Behaviour = Callable[[Any, Context], Awaitable[Message] | AsyncIterator[Message]]


class Registry:
    """The RPCs of the contract, each with its function."""

    def __init__(self, servicers: Sequence[object], checker: Checker) -> None:
        """Find the function of each RPC.

        Args:
            servicers: Objects that serve RPCs; each RPC by at most one.
            checker: Checks requests before they reach a servicer.

        Raises:
            TypeError: Two servicers serve the same RPC, or a public function serves none.
        """
        self._checker = checker
        self._behaviours: dict[str, Behaviour] = {}
        names = {python_name(method): method for service in SERVICES for method in service.methods}
        for servicer in servicers:
            for name in _public_functions(servicer):
                if name not in names:
                    msg = f"{type(servicer).__name__}.{name} serves no RPC of the contract"
                    raise TypeError(msg)
                path = path_of(names[name])
                if path in self._behaviours:
                    msg = f"{path} is served twice"
                    raise TypeError(msg)
                self._behaviours[path] = getattr(servicer, name)

    @property
    def implemented(self) -> frozenset[str]:
        """The paths of the RPCs that have a function."""
        return frozenset(self._behaviours)

    def handlers(self) -> list[grpc.GenericRpcHandler]:
        """Return what a gRPC server takes."""
        return [
            grpc.method_handlers_generic_handler(
                service.full_name,
                {method.name: self._handler(method) for method in service.methods},
            )
            for service in SERVICES
        ]

    def service_names(self) -> list[str]:
        """Return the full names of all services."""
        return [service.full_name for service in _sorted(SERVICES)]

    def _handler(self, method: MethodDescriptor) -> Handler:
        behaviour = self._behaviours.get(path_of(method))
        served = self._checked(behaviour) if behaviour else _not_yet_implemented(path_of(method))
        make = (
            grpc.unary_stream_rpc_method_handler
            if method.server_streaming
            else grpc.unary_unary_rpc_method_handler
        )
        return make(
            served,
            request_deserializer=GetMessageClass(method.input_type).FromString,
            response_serializer=GetMessageClass(method.output_type).SerializeToString,
        )

    def _checked(self, behaviour: Behaviour) -> Behaviour:
        def checked(
            request: Message, context: Context
        ) -> Awaitable[Message] | AsyncIterator[Message]:
            self._checker.check(request)
            return behaviour(request, context)

        return checked


def _not_yet_implemented(path: str) -> Behaviour:
    async def refuse(request: Message, context: Context) -> Message:
        del request, context
        raise not_yet_implemented(path)

    return refuse


def not_yet_implemented(path: str) -> UnimplementedError:
    """The error of an RPC that this version does not have."""
    return UnimplementedError(
        Reason.NOT_YET_IMPLEMENTED,
        f"This version of the server does not have {path}. GetServerInfo says what it can do.",
        metadata={"method": path.lstrip("/")},
    )


def _public_functions(servicer: object) -> Iterable[str]:
    return [
        name
        for name in dir(type(servicer))
        if not name.startswith("_") and callable(getattr(servicer, name))
    ]


def _sorted(services: Iterable[ServiceDescriptor]) -> list[ServiceDescriptor]:
    return sorted(services, key=lambda service: service.full_name)
