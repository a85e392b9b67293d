"""A self-made Widevine device and the licence server that believes it, for tests, offline."""

import os
from dataclasses import dataclass

from cryptography.hazmat.primitives import cmac, hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from pywidevine import license_protocol_pb2 as messages
from pywidevine.device import Device, DeviceTypes


@dataclass(frozen=True, slots=True)
class TestDevice:
    """A device file's bytes and the key that a licence server would know it by."""

    __test__ = False

    wvd: bytes
    public_key: rsa.RSAPublicKey


def make_device(bits: int = 2048) -> TestDevice:
    """Generate a device with a certificate of its own; no real one looks like it."""
    private = rsa.generate_private_key(65537, bits)
    public = private.public_key()
    certificate = messages.DrmCertificate(
        type="DEVICE",
        serial_number=os.urandom(16),
        system_id=4242,
        public_key=public.public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.PKCS1
        ),
    )
    token = messages.SignedDrmCertificate(
        drm_certificate=certificate.SerializeToString(), signature=os.urandom(256)
    )
    client_id = messages.ClientIdentification(
        type="DRM_DEVICE_CERTIFICATE",
        token=token.SerializeToString(),
    )
    device = Device(
        type_=DeviceTypes.ANDROID,
        security_level=3,
        flags=None,
        private_key=private.private_bytes(
            serialization.Encoding.DER,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        ),
        client_id=client_id.SerializeToString(),
    )
    return TestDevice(device.dumps(), public)


def answer(device: TestDevice, challenge: bytes, keys: dict[bytes, bytes]) -> bytes:
    """The licence for a challenge: content keys by key id."""
    signed = messages.SignedMessage.FromString(challenge)
    device.public_key.verify(
        signed.signature,
        signed.msg,
        padding.PSS(padding.MGF1(hashes.SHA1()), 20),  # noqa: S303 - the protocol's own hash
        hashes.SHA1(),  # noqa: S303 - the protocol's own hash
    )
    request = messages.LicenseRequest.FromString(signed.msg)
    pssh_data = request.content_id.widevine_pssh_data
    wanted = messages.WidevinePsshData.FromString(pssh_data.pssh_data[0])
    assert set(wanted.key_ids) <= set(keys) or not keys
    session_key = os.urandom(16)
    encryption = _derive(session_key, b"ENCRYPTION", signed.msg, 128, 1)
    server_mac = b"".join(
        _derive(session_key, b"AUTHENTICATION", signed.msg, 512, counter) for counter in (1, 2)
    )
    license_ = messages.License(
        id=messages.LicenseIdentification(request_id=pssh_data.request_id),
        key=[_container(key_id, key, encryption) for key_id, key in keys.items()],
    )
    message = license_.SerializeToString()
    signature = hmac.HMAC(server_mac, hashes.SHA256())
    signature.update(message)
    return bytes(
        messages.SignedMessage(
            type="LICENSE",
            msg=message,
            signature=signature.finalize(),
            session_key=device.public_key.encrypt(
                session_key,
                padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None),  # noqa: S303 - as above
            ),
        ).SerializeToString()
    )


def _derive(key: bytes, label: bytes, request: bytes, bits: int, counter: int) -> bytes:
    mac = cmac.CMAC(AES(key))
    mac.update(bytes([counter]) + label + b"\0" + request + bits.to_bytes(4, "big"))
    return mac.finalize()


def _container(key_id: bytes, key: bytes, encryption: bytes) -> messages.License.KeyContainer:
    vector = os.urandom(16)
    pad = 16 - len(key) % 16
    cipher = Cipher(AES(encryption), CBC(vector)).encryptor()
    return messages.License.KeyContainer(
        id=key_id,
        iv=vector,
        key=cipher.update(key + bytes([pad]) * pad),
        type="CONTENT",
    )
