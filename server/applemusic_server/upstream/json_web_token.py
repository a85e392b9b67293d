"""JSON web tokens, as far as a developer token is one: signing with ES256, and reading.

Nothing is verified here: who accepts a developer token is Apple. The usual library loads
certificates and a client of key servers besides, 5 MB that a server at rest would hold for these
lines.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

ES256: Final = "ES256"
# Of each of the two numbers that a signature is (RFC 7518, 3.4).
_NUMBER_BYTES: Final = 32
_PARTS: Final = 3

JsonObject = Mapping[str, object]


def sign_token(claims: JsonObject, key: "EllipticCurvePrivateKey", *, key_id: str) -> str:
    """Return a token that is signed with ES256 (RFC 7515, RFC 7518).

    Args:
        claims: What it says.
        key: A P-256 key.
        key_id: Which key that is, for its header.
    """
    # Only who has a key signs: 1 MB that others do without.
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA  # noqa: PLC0415 - see above
    from cryptography.hazmat.primitives.asymmetric.utils import (  # noqa: PLC0415 - see above
        decode_dss_signature,
    )
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - see above

    header = {"alg": ES256, "kid": key_id, "typ": "JWT"}
    signed = f"{_packed(header)}.{_packed(claims)}"
    numbers = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    signature = b"".join(number.to_bytes(_NUMBER_BYTES, "big") for number in numbers)
    return f"{signed}.{_base64(signature)}"


def read_token(token: str) -> tuple[JsonObject, JsonObject]:
    """Return the header and the claims of a token, unverified.

    Raises:
        ValueError: It is none. The message quotes nothing of it.
    """
    parts = token.split(".")
    if len(parts) != _PARTS:
        raise ValueError("a token has three parts")
    header, claims, signature = (_bytes(part) for part in parts)
    if not signature:
        raise ValueError("it is not signed")
    return _object(header), _object(claims)


def _packed(value: JsonObject) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(part: str) -> bytes:
    try:
        padded = part.encode("ascii") + b"=" * (-len(part) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error):
        # From None: the error has the text.
        raise ValueError("a part of it is not base64url") from None


def _object(value: bytes) -> JsonObject:
    try:
        found: Any = json.loads(value)
    except (ValueError, RecursionError):
        raise ValueError("a part of it is no JSON") from None
    if not isinstance(found, dict):
        raise ValueError("a part of it is no JSON object")  # noqa: TRY004 - the token is at fault
    return found
