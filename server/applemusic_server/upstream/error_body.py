"""Apple's error envelope, of which nothing can be relied on."""

import re
from dataclasses import dataclass

from applemusic_server.domain.errors import InternalError
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import decode_object

_CODE = re.compile(r"-?[0-9]{1,10}")
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9\[\]:._-]{0,63}")


@dataclass(frozen=True, slots=True)
class AppleFault:
    """What an error body says, as far as it says anything.

    Apple's words (`title`, `detail`) are left out on purpose: they can repeat what was sent.

    Attributes:
        code: Apple's number as text, e.g. `40403`; empty when there is none.
        parameter: The query parameter at fault; empty when there is none.
    """

    code: str = ""
    parameter: str = ""


def read_fault(body: bytes, endpoint: Endpoint) -> AppleFault:
    """Read the first fault of a body, whatever it is: envelope, other JSON, HTML or nothing."""
    try:
        for fault in decode_object(body, endpoint).children("errors"):
            source = fault.child("source")
            return AppleFault(
                code=_matching(_CODE, fault.identifier("code")),
                parameter=_matching(_PARAMETER, source.text("parameter") if source else ""),
            )
    except InternalError:
        return AppleFault()
    return AppleFault()


def _matching(pattern: re.Pattern[str], text: str) -> str:
    return text if pattern.fullmatch(text) else ""
