"""Asks a server whether it serves."""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def probe(address: str, service: str, timeout: float) -> str:
    """Return the state of a service, e.g. `SERVING`, or why there is no answer.

    Args:
        address: `host:port` or `unix:path`.
        service: Full name, or empty for the whole server.
        timeout: Seconds.
    """
    # The server is asked itself, not the proxy that the environment may name for the outside.
    options = [("grpc.enable_http_proxy", 0)]
    with grpc.insecure_channel(address, options=options) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        try:
            response = stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=timeout)
        except grpc.RpcError as error:
            failure: Any = error
            return f"no answer from {address}: {failure.code().name}"
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)
