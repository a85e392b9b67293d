"""The least of HTTP/2 that can send what no gRPC library would."""

import asyncio
import struct
from collections.abc import Sequence

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
