"""What stands before the audio in a file of frames: ID3v2 tags."""

TAG_HEAD_BYTES = 10
_FOOTER = 0x10
_LAST_BYTE_VALUE = 0x80
_NO_VERSION = 0xFF


def tag_size(head: bytes) -> int:
    """How many bytes the ID3v2 tag has that begins with `head`; 0 when none begins there.

    Args:
        head: At least 10 bytes, else there is no tag.
    """
    if len(head) < TAG_HEAD_BYTES or head[:3] != b"ID3":
        return 0
    digits = head[6:10]
    if max(digits) >= _LAST_BYTE_VALUE or _NO_VERSION in head[3:5]:
        return 0
    size = 0
    for digit in digits:
        size = size << 7 | digit
    footer = TAG_HEAD_BYTES if head[5] & _FOOTER else 0
    return TAG_HEAD_BYTES + size + footer
