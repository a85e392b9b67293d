"""Asks a server whether it serves.

Probes are processes that start every few seconds, on small machines, beside the server and within
its limit of memory. gRPC's library costs such a process 0.2 s of CPU and 30 MB, so the one call is
written out here: HTTP/2 (RFC 9113), its headers (RFC 7541) and gRPC's frame around a message
(reference: grpc/doc/PROTOCOL-HTTP2.md, grpc/doc/health-checking.md).
"""

import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY = 0, 1, 3, 4, 6, 7
_END_STREAM, _ACK, _END_HEADERS = 0x1, 0x1, 0x4
_STREAM: Final = 1
_HEAD_BYTES: Final = 9
# What HTTP/2 allows who did not ask for more.
_MOST_FRAME_BYTES: Final = 16_384
_PREFIX_BYTES: Final = 5
_STATES: Final = ("UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN")
_STATUS_NAME: Final = b"grpc-status"
_STATUSES: Final = {b"5": "NOT_FOUND", b"8": "RESOURCE_EXHAUSTED", b"12": "UNIMPLEMENTED"}
# The greatest number that protobuf puts into one byte.
_ONE_BYTE: Final = 127
_NOT_GRPC: Final = "it does not speak gRPC"


@dataclass(frozen=True, slots=True)
class ProbeTls:
    """How to ask over TLS. All files are PEM.

    Attributes:
        roots: Certificates to trust; the server's own will do, for who asks sits beside it. The
            name in it is the one that others call the server by, so it is not compared.
        certificate: Ours, where the server wants one.
        private_key: Its key.
    """

    roots: Path
    certificate: Path | None = None
    private_key: Path | None = None


def configured_address(unix_socket: Path | None, host: str, port: int) -> str:
    """Return where a server with these settings is found on this machine."""
    if unix_socket is not None:
        return f"unix:{unix_socket.absolute()}"
    if host == "0.0.0.0":  # noqa: S104 - compared with, not bound
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def probe(address: str, service: str, timeout: float, tls: ProbeTls | None = None) -> str:
    """Return the state of a service, e.g. `SERVING`, or why there is no answer.

    No proxy is asked, whatever the environment says: it is for the way outside.

    Args:
        address: `host:port` or `unix:path`.
        service: Full name, or empty for the whole server.
        timeout: Seconds, for everything together.
        tls: How to ask; None for plain text.
    """
    end = time.monotonic() + timeout
    try:
        with _connected(address, timeout, tls) as connection:
            return _Call(connection, end).state_of(service)
    except TimeoutError:
        why = f"not within {timeout:g} s"
    except _NoAnswerError as error:
        why = str(error)
    except OSError as error:  # ssl's errors are among them
        why = error.strerror or str(error)
    except ValueError:
        why = "the address is host:port or unix:path"
    return f"no answer from {address}: {why}"


class _NoAnswerError(Exception):
    """Why the server gives no answer."""


class _EndedError(_NoAnswerError):
    """The call ended; `status` as gRPC counts it, empty when that cannot be read."""

    def __init__(self, status: bytes) -> None:
        shown = f" (status {status.decode()})" if status.isdigit() else ""
        super().__init__(_STATUSES.get(status, f"it refuses the call{shown}"))
        self.status = status


def _connected(address: str, timeout: float, tls: ProbeTls | None) -> socket.socket:
    if address.startswith("unix:"):
        plain = socket.socket(socket.AF_UNIX)
        try:
            plain.settimeout(timeout)
            plain.connect(address.removeprefix("unix:").removeprefix("//"))
        except BaseException:
            plain.close()
            raise
        return plain
    host, separator, port = address.rpartition(":")
    if not separator:
        raise ValueError(address)
    plain = socket.create_connection((host.strip("[]"), int(port)), timeout)
    return plain if tls is None else _encrypted(plain, tls)


def _encrypted(plain: socket.socket, tls: ProbeTls) -> socket.socket:
    import ssl  # noqa: PLC0415 - 5 MB that a probe without TLS does not need

    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_REQUIRED
        # Lets a certificate that is trusted itself do without its issuer.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(tls.roots)
        if tls.certificate is not None:
            context.load_cert_chain(tls.certificate, tls.private_key)
        context.set_alpn_protocols(["h2"])
        return context.wrap_socket(plain)
    except BaseException:
        plain.close()
        raise


