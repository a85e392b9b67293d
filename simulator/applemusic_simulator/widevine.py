"""A licence server that speaks the Widevine protocol to the simulator's own test device."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import load_der_public_key
from google.protobuf.message import DecodeError
from pywidevine.license_protocol_pb2 import (
    STREAMING,
    ClientIdentification,
    DrmCertificate,
    EncryptedClientIdentification,
    License,
    LicenseRequest,
    SignedDrmCertificate,
    SignedMessage,
    WidevinePsshData,
)

from applemusic_simulator.widevine_device import make_certificate, new_key

MEDIA_LICENSE = -1003
"""The licence request makes no sense (reference 8.2)."""
CDM_EXPIRED = 190_121
"""The device is not accepted (reference 8.2)."""

_SALT_BYTES = 20
_BLOCK_BITS = 128


class LicenseRefusedError(Exception):
    """The server gives no licence.

    Args:
        code: Apple's number for the reason.
        reason: For the reader of a traceback; holds nothing secret.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code


@dataclass(frozen=True, slots=True)
class Challenge:
    """A licence request whose signature was right.

    Attributes:
        key_ids: What it asks for.
        request_id: To be echoed.
        message: The signed bytes, from which both sides derive keys.
        device_key: To encrypt the session key for.
    """

    key_ids: tuple[bytes, ...]
    request_id: bytes
    message: bytes
    device_key: RSAPublicKey


class LicenseServer:
    """Reads challenges of known devices and answers them.

    Args:
        devices: Public keys (DER) of the devices that get licences.
        clock: Seconds since 1970, for the licence's start time.
        random_bytes: Session keys and IVs come from here.
    """

    def __init__(
        self,
        devices: Callable[[], tuple[bytes, ...]],
        clock: Callable[[], float],
        random_bytes: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._devices = devices
        self._clock = clock
        self._random_bytes = random_bytes
        self._service_key: RSAPrivateKey | None = None

    def service_certificate(self) -> bytes:
        """Return the certificate with which a client may encrypt its identification."""
        if self._service_key is None:
            self._service_key = new_key()
        return make_certificate("SERVICE", self._service_key)

    def read(self, data: bytes) -> Challenge:
        """Read and check a challenge.

        Raises:
            LicenseRefusedError: It is malformed, wrongly signed or from an unknown device.
        """
        try:
            signed = SignedMessage.FromString(data)
            request = LicenseRequest.FromString(signed.msg)
            identification = self._identification(request)
            token = SignedDrmCertificate.FromString(identification.token)
            public_key = DrmCertificate.FromString(token.drm_certificate).public_key
            pssh = request.content_id.widevine_pssh_data
            key_ids = tuple(
                bytes(key_id)
                for data in pssh.pssh_data
                for key_id in WidevinePsshData.FromString(data).key_ids
            )
        except (DecodeError, ValueError) as error:
            raise LicenseRefusedError(MEDIA_LICENSE, "challenge is malformed") from error
        if signed.type != SignedMessage.MessageType.Value("LICENSE_REQUEST"):
            raise LicenseRefusedError(MEDIA_LICENSE, "message is no licence request")
        if public_key not in self._devices():
            raise LicenseRefusedError(CDM_EXPIRED, "device is unknown")
        device_key = load_der_public_key(public_key)
        if not isinstance(device_key, RSAPublicKey):
            raise LicenseRefusedError(CDM_EXPIRED, "device has no RSA key")
        _verify(device_key, signed)
        return Challenge(key_ids, bytes(pssh.request_id), bytes(signed.msg), device_key)

    def answer(self, challenge: Challenge, keys: dict[bytes, bytes]) -> bytes:
        """Return a licence with these content keys by key id."""
        session_key = self._random_bytes(16)
        wrapping = _derive(session_key, b"ENCRYPTION", challenge.message, 128, (1,))
        signing = _derive(session_key, b"AUTHENTICATION", challenge.message, 512, (1, 2))
        license_ = License(license_start_time=int(self._clock()))
        license_.id.request_id = challenge.request_id
        license_.id.type = STREAMING
        license_.policy.can_play = True
        for key_id, key in keys.items():
            iv = self._random_bytes(16)
            license_.key.add(id=key_id, iv=iv, key=_wrap(wrapping, iv, key), type="CONTENT")
        message = license_.SerializeToString()
        signer = HMAC(signing, SHA256())
        signer.update(message)
        return SignedMessage(
            type="LICENSE",
            msg=message,
            signature=signer.finalize(),
            session_key=challenge.device_key.encrypt(session_key, _oaep()),
        ).SerializeToString()

    def _identification(self, request: LicenseRequest) -> ClientIdentification:
        """Return who asks, deciphered if the client hid it under the service certificate."""
        if not request.HasField("encrypted_client_id"):
            return request.client_id
        hidden: EncryptedClientIdentification = request.encrypted_client_id
        if self._service_key is None:
            raise LicenseRefusedError(MEDIA_LICENSE, "encrypted under a foreign certificate")
        privacy_key = self._service_key.decrypt(hidden.encrypted_privacy_key, _oaep())
        decryptor = Cipher(AES(privacy_key), CBC(hidden.encrypted_client_id_iv)).decryptor()
        padded = decryptor.update(hidden.encrypted_client_id) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK_BITS).unpadder()
        return ClientIdentification.FromString(unpadder.update(padded) + unpadder.finalize())


def _verify(device_key: RSAPublicKey, signed: SignedMessage) -> None:
    hash_ = SHA1()  # noqa: S303 - the protocol's choice
    try:
        device_key.verify(
            bytes(signed.signature), bytes(signed.msg), PSS(MGF1(hash_), _SALT_BYTES), hash_
        )
    except InvalidSignature as error:
        raise LicenseRefusedError(MEDIA_LICENSE, "signature does not match") from error


def _oaep() -> OAEP:
    hash_ = SHA1()  # noqa: S303 - the protocol's choice
    return OAEP(MGF1(hash_), hash_, None)


def _derive(
    session_key: bytes, label: bytes, message: bytes, bits: int, counters: tuple[int, ...]
) -> bytes:
    """CMAC of counter, label, the signed request and the length wanted, once for each counter."""
    context = label + b"\0" + message + bits.to_bytes(4, "big")
    derived = b""
    for counter in counters:
        cmac = CMAC(AES(session_key))
        cmac.update(bytes([counter]) + context)
        derived += cmac.finalize()
    return derived


def _wrap(wrapping: bytes, iv: bytes, key: bytes) -> bytes:
    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(AES(wrapping), CBC(iv)).encryptor()
    return encryptor.update(padder.update(key) + padder.finalize()) + encryptor.finalize()
