"""The signature of a licence, by OpenSSL.

pywidevine computes it with pycryptodome, 0.02 ms of calls by ctypes; OpenSSL takes 0.002 ms. As
with `device_key`, this happens in the event loop at every start of a song.
"""

import hmac
from types import ModuleType
from typing import Any

from Crypto.Hash import HMAC, SHA256


class Sha256Mac(HMAC.HMAC):
    """pycryptodome's HMAC-SHA-256; what is not here follows from `digest`, as it does there."""

    def __init__(self, key: bytes, msg: bytes = b"") -> None:
        # Its own state is not made: that is what takes long.
        self.digest_size = SHA256.digest_size
        self._mac = hmac.new(key, msg, "sha256")

    def update(self, msg: Any) -> "Sha256Mac":
        """Take more of the message."""
        self._mac.update(msg)
        return self

    def copy(self) -> "Sha256Mac":
        """One that goes on from here by itself."""
        other = Sha256Mac(b"")
        other._mac = self._mac.copy()
        return other

    def digest(self) -> bytes:
        """The 32 bytes for the message so far."""
        return self._mac.digest()


class _Hmac:
    """What the module `Crypto.Hash.HMAC` is asked for."""

    @staticmethod
    def new(key: Any, msg: Any = b"", digestmod: Any = None) -> HMAC.HMAC:
        if digestmod is SHA256:
            return Sha256Mac(key, msg or b"")
        return HMAC.new(key, msg, digestmod)


def sign_by_openssl(cdm: ModuleType) -> None:
    """Have pywidevine compare signatures so, where it is built as we know it.

    Args:
        cdm: Its module of that name.
    """
    if getattr(cdm, "HMAC", None) is HMAC:
        vars(cdm)["HMAC"] = _Hmac