class _Call:
    """`grpc.health.v1.Health/Check` on a connection of its own."""

    def __init__(self, connection: socket.socket, end: float) -> None:
        self._connection = connection
        self._end = end

    def state_of(self, service: str) -> str:
        """Ask, and wait for the answer."""
        name = service.encode()
        request = b"\n" + _varint(len(name)) + name if name else b""
        headers = b"".join(
            _header(*each)
            for each in (
                (b":method", b"POST"),
                (b":scheme", b"http"),
                (b":path", b"/grpc.health.v1.Health/Check"),
                (b":authority", b"localhost"),
                (b"te", b"trailers"),
                (b"content-type", b"application/grpc"),
                (b"user-agent", b"applemusic-server-health"),
            )
        )
        message = b"\0" + len(request).to_bytes(4, "big") + request
        self._connection.sendall(
            _PREFACE
            + _frame(_SETTINGS, 0, b"", 0)
            + _frame(_HEADERS, _END_HEADERS, headers)
            + _frame(_DATA, _END_STREAM, message)
        )
        body = b""
        while len(body) < _PREFIX_BYTES or len(body) < _PREFIX_BYTES + _length(body):
            body += self._next_data()
        if _length(body):
            return _state(body[_PREFIX_BYTES : _PREFIX_BYTES + _length(body)])
        # The first state of all, or nothing beside an error: what follows tells.
        try:
            while True:
                self._next_data()
        except _EndedError as end:
            if end.status == b"0":
                return _STATES[0]
            raise

    def _next_data(self) -> bytes:
        """Return what the next frame holds of the answer, and do what it wants."""
        head = self._read(_HEAD_BYTES)
        length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
        stream = int.from_bytes(head[5:], "big") & 0x7FFF_FFFF
        if length > _MOST_FRAME_BYTES:
            raise _NoAnswerError(_NOT_GRPC)
        payload = self._read(length)
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            self._connection.sendall(_frame(kind, _ACK, payload if kind == _PING else b"", 0))
        if kind == _GOAWAY or (kind == _RESET and stream == _STREAM):
            raise _NoAnswerError("it does not take the call")
        if stream != _STREAM:
            return b""
        if flags & _END_STREAM and kind in (_DATA, _HEADERS) and not (kind == _DATA and payload):
            if kind == _HEADERS:
                raise _EndedError(_status(payload))
            raise _NoAnswerError(_NOT_GRPC)
        return payload if kind == _DATA else b""

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            left = self._end - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._connection.settimeout(left)
            piece = self._connection.recv(count - len(data))
            if not piece:
                raise _NoAnswerError("the connection was closed")
            data += piece
        return data


def _length(body: bytes) -> int:
    return int.from_bytes(body[1:_PREFIX_BYTES], "big")


def _state(message: bytes) -> str:
    """Read a `HealthCheckResponse`: field 1, a number."""
    if len(message) != 2 or message[0] != 0x08 or message[1] >= len(_STATES):  # noqa: PLR2004 - field 1, one byte
        raise _NoAnswerError(_NOT_GRPC)
    return _STATES[message[1]]


def _status(headers: bytes) -> bytes:
    """Return the status in a block of headers, where it stands there in plain letters."""
    _, found, rest = headers.partition(_STATUS_NAME)
    return rest[1 : 1 + rest[0]] if found and rest else b""


def _frame(kind: int, flags: int, payload: bytes, stream: int = _STREAM) -> bytes:
    head = len(payload).to_bytes(3, "big") + bytes((kind, flags)) + stream.to_bytes(4, "big")
    return head + payload


def _header(name: bytes, value: bytes) -> bytes:
    """A literal header that is not indexed (RFC 7541, 6.2.2), in plain letters, each below 127."""
    return b"\0" + bytes((len(name),)) + name + bytes((len(value),)) + value


def _varint(value: int) -> bytes:
    """A number as protobuf writes it."""
    out = bytearray()
    while value > _ONE_BYTE:
        out.append(value & _ONE_BYTE | 0x80)
        value >>= 7
    return bytes((*out, value))
