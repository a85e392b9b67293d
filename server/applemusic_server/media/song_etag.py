"""The name under which a stream can be gone on with."""

import hashlib
import re
import struct
from dataclasses import dataclass

from applemusic_server.domain.audio import AudioContainer
from applemusic_server.domain.errors import AbortedError, Reason
from applemusic_server.media.playlist import MediaPlaylist

_DIGEST_DIGITS = 24
_ETAG = re.compile(r"([0-9a-f]{24})(?:-([1-9][0-9]{0,5}))?")


@dataclass(frozen=True, slots=True)
class SongEtag:
    """Which bytes a stream is made of.

    A stream that began with `start_offset` counts its bytes from its own beginning, so the etag
    also says with which segment that was.

    Attributes:
        digest: Of everything that the bytes depend on.
        segment: The stream's first segment.
    """

    digest: str
    segment: int

    @classmethod
    def parse(cls, text: str) -> "SongEtag":
        """Read what `str` gave.

        Raises:
            AbortedError: MEDIA_CHANGED, no etag of this server has that form.
        """
        match = _ETAG.fullmatch(text, 0)
        if match is None:
            raise media_changed()
        return cls(match[1], int(match[2] or 0))

    def __str__(self) -> str:
        return f"{self.digest}-{self.segment}" if self.segment else self.digest


def digest(
    playlist: MediaPlaylist, container: AudioContainer, init: bytes, validator: str | None
) -> str:
    """The digest of a song in a container.

    Addresses are no part of it: Apple signs them anew for every call. The file server's own
    validator is, because two files can have the same table of segments.
    """
    sha = hashlib.sha256()
    for part in (container.name, validator or "", playlist.key_id, init):
        data = part.encode() if isinstance(part, str) else part
        sha.update(len(data).to_bytes(8, "big") + data)
    ranges = [each for segment in playlist.segments for each in (segment.offset, segment.length)]
    sha.update(struct.pack(f">{len(ranges)}Q", *ranges))
    return sha.hexdigest()[:_DIGEST_DIGITS]


def media_changed() -> AbortedError:
    """What was streamed before is not what is there now."""
    return AbortedError(
        Reason.MEDIA_CHANGED,
        "the song is not the one that the etag names, in that container; start over",
    )
