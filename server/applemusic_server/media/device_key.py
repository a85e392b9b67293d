"""The two RSA operations of a licence, by OpenSSL.

pywidevine does them with pycryptodome, 0.9 ms each; OpenSSL takes 0.23 ms. Both happen in the event
loop, at every start of a song, so every other stream waits for them.
"""

from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import load_der_private_key

# Where pywidevine's CDM keeps what signs its requests and what opens its licences.
_SIGNER, _OPENER = "_Cdm__signer", "_Cdm__decrypter"


class Digest(Protocol):
    """A finished SHA-1, as pycryptodome passes it."""

    def digest(self) -> bytes:
        """Its 20 bytes."""
        ...


class DeviceKey:
    """A device's private key; has the two methods that a CDM calls.

    Args:
        key: Never leaves this object.
    """

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key

    def sign(self, message: Digest) -> bytes:
        """Sign a licence request (RSASSA-PSS, SHA-1, a salt of 20 bytes).

        Raises:
            ValueError: The key is too short.
        """
        # SHA-1 is what Widevine's protocol says.
        sha1 = SHA1()  # noqa: S303
        padding = PSS(MGF1(sha1), sha1.digest_size)
        return self._key.sign(message.digest(), padding, Prehashed(sha1))

    def decrypt(self, session_key: bytes) -> bytes:
        """Open the session key of a licence (RSAES-OAEP, SHA-1).

        Raises:
            ValueError: It is not for this key, or damaged.
        """
        sha1 = SHA1()  # noqa: S303
        return self._key.decrypt(session_key, OAEP(MGF1(sha1), sha1, None))


def use_openssl(cdm: Any, private_key: Any) -> None:
    """Have a CDM do its RSA by OpenSSL, where it is built as we know it and the key is usual.

    Otherwise it stays as it is: slower, and as right.

    Args:
        cdm: pywidevine's CDM.
        private_key: pycryptodome's key, the one the CDM was made with.
    """
    if not (hasattr(cdm, _SIGNER) and hasattr(cdm, _OPENER)):
        return
    try:
        key = load_der_private_key(private_key.export_key("DER"), None)
    except (ValueError, UnsupportedAlgorithm):
        return  # e.g. too short for OpenSSL
    if isinstance(key, RSAPrivateKey):
        fast = DeviceKey(key)
        setattr(cdm, _SIGNER, fast)
        setattr(cdm, _OPENER, fast)
