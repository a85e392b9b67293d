"""The least of HTTP/2 that can send what no gRPC library would."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Sequence

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RST_STREAM, _SETTINGS = 0, 1, 3, 4
_END_STREAM, _END_HEADERS = 1, 4


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return (
        struct.pack(">I", len(payload))[1:]
        + bytes([kind, flags])
        + struct.pack(">I", stream)
        + payload
    )


def _length(value: int) -> bytes:
    """Encode a length as HPACK does with a 7-bit prefix and no Huffman code."""
    if value < 127:
        return bytes([value])
    value -= 127
    encoded = bytearray([127])
    while value >= 128:
        encoded.append(value % 128 + 128)
        value //= 128
    return bytes([*encoded, value])


def _literal(name: bytes, value: bytes) -> bytes:
    return b"\0" + _length(len(name)) + name + _length(len(value)) + value


async def call_raw(
    address: str, path: str, message: bytes, headers: Sequence[tuple[bytes, bytes]]
) -> None:
    """Make one unary call with any headers, and wait until the server has ended it."""
    host, _, port = address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    usual = (
        (b":method", b"POST"),
        (b":scheme", b"http"),
        (b":path", path.encode()),
        (b":authority", address.encode()),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
    )
    block = b"".join(_literal(name, value) for name, value in (*usual, *headers))
    body = b"\0" + struct.pack(">I", len(message)) + message
    writer.write(_PREFACE + _frame(_SETTINGS, 0, 0, b""))
    writer.write(_frame(_HEADERS, _END_HEADERS, 1, block))
    writer.write(_frame(_DATA, _END_STREAM, 1, body))
    try:
        while True:
            head = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(head[:3]))
            stream = int.from_bytes(head[5:])
            if stream == 1 and (head[3] == _RST_STREAM or head[4] & _END_STREAM):
                return
    finally:
        writer.close()
        await writer.wait_closed()


@contextlib.asynccontextmanager
async def proxy_without_server() -> AsyncIterator[str]:
    """A proxy whose server goes in mid-call: each stream ends, and no status ever comes.

    Yields:
        Its address.
    """
    answers: set[asyncio.Task[None]] = set()

    def on_connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers.add(asyncio.create_task(_end_without_status(reader, writer)))

    server = await asyncio.start_server(on_connect, "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for each in answers:
            each.cancel()
        await asyncio.gather(*answers, return_exceptions=True)
        # From Python 3.12 on it waits for the connections, too.
        await server.wait_closed()


async def _end_without_status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(_frame(_SETTINGS, 0, 0, b""))
    try:
        await reader.readexactly(len(_PREFACE))
        while True:
            head = await reader.readexactly(9)
            await reader.readexactly(int.from_bytes(head[:3]))
            if head[3] == _SETTINGS and not head[4]:
                writer.write(_frame(_SETTINGS, 1, 0, b""))
            if head[3] == _HEADERS:
                stream = int.from_bytes(head[5:])
                # 0x88 is `:status: 200` in HPACK's table.
                block = b"\x88" + _literal(b"content-type", b"application/grpc")
                writer.write(_frame(_HEADERS, _END_HEADERS, stream, block))
                writer.write(_frame(_DATA, _END_STREAM, stream, b""))
    finally:
        writer.close()
        await writer.wait_closed()
