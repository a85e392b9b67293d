"""Refuses metadata that has no business in a call.

gRPC hands CR, LF, NUL and raw UTF-8 in metadata values through to Python (reference: observed with
grpcio 1.85.1); in a log they would forge lines.
"""

import re
from collections.abc import Awaitable

from applemusic_server.domain.errors import invalid_field
from applemusic_server.wire.interceptors.call import Call, Proceed

_PRINTABLE = re.compile(r"[\x20-\x7e]*")
_SINGLE = ("authorization", "host")


class MetadataHygiene:
    """The stage that looks at metadata before anything else does."""

    def around(self, call: Call, proceed: Proceed) -> Awaitable[None]:
        """Refuse values with control or non-ASCII characters, and doubled credentials."""
        self._check(call)
        return proceed()

    def _check(self, call: Call) -> None:
        seen: set[str] = set()
        for key, value in call.metadata():
            if isinstance(value, str) and not _PRINTABLE.fullmatch(value):
                raise invalid_field(
                    "metadata", "values are printable ASCII; binary ones have keys ending in -bin"
                )
            if key in _SINGLE and key in seen:
                raise invalid_field("metadata", f"{key} is there more than once")
            seen.add(key)
