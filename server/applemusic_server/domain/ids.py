"""What can be an id of Apple's: the one rule for every layer.

Catalog ids are digits, `pl.…`, `ra.…`; library ids `i.…`, `l.…`, `p.…`; others hold base64. Commas,
slashes, blanks and percent signs are in none, so an id can stand in a list or a path as it is.
"""

import re
from typing import Final

ID_RULE: Final = "an id is 1 to 128 ASCII letters, digits and '.', '-', '_', ':', '=', '~'"
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:=~-]{0,127}")


def is_id(value: str) -> bool:
    """Whether `value` can be an id; it begins with a letter or digit, so it is no `..` either."""
    return _ID.fullmatch(value) is not None


def is_library_song(song_id: str) -> bool:
    """Whether an id is of a song in a library (`i.…`), not of the catalog."""
    return song_id.startswith("i.")
