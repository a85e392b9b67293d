"""How many columns of a terminal a text takes, and cutting it to fewer."""

import unicodedata
from typing import Final

ELLIPSIS: Final = "…"
_WIDE: Final = frozenset("WF")
_EMOJI_STYLE: Final = "\ufe0f"  # asks for the coloured picture, which is two columns wide
_WITHOUT_WIDTH: Final = frozenset({"Mn", "Me", "Cf"})
_JAMO: Final = range(0x1160, 0x1200)  # vowels and finals that join the letter before them
# Directions that a title could turn the rest of the line into; letters have their own.
_TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def clean(text: str) -> str:
    """Return a text of somebody else's without what a terminal would obey.

    Titles of uploads are what a listener's files say, so they are no more trusted than any input.
    """
    return "".join(_harmless(letter) for letter in text)


def width_of(text: str) -> int:
    """Return how many columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_columns(letter) for letter in text)


def cut(text: str, width: int) -> str:
    """Return as much of a text as fits, with an ellipsis where something is missing."""
    if width_of(text) <= width:
        return text
    kept, used = [], 0
    for letter in text:
        used += _columns(letter)
        if used > width - 1:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + ELLIPSIS if width > 0 else ""


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return a text with blanks up to a width; `right` puts them before it."""
    blanks = " " * (width - width_of(text))
    return blanks + text if right else text + blanks


def _columns(letter: str) -> int:
    if letter == _EMOJI_STYLE:
        return 1  # what stands before it has counted as one
    if unicodedata.category(letter) in _WITHOUT_WIDTH or ord(letter) in _JAMO:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in _WIDE else 1


def _harmless(letter: str) -> str:
    if letter in _TURNS:
        return ""
    return " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter
