"""Which of the possible kinds of file a song is served as."""

from dataclasses import dataclass, replace
from typing import Literal

Auxiliary = Literal["senc", "saiz", "mdat", "both"]

_AUXILIARY: tuple[Auxiliary, ...] = ("senc", "saiz", "mdat", "both")


@dataclass(frozen=True, slots=True)
class Variant:
    """How a file is encoded and packaged; what Apple does exactly is not known.

    The default is the assumed one: whole samples, 8-byte IVs, no `sidx`.

    Attributes:
        fragment_seconds: Longest playing time of one `moof`/`mdat` pair.
        kbps: AAC bit rate; the flavours are `28:ctrp256` and `32:ctrp64`.
        iv_size: Bytes of an initialisation vector in the file, 8 or 16.
        subsamples: Leave a few bytes of each sample clear and list what is encrypted.
        sidx: Put an index of the fragments behind `moov`.
        auxiliary: Where the IVs are: in a `senc` box; in a `free` box (`saiz`) or in `mdat` before
            the samples (`mdat`), found by `saiz`/`saio` alone; or in a `senc` box that these two
            point at.
    """

    fragment_seconds: int = 15
    kbps: int = 256
    iv_size: int = 8
    subsamples: bool = False
    sidx: bool = False
    auxiliary: Auxiliary = "both"

    def __post_init__(self) -> None:
        if not 1 <= self.fragment_seconds <= 60:  # noqa: PLR2004 - longer is nobody's practice
            raise ValueError("fragment_seconds is 1 to 60")
        if self.iv_size not in (8, 16):
            raise ValueError("iv_size is 8 or 16")
        if self.kbps not in (64, 256):
            raise ValueError("kbps is 64 or 256")
        if self.auxiliary not in _AUXILIARY:
            raise ValueError(f"auxiliary is one of {', '.join(_AUXILIARY)}")

    @property
    def name(self) -> str:
        """Short and fit for a path, such as `15s-256k-iv8-both`; `parse` reads it."""
        parts = [f"{self.fragment_seconds}s", f"{self.kbps}k", f"iv{self.iv_size}", self.auxiliary]
        parts += [word for word in ("subsamples", "sidx") if getattr(self, word)]
        return "-".join(parts)

    def at(self, kbps: int) -> "Variant":
        """The same at another bit rate."""
        return replace(self, kbps=kbps)

    @classmethod
    def parse(cls, name: str) -> "Variant":
        """Read a name; words left out keep their defaults.

        Raises:
            ValueError: A word is not known or its number is out of range.
        """
        values: dict[str, int | bool | str] = {}
        for word in name.split("-"):
            if word in ("subsamples", "sidx"):
                values[word] = True
            elif word in _AUXILIARY:
                values["auxiliary"] = word
            elif word.startswith("iv") and word[2:].isdecimal():
                values["iv_size"] = int(word[2:])
            elif word.endswith("s") and word[:-1].isdecimal():
                values["fragment_seconds"] = int(word[:-1])
            elif word.endswith("k") and word[:-1].isdecimal():
                values["kbps"] = int(word[:-1])
            else:
                raise ValueError(f"unknown word {word!r} in a variant's name")
        return cls(**values)  # type: ignore[arg-type] # each value was made for its field above


DEFAULT = Variant()
"""What Apple is assumed to serve."""
