"""What a PCM stream is made of, and the name under which it can be gone on with."""

import hashlib
import re
from dataclasses import dataclass

from applemusic_server.media.song_etag import media_changed

SAMPLE_BYTES = 2
_DIGEST_DIGITS = 24
_ETAG = re.compile(r"([0-9a-f]{24})-([1-9][0-9]{0,6})x([1-9])-(0|[1-9][0-9]{0,11})")


@dataclass(frozen=True, slots=True)
class PcmFormat:
    """What the samples are.

    Attributes:
        rate: Samples per second.
        channels: How many of them lie side by side.
    """

    rate: int
    channels: int

    @property
    def sample_bytes(self) -> int:
        """Bytes of one sample of all channels."""
        return SAMPLE_BYTES * self.channels


USUAL_FORMAT = PcmFormat(44_100, 2)


@dataclass(frozen=True, slots=True)
class PcmEtag:
    """Which bytes a stream is made of.

    Attributes:
        digest: Of the song, and of all that decides how it is decoded.
        format: With which a byte can be found before the file is open.
        first: Sample of the song with which the stream began.
    """

    digest: str
    format: PcmFormat
    first: int

    @classmethod
    def parse(cls, text: str) -> "PcmEtag":
        """Read what `str` gave.

        Raises:
            AbortedError: MEDIA_CHANGED, no etag of a PCM stream has that form.
        """
        match = _ETAG.fullmatch(text)
        if match is None:
            raise media_changed()
        return cls(match[1], PcmFormat(int(match[2]), int(match[3])), int(match[4]))

    def __str__(self) -> str:
        return f"{self.digest}-{self.format.rate}x{self.format.channels}-{self.first}"


def pcm_digest(source_etag: str, restarts: tuple[int, ...]) -> str:
    """The digest of a song as PCM, from the etag of its AAC.

    Args:
        source_etag: Names the file; what it says of a place in it is left out.
        restarts: See `PcmDecoder`.
    """
    source = source_etag.partition("-")[0]
    text = " ".join(("PCM_S16LE", source, *map(str, restarts)))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_DIGITS]
