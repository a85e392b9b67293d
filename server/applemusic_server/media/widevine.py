"""Content keys by Widevine, with the operator's own device file, through pywidevine.

pywidevine (GPL-3.0-only) is the optional `playback` extra. It is imported when a device is loaded
(it takes a quarter of a second: at start-up, never at the first song) and nothing of it leaves
this file. Its exceptions can quote the licence, so none is chained to ours.
"""

import asyncio
import stat
from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from applemusic_server.domain.content_key import KEY_BYTES, ContentKey
from applemusic_server.domain.errors import (
    FailedPreconditionError,
    PermissionDeniedError,
    Reason,
)
from applemusic_server.domain.imports import imported_as_empty, imported_without
from applemusic_server.media.failures import license_invalid
from applemusic_server.media.session_keys import derive_by_openssl

# What pywidevine's own constant says; it refuses the 18th open session.
MAX_SESSIONS = 16
# A device file has about 2 KB, a licence under 1 KB.
MAX_DEVICE_BYTES = 64 * 1024
MAX_LICENSE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class WidevineDevice:
    """A loaded device file.

    Attributes:
        system_id: The device's Widevine system id. Not secret.
        security_level: 1 to 3. Not secret.
        cdm: pywidevine's CDM, which holds the device's private key.
    """

    system_id: int
    security_level: int
    cdm: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Library:
    """The parts of pywidevine, and the exceptions that pass through it."""

    cdm: Any
    device: Any
    key: Any
    messages: Any
    pssh: Any
    failure: type[Exception]
    parse_failures: tuple[type[Exception], ...]


def load_device(path: Path | None) -> WidevineDevice:
    """Load the operator's device file (`.wvd`). Reads a file: call it at start-up.

    Args:
        path: Where the file is; None if none is configured.

    Raises:
        FailedPreconditionError: WIDEVINE_DEVICE_MISSING, none is configured, it is not there or
            not readable, or the `playback` extra is not installed; WIDEVINE_DEVICE_REJECTED, it
            is not a device file or is damaged.
    """
    if path is None:
        raise _missing(
            "no Widevine device file is configured; protected songs do not play without one"
        )
    library = _pywidevine()
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise _missing(f"the Widevine device file {path} is not a regular file")
        with path.open("rb") as file:
            data = file.read(MAX_DEVICE_BYTES + 1)
    except OSError as error:
        raise _missing(
            f"the Widevine device file {path} cannot be read: {error.strerror or 'refused'}"
        ) from None
    if len(data) > MAX_DEVICE_BYTES:
        raise _rejected("the file is too big for a device file (.wvd)")
    try:
        device = library.device.Device.loads(data)
        cdm = library.cdm.Cdm.from_device(device)
    except library.parse_failures:
        raise _rejected("the file is not a device file (.wvd, version 2), or damaged") from None
    # Its part of `cryptography` is 2 MB that a server without a device does without.
    from applemusic_server.media.device_key import use_openssl  # noqa: PLC0415 - see above

    use_openssl(cdm, device.private_key)
    derive_by_openssl(cdm)
    return WidevineDevice(
        system_id=device.system_id,
        security_level=device.security_level,
        cdm=cdm,
    )


