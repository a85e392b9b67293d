"""What iTunes writes into an MP4 beside its index: which samples are to be heard."""

import re
from dataclasses import dataclass

from applemusic_server.domain.errors import DataLossError
from applemusic_server.media.boxes import Box, Fields, children, only

_GAPLESS = b"iTunSMPB"
# Nothing of use, priming, padding, samples to be heard; more of nothing follows (observed).
_NUMBERS = re.compile(
    rb"\s*[0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{8}) ([0-9A-F]{16})(?: .*)?", re.DOTALL
)
# A name has four bytes before it, a value eight: version and kind, language.
_NAME_AT, _VALUE_AT = 4, 8


@dataclass(frozen=True, slots=True)
class Gapless:
    """Samples at the sample rate.

    Attributes:
        priming: Added at the beginning.
        heard: Of the true song.
    """

    priming: int
    heard: int


def read_gapless(box: bytes) -> Gapless | None:
    """Read one `----` box of a list of words; None if it says something else, or makes no sense."""
    try:
        inside = list(children(box, 8, len(box)))
        name = Fields.of(box, only(inside, b"name"))
        name.take(_NAME_AT)
        if name.take(name.left) != _GAPLESS:
            return None
        return _numbers(box, only(inside, b"data"))
    except DataLossError:
        return None  # words, not the index: nothing depends on them


def _numbers(box: bytes, data: Box) -> Gapless | None:
    value = Fields.of(box, data)
    value.take(_VALUE_AT)
    match = _NUMBERS.fullmatch(value.take(value.left))
    if match is None:
        return None
    return Gapless(int(match[1], 16), int(match[3], 16))
