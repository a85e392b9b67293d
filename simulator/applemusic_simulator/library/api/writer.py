"""Renders library resources as one request wants them."""

from collections.abc import Iterable, Sequence
from typing import Any

from applemusic_simulator.api.query import Query
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.errors import no_related
from applemusic_simulator.library.api.kinds import FOLDERS, KINDS, SONGS, VIDEOS, LibraryKind, Ref
from applemusic_simulator.library.api.kinds import Related as Relationship
from applemusic_simulator.library.api.words import LibraryWords, row_words
from applemusic_simulator.library.ids import ROOT
from applemusic_simulator.library.items import Item, LibraryVideo, catalog_id_of
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Catalogue

Resource = dict[str, Any]
_DEEPEST = 2
BASE = "/v1/me/library"


class LibraryWriter:
    """Words the answer to one request.

    Args:
        library: As it shows now.
        words: Words attributes.
        catalogue: Where the twins are.
        twins: Words them.
        query: `include`, `relate`, `extend`, `fields` and `limit[...]`, each untyped for the
            primary data or typed.
        origin: The simulator's own address.
    """

    def __init__(
        self,
        library: Library,
        words: LibraryWords,
        catalogue: Catalogue,
        twins: ResourceWriter,
        *,
        query: Query,
        origin: str,
    ) -> None:
        self._library = library
        self._words = words
        self._catalogue = catalogue
        self._twins = twins
        self._query = query
        self._origin = origin
        self._rows_promised = False
        self._known: dict[tuple[str, str, bool], set[str]] = {}
        self._asked = {
            name: query.typed(name) for name in ("include", "relate", "extend", "fields")
        }

    def found(self, kind: LibraryKind, ids: Iterable[str]) -> list[Resource]:
        """The items among these ids, as answered to a request for ids."""
        items = (kind.find(self._library, item_id) for item_id in ids)
        return [self._resource(kind, item, 0, direct=True) for item in items if item is not None]

    def resource(self, kind: LibraryKind, item: Item) -> Resource:
        """One item that may not show yet, e.g. a playlist just made."""
        return self._resource(kind, item, 0, direct=False)

    def listed(self, refs: Iterable[Ref]) -> list[Resource]:
        """Primary resources in a list."""
        return self._all(refs, 0)

    def page(
        self, path: str, refs: Sequence[Ref], limit: int, *, name: str, empty_is_fine: bool
    ) -> Resource:
        """A page of a list with `next` and `meta.total`.

        Raises:
            AppleError: 404 40403, nothing is on it; not if `empty_is_fine`.
        """
        offset = self._query.offset()
        wanted = refs[offset : offset + limit]
        if not wanted and not empty_is_fine:
            raise no_related(name)
        page: Resource = {"data": self.listed(wanted), "meta": {"total": len(refs)}}
        if offset + limit < len(refs):
            page = {"next": self._query.next_path(path, offset + limit), **page}
        return page

    def related(self, kind: LibraryKind, item: Item, name: str) -> Resource:
        """A page of a relationship that was asked for by its own path.

        Raises:
            AppleError: 404 40403, nothing is on it.
        """
        self._rows_promised = name == "children"
        path = f"{self.href(kind, item.id)}/{name}"
        if name == "catalog":
            data = self._twin(kind, item)
            if not data:
                raise no_related(name)
            return {"data": data}
        relationship = kind.related[name]
        refs = relationship.refs(self._library, item)
        limit = self._query.limit(relationship.default, relationship.most)
        fine = relationship.past_end and bool(refs)
        page = self.page(path, refs, limit, name=name, empty_is_fine=fine)
        if not relationship.total:
            del page["meta"]
        return page

    def wants(self, name: str, kind: LibraryKind) -> bool:
        """Whether `include` names a relationship of the primary data."""
        return name in self._wanted("include", kind, 0)

    @staticmethod
    def href(kind: LibraryKind, item_id: str) -> str:
        """The root-relative path of a library resource."""
        return f"{BASE}/{kind.path}/{item_id}"

    def identifier(self, kind: LibraryKind, item_id: str) -> Resource:
        """A bare reference."""
        return {"id": item_id, "type": kind.type, "href": self.href(kind, item_id)}

    def _all(self, refs: Iterable[Ref], depth: int) -> list[Resource]:
        found = (self._of(ref, depth) for ref in refs)
        return [resource for resource in found if resource is not None]

    def _of(self, ref: Ref, depth: int) -> Resource | None:
        if ref.kind == "row":
            return self._row(ref.key, depth)
        kind = KINDS[ref.kind]
        item = (
            self._library.song_of(ref.key)
            if kind.type == SONGS
            else kind.find(self._library, ref.key)
        )
        return None if item is None else self._resource(kind, item, depth, direct=False)

    def _row(self, row: str, depth: int) -> Resource | None:
        """A row of a playlist: what it stands for, if that is in the library, else the bare row."""
        letter, _, catalog_id = row.partition(".")
        item: Item | None
        if letter != "a":
            item = self._library.song(row) or self._library.video(row)
        else:
            item = self._library.song_with(catalog_id) or self._library.video_with(catalog_id)
        if item is not None:
            kind = KINDS[VIDEOS if isinstance(item, LibraryVideo) else SONGS]
            return self._resource(kind, item, depth, direct=False)
        return self._bare_row(row, catalog_id, depth) if letter == "a" else None

    def _bare_row(self, row: str, catalog_id: str, depth: int) -> Resource | None:
        """A row for something that is not in the library."""
        song = self._catalogue.songs.get(catalog_id)
        if song is None:
            return self._bare_video(row, catalog_id, depth)
        album = self._catalogue.albums[song.album_id].name
        artist = self._catalogue.artists[song.artist_id].name
        resource: Resource = {"id": row, "type": SONGS, "href": f"{BASE}/songs/{row}"}
        resource["attributes"] = row_words(song, album, artist, self._origin)
        if "catalog" in self._wanted("include", KINDS[SONGS], depth):
            data = self._twins.included("songs", [song.id])
            resource["relationships"] = {
                "catalog": {"href": f"{resource['href']}/catalog", "data": data}
            }
        return resource

    def _bare_video(self, row: str, catalog_id: str, depth: int) -> Resource | None:
        video = self._catalogue.music_videos.get(catalog_id)
        if video is None:
            return None
        song = self._catalogue.songs[video.song_id]
        artist = self._catalogue.artists[song.artist_id].name
        found = LibraryVideo(row, 0, song, artist, catalog_id, "", 0.0)
        return self._resource(KINDS[VIDEOS], found, depth, direct=False)

    def _resource(self, kind: LibraryKind, item: Item, depth: int, *, direct: bool) -> Resource:
        resource = self.identifier(kind, item.id)
        if item.id != ROOT:
            fields = self._wanted("fields", kind, depth)
            words = self._words.of(kind.type, item, fields | self._wanted("extend", kind, depth))
            if fields:
                words = {name: value for name, value in words.items() if name in fields}
            resource["attributes"] = words
        relationships = self._relationships(kind, item, depth, direct=direct)
        if relationships:
            resource["relationships"] = relationships
        return resource

    def _relationships(
        self, kind: LibraryKind, item: Item, depth: int, *, direct: bool
    ) -> Resource:
        include, relate = self._wanted("include", kind, depth), self._wanted("relate", kind, depth)
        found: Resource = {}
        if "catalog" in include | relate and kind.catalog:
            href = f"{self.href(kind, item.id)}/catalog"
            data = self._twin(kind, item, bare="catalog" not in include)
            found["catalog"] = {"href": href, "data": data}
        for name, relationship in kind.related.items():
            full = name in include or (direct and relationship.direct)
            if full and name == "parent":
                found[name] = self._nested_parent(kind, item)
            elif full or name in relate:
                found[name] = self._relationship(kind, item, name, depth, bare=not full)
        return found

    def _relationship(
        self, kind: LibraryKind, item: Item, name: str, depth: int, *, bare: bool
    ) -> Resource:
        relationship: Relationship = kind.related[name]
        refs = relationship.refs(self._library, item)
        href = f"{self.href(kind, item.id)}/{name}"
        limit = self._query.limit(relationship.default, relationship.most, f"limit[{name}]")
        found: Resource = {"href": href}
        if name == "tracks" and kind.path == "playlists" and (depth or self._rows_promised):
            # Among the children of a folder the rows are only promised (reference 13.5).
            found |= {"data": [], "next": self._query.next_path(href, 0)}
        else:
            data = self._all(refs[:limit], depth + 1) if depth < _DEEPEST else []
            found["data"] = [_bare(resource) for resource in data] if bare else data
            if limit < len(refs):
                found["next"] = self._query.next_path(href, limit)
        if relationship.total:
            found["meta"] = {"total": len(refs)}
        return found

    def _nested_parent(self, kind: LibraryKind, item: Item) -> Resource:
        """The folder around something, in it the folder around that, up to the root."""
        around = list(self._library.shelf.above(item.id))
        href = f"{self.href(kind, item.id)}/parent"
        if not around:
            return {"href": href, "data": []}
        folder = KINDS[FOLDERS].find(self._library, around[0])
        if folder is None:
            return {"href": href, "data": []}
        resource = self._resource(KINDS[FOLDERS], folder, _DEEPEST, direct=False)
        if folder.id != ROOT:
            parent = self._nested_parent(KINDS[FOLDERS], folder)
            resource["relationships"] = {"parent": parent}
        return {"href": href, "data": [resource]}

    def _twin(self, kind: LibraryKind, item: Item, *, bare: bool = False) -> list[Resource]:
        found = self._twins.included(kind.catalog, [catalog_id_of(item)]) if kind.catalog else []
        return [_bare(resource) for resource in found] if bare else found

    def _wanted(self, parameter: str, kind: LibraryKind, depth: int) -> set[str]:
        key = parameter, kind.type, depth == 0
        if key not in self._known:
            asked = self._asked[parameter]
            self._known[key] = {
                *asked.get(kind.type, ()),
                *(asked.get("", ()) if depth == 0 else ()),
            }
        return self._known[key]


def _bare(resource: Resource) -> Resource:
    return {name: resource[name] for name in ("id", "type", "href")}
