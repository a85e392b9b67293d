"""One song as files on disk, with all that a playlist or a test wants to know about them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from applemusic_simulator.media.fragments import Layout
from applemusic_simulator.media.package import ContentKey
from applemusic_simulator.media.variant import Variant


@dataclass(frozen=True, slots=True)
class AssetFragment:
    """Where a fragment lies in the encrypted file and how long it plays, in samples."""

    offset: int
    size: int
    duration: int


@dataclass(frozen=True, slots=True)
class AssetIndex:
    """The map of an encrypted file; kept beside it as JSON.

    Attributes:
        size: Bytes in all.
        init_size: Bytes before the first fragment, `sidx` included.
        timescale: Samples per second.
        priming: Samples at the start that a player drops.
        samples: True length: priming and padding not counted.
        access_units: AAC frames.
    """

    size: int
    init_size: int
    timescale: int
    priming: int
    samples: int
    access_units: int
    fragments: tuple[AssetFragment, ...]

    @classmethod
    def of(cls, layout: Layout, size: int, samples: int) -> "AssetIndex":
        """Index a file by its layout."""
        return cls(
            size=size,
            init_size=layout.init_size,
            timescale=layout.timescale,
            priming=layout.priming,
            samples=samples,
            access_units=layout.access_units,
            fragments=tuple(
                AssetFragment(part.offset, part.size, part.duration) for part in layout.fragments
            ),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-ready values; `from_json` reads them."""
        values: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__}
        values["fragments"] = [[f.offset, f.size, f.duration] for f in self.fragments]
        return values

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "AssetIndex":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError: It is something else.
        """
        numbers = {name: int(values[name]) for name in cls.__slots__ if name != "fragments"}
        fragments = tuple(AssetFragment(*map(int, row)) for row in values["fragments"])
        return cls(fragments=fragments, **numbers)


@dataclass(frozen=True, slots=True)
class Asset:
    """A song, ready to be served.

    Attributes:
        encrypted_path: What the CDN serves.
        clear_path: The original it was made from, never served.
        key: Key id and key.
    """

    song_id: str
    variant: Variant
    encrypted_path: Path
    clear_path: Path
    key: ContentKey
    index: AssetIndex

    @property
    def kid(self) -> bytes:
        """The 16-byte key id that the playlist names."""
        return self.key.kid
