"""A segment of a broadcast, in whichever form it came, as AAC frames and tags."""

from applemusic_server.domain.errors import (
    DataLossError,
    FailedPreconditionError,
    Reason,
    UnimplementedError,
)
from applemusic_server.media.adts import AdtsWriter
from applemusic_server.media.decryptor import Decryptor
from applemusic_server.media.live_failures import live_station_protected
from applemusic_server.media.mpeg_ts import is_transport_stream, packed_of_transport_stream
from applemusic_server.media.packed_aac import PackedAac, read_packed_aac


def read_segment(data: bytes, init: bytes) -> PackedAac:
    """Read a segment: packed AAC, an MPEG transport stream, or a fragment of MP4.

    Args:
        data: The segment, whole.
        init: Its init segment; empty where the playlist names none.

    Raises:
        DataLossError: MEDIA_MALFORMED or MEDIA_TRUNCATED.
        FailedPreconditionError: LIVE_STATION_PROTECTED, it is encrypted; RENDITION_NOT_FOUND, AAC
            that only MP4 can hold.
    """
    if init:
        return read_packed_aac(_adts_of_mp4(init, data))
    if is_transport_stream(data):
        return read_packed_aac(packed_of_transport_stream(data))
    return read_packed_aac(data)


def _adts_of_mp4(init: bytes, data: bytes) -> bytes:
    decryptor = Decryptor(None, AdtsWriter())
    try:
        return decryptor.feed(init) + decryptor.feed(data) + decryptor.close()
    except DataLossError as error:
        if error.reason is not Reason.DECRYPTION_KEY_WRONG:
            raise
        raise live_station_protected() from None
    except UnimplementedError:
        raise FailedPreconditionError(
            Reason.RENDITION_NOT_FOUND, "the broadcast sends a kind of AAC that only MP4 can hold"
        ) from None
