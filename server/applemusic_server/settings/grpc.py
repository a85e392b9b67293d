"""Where and how the contract is served."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from applemusic_server.config_section import Port, Section


class GrpcSettings(Section, frozen=True):
    """Where and how the contract is served."""

    host: Annotated[
        str,
        Meta(
            description="Address to listen on. Beyond loopback callers need an access token or a "
            "certificate."
        ),
    ] = "127.0.0.1"
    port: Annotated[Port, Meta(description="TCP port; 0 takes a free one.")] = 50051
    socket: Annotated[
        Path | None,
        Meta(description="Unix socket to listen on as well; only the server's user may connect."),
    ] = None
    reflection: Annotated[
        bool, Meta(description="Let tools like grpcurl ask for the contract.")
    ] = True
    require_access_token: Annotated[
        bool,
        Meta(description="Ask callers on loopback and on the socket for an access token, too."),
    ] = False
    insecure: Annotated[
        bool,
        Meta(
            description="Listen beyond loopback and ask nobody for an access token. Everybody who "
            "reaches the port can play and change the accounts."
        ),
    ] = False
    max_concurrent_streams: Annotated[
        int, Meta(ge=1, le=1000, description="Most calls at the same time on one connection.")
    ] = 32
    max_connections: Annotated[
        int, Meta(ge=1, le=10000, description="Most connections at the same time on one listener.")
    ] = 64
    max_concurrent_calls: Annotated[
        int, Meta(ge=1, le=10000, description="Most calls at the same time, in all.")
    ] = 512
    max_receive_bytes: Annotated[
        int, Meta(ge=4096, le=4194304, description="Greatest request, in bytes.")
    ] = 262144
    max_send_bytes: Annotated[
        int, Meta(ge=262144, le=67108864, description="Greatest message of a response, in bytes.")
    ] = 4194304
    max_call_seconds: Annotated[
        float, Meta(gt=0, le=3600, description="Longest time for a call that is not a stream.")
    ] = 120
    grace_seconds: Annotated[
        float,
        Meta(ge=0, le=600, description="Time for streams to finish when the server goes down."),
    ] = 20
