"""The test device: a Widevine client that the simulator made itself and nobody else accepts."""

import hashlib
import os
import struct
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from google.protobuf.message import DecodeError
from pywidevine.device import Device, DeviceTypes
from pywidevine.license_protocol_pb2 import (
    ClientIdentification,
    DrmCertificate,
    SignedDrmCertificate,
)

# The number is a plain invention; a certificate of a real device would have one given by Google.
_SYSTEM_ID = 4242
_EXPONENT = 65537
_BITS = 2048
_SECURITY_LEVEL = 3
_HEADER = b"WVD\x02"


@dataclass(frozen=True, slots=True)
class TestDevice:
    """A self-made device.

    Attributes:
        path: The `.wvd` file that a client opens.
        public_key: DER (PKCS 1); by it the licence server knows the device.
    """

    __test__ = False  # no test case, whatever its name begins with

    path: Path
    public_key: bytes = field(repr=False)


def make_test_device(path: Path) -> TestDevice:
    """Return the device in a `.wvd` file, making a new one if there is no such file.

    Making one takes about 0.2 s. The file is readable by its owner only.

    Raises:
        ValueError: The file is there and is no device.
    """
    if not path.exists():
        _write(path, _new_device().dumps())
    return TestDevice(path, _public_key(path.read_bytes()))


def make_certificate(kind: str, key: RSAPrivateKey) -> bytes:
    """Return a signed certificate whose signature nobody is asked to check.

    Args:
        kind: `DEVICE` or `SERVICE`.
        key: Whose public half it carries.
    """
    public_key = key.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    certificate = DrmCertificate(
        type=kind,
        serial_number=hashlib.sha256(public_key).digest()[:16],
        public_key=public_key,
        system_id=_SYSTEM_ID,
        provider_id="simulator.invalid",
    )
    # Real certificates are signed by Google's root; this one must never look as if it were.
    return SignedDrmCertificate(
        drm_certificate=certificate.SerializeToString(), signature=bytes(256)
    ).SerializeToString()


def new_key() -> RSAPrivateKey:
    """Return a fresh RSA-2048 key."""
    return generate_private_key(public_exponent=_EXPONENT, key_size=_BITS)


def _new_device() -> Device:
    key = new_key()
    identification = ClientIdentification(
        type="DRM_DEVICE_CERTIFICATE", token=make_certificate("DEVICE", key)
    )
    for name, value in (("company_name", "Simulator"), ("model_name", "Test device")):
        identification.client_info.add(name=name, value=value)
    return Device(
        type_=DeviceTypes.ANDROID,
        security_level=_SECURITY_LEVEL,
        flags=None,
        private_key=key.private_bytes(
            Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption()
        ),
        client_id=identification.SerializeToString(),
    )


def _public_key(data: bytes) -> bytes:
    """Find the public key in a `.wvd` file (version 2: header, private key, identification)."""
    try:
        (length,) = struct.unpack_from(">H", data, len(_HEADER) + 3)
        identification = ClientIdentification.FromString(data[len(_HEADER) + 7 + length :])
        token = SignedDrmCertificate.FromString(identification.token)
        public_key = DrmCertificate.FromString(token.drm_certificate).public_key
    except (struct.error, DecodeError) as error:
        raise ValueError("the file is no Widevine device") from error
    if not data.startswith(_HEADER) or not public_key:
        raise ValueError("the file is no Widevine device of version 2")
    return bytes(public_key)


def _write(path: Path, data: bytes) -> None:
    """Write a file nobody else can read, or leave the one that another process was first with."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    try:
        os.link(name, path)
    except FileExistsError:
        return
    finally:
        Path(name).unlink()