class WidevineDecryption:
    """The `ContentDecryption` port on pywidevine. One for the process.

    Each licence request has a CDM session of its own; at most `max_sessions` are open at once,
    the next ones wait.
    """

    def __init__(self, device: WidevineDevice, *, max_sessions: int = MAX_SESSIONS) -> None:
        self._library = _pywidevine()
        self._cdm = device.cdm
        # To read a box takes as long as all the rest of a request, and only its data differ.
        self._box = self._library.pssh.PSSH(self._box_data(bytes(KEY_BYTES)))
        self._slots = asyncio.Semaphore(max_sessions)
        self._open_sessions = 0

    @property
    def open_sessions(self) -> int:
        """How many sessions are open now."""
        return self._open_sessions

    async def open(self, key_id: bytes) -> "WidevineSession":
        """See `ContentDecryption.open`. About 0.5 ms of CPU (half of it an RSA signature)."""
        if len(key_id) != KEY_BYTES:
            raise ValueError("a key id has 16 bytes")
        await self._slots.acquire()
        with ExitStack() as undo:
            undo.callback(self._slots.release)
            try:
                session_id = self._cdm.open()
                undo.callback(self._cdm.close, session_id)
                challenge = self._challenge(session_id, key_id)
            except (self._library.failure, ValueError, TypeError) as error:
                # ValueError: the key cannot sign, e.g. because it is too short.
                raise _rejected(f"it makes no licence request ({type(error).__name__})") from None
            self._open_sessions += 1
            undo.callback(self._count_down)
            return WidevineSession(
                challenge=challenge,
                read_key=lambda message: self._content_key(session_id, key_id, message),
                undo=undo.pop_all(),
            )

    def _count_down(self) -> None:
        self._open_sessions -= 1

    def _challenge(self, session_id: bytes, key_id: bytes) -> bytes:
        box = copy(self._box)
        box.init_data = self._box_data(key_id)
        return bytes(self._cdm.get_license_challenge(session_id, box))

    def _box_data(self, key_id: bytes) -> bytes:
        data = self._library.messages.WidevinePsshData
        header = data(algorithm=data.Algorithm.Value("AESCTR"), key_ids=[key_id])
        return bytes(header.SerializeToString())

    def _content_key(self, session_id: bytes, key_id: bytes, message: bytes) -> ContentKey:
        if len(message) > MAX_LICENSE_BYTES:
            raise license_invalid("it is too big")
        try:
            self._cdm.parse_license(session_id, message)
            keys = self._cdm.get_keys(session_id, "CONTENT")
        except (self._library.failure, *self._library.parse_failures) as error:
            raise license_invalid(type(error).__name__) from None
        # The library reads an id of 16 ASCII digits as a number: compare what it makes of ours.
        wanted = self._library.key.Key.kid_to_uuid(key_id)
        for key in keys:
            if key.kid == wanted:
                if len(key.key) != KEY_BYTES:
                    raise license_invalid("its key has a wrong length")
                return ContentKey(key_id, key.key)
        raise PermissionDeniedError(
            Reason.LICENSE_REFUSED, "Apple's licence holds no key for this song"
        )


class WidevineSession:
    """The `LicenseSession` port: one licence request. Also a context manager."""

    def __init__(
        self, challenge: bytes, read_key: Callable[[bytes], ContentKey], undo: ExitStack
    ) -> None:
        self._challenge = challenge
        self._read_key = read_key
        self._undo = undo
        self._closed = False

    @property
    def challenge(self) -> bytes:
        """See `LicenseSession.challenge`."""
        return self._challenge

    def content_key(self, license_message: bytes) -> ContentKey:
        """See `LicenseSession.content_key`. About 0.5 ms of CPU (half of it an RSA decryption)."""
        if self._closed:
            raise ValueError("the licence session is closed")
        return self._read_key(license_message)

    def close(self) -> None:
        """See `LicenseSession.close`."""
        self._closed = True
        self._undo.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _pywidevine() -> _Library:
    try:
        return _import_small()
    except (ImportError, AttributeError, NameError):
        pass  # another version needs what was left out, or something is not installed
    try:
        return _import_all()
    except ImportError as error:
        raise _missing(
            f"the package {error.name!r} is not installed; playback needs the 'playback' extra: "
            "pip install 'applemusic-grpc-server[playback]'"
        ) from None


def _import_small() -> _Library:
    """Import without what pywidevine loads on the side and nothing here uses: 5 MB.

    - pywidevine.remotecdm: other people's devices by HTTP, with requests and urllib3.
    - pdb: construct's debugger.
    - cffi: pycryptodome calls its C code by ctypes where it is missing, as fast.
    - numpy: construct's arrays.
    """
    with (
        imported_without("numpy", "cffi"),
        imported_as_empty("pywidevine.remotecdm", "pdb"),
    ):
        return _import_all()


def _import_all() -> _Library:
    # Optional, and slow to import.
    from construct import ConstructError  # type: ignore[import-untyped] # noqa: PLC0415 - extra, untyped
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - comes with the extra
    from pywidevine import (  # noqa: PLC0415 - an extra
        cdm,
        device,
        exceptions,
        key,
        license_protocol_pb2,
        pssh,
    )

    return _Library(
        cdm=cdm,
        device=device,
        key=key,
        messages=license_protocol_pb2,
        pssh=pssh,
        failure=exceptions.PyWidevineException,
        # What damaged files and answers make the layers below raise: sizes, keys, padding, text.
        parse_failures=(ConstructError, DecodeError, ValueError, TypeError, LookupError),
    )


def _missing(message: str) -> FailedPreconditionError:
    return FailedPreconditionError(Reason.WIDEVINE_DEVICE_MISSING, message)


def _rejected(what: str) -> FailedPreconditionError:
    return FailedPreconditionError(
        Reason.WIDEVINE_DEVICE_REJECTED, f"the Widevine device cannot be used: {what}"
    )
