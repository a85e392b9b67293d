"""Presigned addresses, as a blob store gives them out."""

import calendar
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping
from enum import Enum
from urllib.parse import urlencode

LIFETIME = 86_399
"""Seconds that an upload can be fetched (reference section 8.1)."""

_ALGORITHM = "AWS4-HMAC-SHA256"
_FORM = "%Y%m%dT%H%M%SZ"
_NAMES = (
    "response-content-type",
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
)


class Verdict(Enum):
    """What a store says of an address."""

    GOOD = "good"
    EXPIRED = "Request has expired"
    FORGED = "SignatureDoesNotMatch"


class UrlSigner:
    """Signs paths and checks them again.

    Args:
        secret: Anything.
        clock: Seconds since 1970.

    Attributes:
        lifetime: Seconds that an address is good for; for those that are signed from now on.
    """

    def __init__(self, secret: str, clock: Callable[[], float]) -> None:
        self._secret = secret.encode()
        self._clock = clock
        self.lifetime = LIFETIME

    def sign(self, path: str, content_type: str) -> str:
        """The path with a query that is good for `lifetime`."""
        stamp = time.strftime(_FORM, time.gmtime(self._clock()))
        scope = f"SIMULATOR/{stamp[:8]}/store-001/s3/aws4_request"
        values = (content_type, _ALGORITHM, scope, stamp, str(self.lifetime), "host")
        query = dict(zip(_NAMES, values, strict=True))
        query["X-Amz-Signature"] = self._signature(path, query)
        return f"{path}?{urlencode(query)}"

    def check(self, path: str, query: Mapping[str, str]) -> Verdict:
        """Whether a path with its decoded query may be fetched now."""
        given = {name: query.get(name, "") for name in _NAMES}
        if not hmac.compare_digest(
            self._signature(path, given).encode(), query.get("X-Amz-Signature", "").encode()
        ):
            return Verdict.FORGED
        # The signature holds: the values are our own and well-formed.
        signed = time.strptime(given["X-Amz-Date"], _FORM)
        end = _seconds(signed) + int(given["X-Amz-Expires"])
        return Verdict.GOOD if self._clock() < end else Verdict.EXPIRED

    def _signature(self, path: str, query: Mapping[str, str]) -> str:
        text = "\n".join((path, *(query[name] for name in _NAMES)))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()


def _seconds(moment: time.struct_time) -> float:
    return float(calendar.timegm(moment))
