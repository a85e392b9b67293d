"""Asks a server whether it serves."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc


def probe(address: str, service: str, timeout: float) -> str:
    """Return the state of a service, e.g. `SERVING`, or why there is no answer.

    Args:
        address: `host:port` or `unix:path`.
        service: Full name, or empty for the whole server.
        timeout: Seconds.
    """
    with grpc.insecure_channel(address) as channel:
        try:
            response = health_pb2_grpc.HealthStub(channel).Check(
                health_pb2.HealthCheckRequest(service=service), timeout=timeout
            )
        except grpc.RpcError as error:
            code = error.code() if isinstance(error, grpc.Call) else None
            return f"no answer from {address}: {code.name if code else 'unknown'}"
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)
