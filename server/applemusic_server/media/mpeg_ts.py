"""MPEG transport streams, as far as segments of radio use them: one AAC stream, and ID3 beside it.

Reference: ISO/IEC 13818-1. A segment is complete in itself (RFC 8216 section 3.2): it holds its
tables, and whole frames.
"""

from collections.abc import Iterator

from applemusic_server.media.failures import malformed

PACKET_BYTES = 188
_SYNC = 0x47
_TABLE_PID = 0
_NULL_PID = 0x1FFF
_PROGRAMS, _STREAMS = 0x00, 0x02
_AAC_IN_ADTS, _METADATA = 0x0F, 0x15
_PES_HEAD = 9
_PES_START = b"\x00\x00\x01"
_CHECKSUM = 4
_MAX_PAYLOAD = 1 << 23


def is_transport_stream(data: bytes) -> bool:
    """Whether a segment looks like one: two packets in a row, or a single one."""
    return (
        len(data) >= PACKET_BYTES
        and data[0] == _SYNC
        and (len(data) == PACKET_BYTES or data[PACKET_BYTES] == _SYNC)
    )


def packed_of_transport_stream(data: bytes) -> bytes:
    """Return the ADTS frames of a segment, with its ID3 tags before them.

    Where within the segment a tag stood is not kept: its seconds are fewer than what a listener's
    player holds anyway.

    Raises:
        DataLossError: MEDIA_MALFORMED, broken packets or tables, or no AAC in it.
    """
    reading = _Reading()
    for pid, starts, payload in _packets(data):
        reading.packet(pid, payload, starts=starts)
    return reading.result()


def _packets(data: bytes) -> Iterator[tuple[int, bool, bytes]]:
    """PID, whether a unit starts, and payload of each packet that has one."""
    if len(data) % PACKET_BYTES:
        raise malformed("a transport stream that does not consist of whole packets")
    for at in range(0, len(data), PACKET_BYTES):
        head = int.from_bytes(data[at : at + 4], "big")
        if head >> 24 != _SYNC or head & 0x800000:
            raise malformed("a broken packet in a transport stream")
        if head & 0xC0:
            raise malformed("an encrypted packet in a transport stream")
        pid, start = head >> 8 & 0x1FFF, at + 4
        if head & 0x20:
            start += 1 + data[start]
        if not head & 0x10 or pid == _NULL_PID:
            continue
        if start > at + PACKET_BYTES:
            raise malformed("a broken packet in a transport stream")
        yield pid, bool(head & 0x400000), data[start : at + PACKET_BYTES]


class _Reading:
    """A segment as far as it has been read."""

    def __init__(self) -> None:
        self._map_pid: int | None = None
        self._audio_pid: int | None = None
        self._tag_pid: int | None = None
        self._sections: dict[int, bytearray] = {}
        self._units: dict[int, list[bytearray]] = {}
        self._unknown: set[int] = set()

    def packet(self, pid: int, payload: bytes, *, starts: bool) -> None:
        if pid in (_TABLE_PID, self._map_pid):
            self._table(pid, payload, starts=starts)
        elif pid in (self._audio_pid, self._tag_pid):
            units = self._units.setdefault(pid, [])
            if starts:
                units.append(bytearray())
            elif not units:
                raise malformed("a transport stream that begins in the middle of a frame")
            units[-1] += payload
            if len(units[-1]) > _MAX_PAYLOAD:
                raise malformed("a transport stream with a unit that does not end")
        elif self._audio_pid is None:
            self._unknown.add(pid)

    def result(self) -> bytes:
        if self._audio_pid is None:
            raise malformed("a transport stream without AAC")
        if self._audio_pid in self._unknown:
            raise malformed("a transport stream with audio before its tables")
        audio = b"".join(map(_payload, self._units.get(self._audio_pid, [])))
        tags = b""
        if self._tag_pid is not None:
            tags = b"".join(map(_payload, self._units.get(self._tag_pid, [])))
        return tags + audio

    def _table(self, pid: int, payload: bytes, *, starts: bool) -> None:
        if starts:
            self._sections[pid] = bytearray(payload[1 + payload[0] :] if payload else b"")
        elif pid in self._sections:
            self._sections[pid] += payload
        section = bytes(self._sections.get(pid, b""))
        size = 3 + (int.from_bytes(section[1:3], "big") & 0xFFF)
        if len(section) < max(size, 8):
            return  # goes on in the next packet
        body = section[8 : size - _CHECKSUM]
        if pid == _TABLE_PID and section[0] == _PROGRAMS:
            self._programs(body)
        elif pid == self._map_pid and section[0] == _STREAMS:
            self._streams(body)
        del self._sections[pid]

    def _programs(self, body: bytes) -> None:
        for at in range(0, len(body) - 3, 4):
            if body[at : at + 2] != b"\0\0":  # 0 is the network's own table
                self._map_pid = int.from_bytes(body[at + 2 : at + 4], "big") & 0x1FFF
                return

    def _streams(self, body: bytes) -> None:
        at = 4 + (int.from_bytes(body[2:4], "big") & 0xFFF)
        while at + 5 <= len(body):
            pid = int.from_bytes(body[at + 1 : at + 3], "big") & 0x1FFF
            if body[at] == _AAC_IN_ADTS and self._audio_pid is None:
                self._audio_pid = pid
            elif body[at] == _METADATA and self._tag_pid is None:
                self._tag_pid = pid
            at += 5 + (int.from_bytes(body[at + 3 : at + 5], "big") & 0xFFF)


def _payload(unit: bytearray) -> bytes:
    """What a unit carries, without its own header and what is filled up behind it."""
    head = bytes(unit[:_PES_HEAD])
    if len(head) < _PES_HEAD or head[:3] != _PES_START:
        raise malformed("a transport stream with a unit without its header")
    size = int.from_bytes(head[4:6], "big")
    end = 6 + size if size else len(unit)
    if end > len(unit):
        raise malformed("a transport stream with a unit that is cut off")
    return bytes(unit[_PES_HEAD + head[8] : end])
