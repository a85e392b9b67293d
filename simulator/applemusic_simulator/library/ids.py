"""Library ids: opaque to a client, a number to the simulator."""

import hashlib

_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS)}
# Letter -> (bits, digits): `i.PkdJNdAIrQozOW` and `l.sticiFl` in Apple's recorded answers.
_FORMS = {"i": (80, 14), "p": (80, 14), "l": (41, 7), "r": (41, 7)}
ROOT = "p.playlistsroot"
"""The folder that holds everything, of every account."""


class LibraryIds:
    """Turns the numbers of one account into ids and back.

    Args:
        seed: The world's.
        account_id: Two accounts have different ids for the same number.
    """

    def __init__(self, seed: int, account_id: str) -> None:
        self._keys = {
            letter: self._key(f"{seed} {account_id} {letter}", bits)
            for letter, (bits, _) in _FORMS.items()
        }

    def make(self, letter: str, number: int) -> str:
        """The id of a number: `i` song or video, `l` album, `r` artist, `p` playlist or folder."""
        bits, length = _FORMS[letter]
        factor, shift, _ = self._keys[letter]
        value = (number * factor + shift) % (1 << bits)
        digits = []
        for _ in range(length):
            value, digit = divmod(value, len(_DIGITS))
            digits.append(_DIGITS[digit])
        return f"{letter}.{''.join(digits)}"

    def number(self, letter: str, library_id: str) -> int | None:
        """The number of an id, or None if it has not the form of one."""
        bits, length = _FORMS[letter]
        head, _, digits = library_id.partition(".")
        if head != letter or len(digits) != length or not set(digits) <= _VALUES.keys():
            return None
        value = 0
        for digit in reversed(digits):
            value = value * len(_DIGITS) + _VALUES[digit]
        _, shift, inverse = self._keys[letter]
        return (value - shift) * inverse % (1 << bits) if value < 1 << bits else None

    @staticmethod
    def _key(text: str, bits: int) -> tuple[int, int, int]:
        digest = hashlib.sha256(text.encode()).digest()
        factor = int.from_bytes(digest[:10], "big") % (1 << bits) | 1
        return factor, int.from_bytes(digest[10:20], "big"), pow(factor, -1, 1 << bits)
