"""The playlists and folders of one library."""

from collections.abc import Iterator

from applemusic_simulator.library.ids import ROOT, LibraryIds
from applemusic_simulator.library.items import LibraryFolder, LibraryPlaylist


class Shelf:
    """A tree of folders with playlists in it.

    Args:
        ids: Makes ids.

    Attributes:
        playlists: All of them, wherever they stand.
        coming: Made already and not yet visible; can be written to.
    """

    def __init__(self, ids: LibraryIds) -> None:
        self._ids = ids
        self._made = 0
        self.playlists: dict[str, LibraryPlaylist] = {}
        self.folders: dict[str, LibraryFolder] = {}
        self.coming: dict[str, LibraryPlaylist | LibraryFolder] = {}

    def new_id(self) -> str:
        """An id that was never used."""
        self._made += 1
        return self._ids.make("p", self._made)

    def put(self, found: LibraryPlaylist | LibraryFolder) -> None:
        """Make visible."""
        self.coming.pop(found.id, None)
        if isinstance(found, LibraryFolder):
            self.folders[found.id] = found
        else:
            self.playlists[found.id] = found

    def get(self, item_id: str) -> LibraryPlaylist | LibraryFolder | None:
        """What is visible under an id; the root is not among it."""
        return self.playlists.get(item_id) or self.folders.get(item_id)

    def writable(self, item_id: str) -> LibraryPlaylist | LibraryFolder | None:
        """What is visible under an id, or soon will be."""
        return self.get(item_id) or self.coming.get(item_id)

    def is_folder(self, item_id: str) -> bool:
        """Whether something can be put into it."""
        return item_id == ROOT or isinstance(self.writable(item_id), LibraryFolder)

    def children(self, folder_id: str) -> list[LibraryPlaylist | LibraryFolder]:
        """What stands in a folder: folders first, each by name."""
        folders = [each for each in self.folders.values() if each.parent == folder_id]
        playlists = [each for each in self.playlists.values() if each.parent == folder_id]
        return [*sorted(folders, key=_by_name), *sorted(playlists, key=_by_name)]

    def above(self, item_id: str) -> Iterator[str]:
        """The ids of the folders around something, the nearest first, the root last."""
        found = self.writable(item_id)
        while found is not None:
            yield found.parent
            found = self.writable(found.parent)

    def listed(self) -> list[LibraryPlaylist]:
        """All playlists by name."""
        return sorted(self.playlists.values(), key=_by_name)

    def remove(self, item_id: str) -> None:
        """Take something away, and with a folder all that is in it."""
        for child in self.children(item_id):
            self.remove(child.id)
        self.playlists.pop(item_id, None)
        self.folders.pop(item_id, None)
        self.coming.pop(item_id, None)


def _by_name(found: LibraryPlaylist | LibraryFolder) -> tuple[str, str]:
    return found.name.casefold(), found.id
