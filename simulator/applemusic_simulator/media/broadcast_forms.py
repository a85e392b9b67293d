"""The same AAC frames as MPEG-TS and as fragments of MP4, through FFmpeg's libraries."""

import io
from typing import Any

import av
from av.bitstream import BitStreamFilterContext

_MOOF = b"moof"
_MP4_OPTIONS = {
    "movflags": "empty_moov+default_base_moof+delay_moov+skip_trailer",
    "frag_duration": "600000000",
    "fflags": "+bitexact",
}


def as_transport_stream(adts: bytes) -> bytes:
    """Return a whole segment in MPEG-TS, with its tables."""
    return _remux(adts, "mpegts", {"fflags": "+bitexact"}, "null")


def as_mp4(adts: bytes) -> tuple[bytes, bytes]:
    """Return the init segment, and one fragment that begins at media time 0."""
    whole = _remux(adts, "mp4", _MP4_OPTIONS, "aac_adtstoasc")
    at = whole.index(_MOOF) - 4
    return whole[:at], whole[at:]


def _remux(adts: bytes, form: str, options: dict[str, str], filter_name: str) -> bytes:
    out = io.BytesIO()
    with (
        av.open(io.BytesIO(adts), mode="r", format="aac") as source,
        av.open(out, "w", format=form, options=options) as target,
    ):
        stream: Any = target.add_stream_from_template(source.streams.audio[0])
        filtered = BitStreamFilterContext(filter_name, source.streams.audio[0], stream)
        for packet in source.demux(audio=0):
            if packet.size:
                for each in filtered.filter(packet):
                    each.stream = stream
                    target.mux(each)
    return out.getvalue()
