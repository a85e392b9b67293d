"""An EXT-X-KEY line: which of several is Widevine's, and the key id in it."""

import base64
import binascii
import re
from dataclasses import dataclass

from applemusic_server.media.failures import playlist_invalid

WIDEVINE_SYSTEM = bytes.fromhex("edef8ba979d64acea3c827dcd51d21ed")
_WIDEVINE_KEYFORMAT = "urn:uuid:edef8ba9-79d6-4ace-a3c8-27dcd51d21ed"
# Apple's own word, and the HLS one for the same AES-CTR encryption.
_METHODS = ("ISO-23001-7", "SAMPLE-AES-CTR")
_KEY_ID_BYTES = 16
_MAX_URI = 8192
_MAX_ATTRIBUTES = 32
_ATTRIBUTE = re.compile(r'\s*([A-Z0-9-]{1,64})=("[^"]*"|[^",]*)\s*(,|$)')
_DATA_URI = re.compile(r"data:[^,]*;base64,([A-Za-z0-9+/]*={0,2})")
_PSSH_FIXED_BYTES = 28
_KEY_ID_FIELD = 2


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A KEY line that Widevine can serve: its URI verbatim, and the key id in it."""

    uri: str
    key_id: bytes


def parse_key_line(value: str) -> KeyLine | None:
    """Read the attributes of an EXT-X-KEY tag.

    Returns:
        The key, or None for a line of another system: FairPlay's `skd://`, PlayReady's KEYFORMAT
        (which carries the Widevine URI, so the URI alone decides nothing), another METHOD.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID, a Widevine line without exactly one key id.
    """
    attributes = parse_attributes(value)
    key_format = attributes.get("KEYFORMAT")
    uri = attributes.get("URI", "")
    if attributes.get("METHOD") not in _METHODS or not uri.startswith("data:"):
        return None
    if key_format is not None and key_format.lower() != _WIDEVINE_KEYFORMAT:
        return None
    return KeyLine(uri, _key_id(uri))


def parse_attributes(value: str) -> dict[str, str]:
    """An HLS attribute list as a dict, quotes taken off.

    Raises:
        InternalError: UPSTREAM_RESPONSE_INVALID, it breaks the grammar or names something twice.
    """
    attributes: dict[str, str] = {}
    position = 0
    while position < len(value):
        match = _ATTRIBUTE.match(value, position)
        if match is None or match[1] in attributes or len(attributes) >= _MAX_ATTRIBUTES:
            raise playlist_invalid("it has an attribute list that is none")
        attributes[match[1]] = match[2].strip('"')
        position = match.end()
    return attributes


def _key_id(uri: str) -> bytes:
    match = _DATA_URI.fullmatch(uri) if len(uri) <= _MAX_URI else None
    if match is None:
        raise playlist_invalid("it has a key address that is not base64 data")
    try:
        data = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        raise playlist_invalid("it has a key address that is not base64 data") from None
    return data if len(data) == _KEY_ID_BYTES else _key_id_of_pssh(data)


def _key_id_of_pssh(box: bytes) -> bytes:
    """The one key id in a Widevine `pssh` box, from its list or from its data."""
    if (
        len(box) < _PSSH_FIXED_BYTES
        or int.from_bytes(box[:4], "big") != len(box)
        or box[4:8] != b"pssh"
        or box[12:28] != WIDEVINE_SYSTEM
    ):
        raise playlist_invalid("it has key data that is neither a key id nor Widevine's")
    at = _PSSH_FIXED_BYTES
    key_ids: set[bytes] = set()
    if box[8]:
        count = int.from_bytes(box[at : at + 4], "big")
        at += 4
        listed = box[at : at + _KEY_ID_BYTES * count]
        if len(listed) != _KEY_ID_BYTES * count:
            raise playlist_invalid("it has a cut-off pssh box")
        at += len(listed)
        key_ids |= {listed[i : i + _KEY_ID_BYTES] for i in range(0, len(listed), _KEY_ID_BYTES)}
    size = int.from_bytes(box[at : at + 4], "big")
    data = box[at + 4 :]
    if len(box) < at + 4 or size != len(data):
        raise playlist_invalid("it has a cut-off pssh box")
    key_ids |= _key_ids_of_header(data)
    if len(key_ids) != 1:
        raise playlist_invalid(f"it has {len(key_ids)} key ids where one belongs")
    return key_ids.pop()


def _key_ids_of_header(data: bytes) -> set[bytes]:
    """The `key_ids` of a WidevinePsshData message, read without generated code."""
    found: set[bytes] = set()
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        match tag & 7:
            case 0:
                _, at = _varint(data, at)
            case 1:
                at += 8
            case 2:
                size, at = _varint(data, at)
                if tag >> 3 == _KEY_ID_FIELD and size == _KEY_ID_BYTES:
                    found.add(data[at : at + size])
                at += size
            case 5:
                at += 4
            case _:
                raise playlist_invalid("it has a pssh box with broken data")
    if at > len(data):
        raise playlist_invalid("it has a pssh box with broken data")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(10):
        if at >= len(data):
            raise playlist_invalid("it has a pssh box with broken data")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << 7 * shift
        if not byte & 0x80:
            return value, at
    raise playlist_invalid("it has a pssh box with broken data")
