"""A stream that is silent for long: its connection is checked, and not taken for an attack."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest

from applemusic.channel import channel_options
from applemusic.config import ClientConfig
from applemusic_server.application.playback_tuning import PlaybackTuning
from applemusic_server.wire.listener import Limits, server_options

_PING_INTERVAL = "grpc.http2.min_ping_interval_without_data_ms"
_KEEPALIVE = "grpc.keepalive_time_ms"
# Of the real times, so that a silence of minutes takes seconds.
_SCALE = 45


@asynccontextmanager
async def silent_server(options: list[tuple[str, Any]]) -> AsyncIterator[int]:
    """A server whose only stream says something once, and then nothing for ever."""

    async def answer(request: bytes, context: Any) -> None:
        del request
        await context.write(b"one")
        await asyncio.Event().wait()

    server = grpc.aio.server(options=options)
    handler: Any = grpc.unary_stream_rpc_method_handler(answer)
    server.add_generic_rpc_handlers(
        [grpc.method_handlers_generic_handler("test.Silent", {"Listen": handler})]
    )
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield port
    finally:
        await server.stop(0)


def scaled(options: list[tuple[str, Any]], **others: int) -> list[tuple[str, Any]]:
    found = dict(options)
    for name in (_PING_INTERVAL, _KEEPALIVE):
        if name in found:
            found[name] = found[name] // _SCALE
    return list({**found, **others}.items())


async def code_after_silence(server: list[tuple[str, Any]], client: list[tuple[str, Any]]) -> Any:
    """What a stream ended with after five pings; None when it goes on."""
    async with (
        silent_server(server) as port,
        grpc.aio.insecure_channel(f"127.0.0.1:{port}", options=client) as channel,
    ):
        listen: Any = channel.unary_stream("/test.Silent/Listen")
        call = listen(b"")
        assert await call.read() == b"one"
        five_pings = 5.5 * dict(client)[_KEEPALIVE] / 1000
        try:
            async with asyncio.timeout(five_pings):
                await call.read()
        except TimeoutError:
            return None
        except grpc.aio.AioRpcError as error:
            return error.code()
        raise AssertionError("the silent stream said something")


async def test_a_silent_stream_survives_our_client_s_pings() -> None:
    server = scaled(server_options(Limits()))
    client = scaled(channel_options(ClientConfig()))
    assert dict(client)[_KEEPALIVE] == 1000
    assert await code_after_silence(server, client) is None


async def test_it_would_not_with_grpc_s_own_limits() -> None:
    server = [each for each in server_options(Limits()) if each[0] != _PING_INTERVAL]
    client = scaled(channel_options(ClientConfig()))
    assert await code_after_silence(server, client) is grpc.StatusCode.UNAVAILABLE


def test_both_sides_agree() -> None:
    server, client = dict(server_options(Limits())), dict(channel_options(ClientConfig()))
    assert client[_KEEPALIVE] > server[_PING_INTERVAL]
    # And the stream itself is never silent for as long as that: most clients send no pings.
    assert PlaybackTuning().keep_alive_seconds * 1000 < client[_KEEPALIVE]


@pytest.mark.parametrize("name", ["grpc.max_connection_idle_ms", "grpc.max_connection_age_ms"])
def test_no_connection_is_closed_under_a_song(name: str) -> None:
    assert dict(server_options(Limits()))[name] >= 10 * 60 * 1000
