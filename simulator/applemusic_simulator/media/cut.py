"""Cutting one encoded piece into songs that join without a gap."""

import struct
from itertools import accumulate

from applemusic_simulator.media.boxes import box, find, full_box
from applemusic_simulator.media.fragments import read_layout

FRAME_SAMPLES = 1024
_LEAD_FRAMES = 2
"""Frames before the first one that is heard: AAC frames overlap, so that a decoder that begins at
one gets it right from the next on. An encoder's own priming serves the same end."""

_DEFAULT_BASE_IS_MOOF = 0x020000
_TRUN_FLAGS = 0x000001 | 0x000100 | 0x000200  # data offset; duration and size of each sample


def cut_song(whole: bytes, start: int, samples: int, fragment_seconds: int) -> bytes:
    """Return a song that was cut from a longer piece, as a clear fragmented MP4 of its own.

    No sample is encoded again: what is decoded and not left out by the edit list equals the piece's
    own samples, each of them.

    Args:
        whole: The piece, clear and fragmented, with an edit list that drops its priming.
        start: Where the song begins, in samples of what is to be heard of the piece.
        samples: How long it is.
        fragment_seconds: Longest playing time of a fragment.

    Raises:
        ValueError: `whole` is no such file, or ends before the song does.
    """
    layout = read_layout(whole)
    begin = layout.priming + start
    first = max(0, begin // FRAME_SAMPLES - _LEAD_FRAMES)
    frames = _frames(whole)[first : (begin + samples - 1) // FRAME_SAMPLES + 1]
    if (first + len(frames)) * FRAME_SAMPLES < begin + samples:
        raise ValueError("the piece ends before the song does")
    at_once = max(1, fragment_seconds * layout.timescale // FRAME_SAMPLES)
    fragments = [
        _fragment(number + 1, place * FRAME_SAMPLES, frames[place : place + at_once])
        for number, place in enumerate(range(0, len(frames), at_once))
    ]
    priming = begin - first * FRAME_SAMPLES
    return b"".join((_head(whole[: layout.init_size], priming, samples), *fragments))


def _frames(data: bytes) -> list[bytes]:
    frames = []
    for fragment in read_layout(data).fragments:
        end = fragment.offset + fragment.size
        place = end - sum(fragment.sample_sizes)
        for stop in accumulate(fragment.sample_sizes, initial=place):
            if stop > place:
                frames.append(data[place:stop])
            place = stop
    return frames


def _head(head: bytes, priming: int, samples: int) -> bytes:
    edits = find(head, "moov/trak/edts/elst")
    if struct.unpack_from(">II", head, edits.body) != (0, 1):
        raise ValueError("an edit list of another form than FFmpeg's")
    patched = bytearray(head)
    struct.pack_into(">Ii", patched, edits.body + 8, samples, priming)
    return bytes(patched)


def _fragment(number: int, time: int, frames: list[bytes]) -> bytes:
    rows = b"".join(struct.pack(">II", FRAME_SAMPLES, len(frame)) for frame in frames)

    def moof(data_offset: int) -> bytes:
        run = struct.pack(">Ii", len(frames), data_offset)
        return box(
            "moof",
            full_box("mfhd", 0, 0, struct.pack(">I", number)),
            box(
                "traf",
                full_box("tfhd", 0, _DEFAULT_BASE_IS_MOOF, struct.pack(">I", 1)),
                full_box("tfdt", 1, 0, struct.pack(">Q", time)),
                full_box("trun", 0, _TRUN_FLAGS, run, rows),
            ),
        )

    return moof(len(moof(0)) + 8) + box("mdat", *frames)
