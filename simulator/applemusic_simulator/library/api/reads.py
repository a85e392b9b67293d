"""What can be read of a library."""

from collections.abc import Callable, Hashable, Sequence

from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.resources import ResourceWriter
from applemusic_simulator.api.storefronts import check_storefront
from applemusic_simulator.errors import (
    AppleError,
    bad_parameter,
    bad_path,
    missing_parameter,
    not_found,
)
from applemusic_simulator.library.api.kinds import (
    ALBUMS,
    ARTISTS,
    BY_PATH,
    FOLDERS,
    KINDS,
    PLAYLISTS,
    SONGS,
    LibraryKind,
    Ref,
)
from applemusic_simulator.library.api.words import LibraryWords
from applemusic_simulator.library.api.writer import LibraryWriter, Resource
from applemusic_simulator.library.ids import ROOT
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.library.library import Library
from applemusic_simulator.model import Catalogue

_PAGE, _MOST = 25, 100
_RECENT = 10
_OF_CATALOGUE = ("songs", "albums", "playlists", "music-videos")
_RELATED_TO_MANY = {PLAYLISTS: "tracks", FOLDERS: "children"}
_NEVER = "1970-01-01T00:00:00Z"
# Lists of these follow from the songs and the opinions alone, if nothing else is asked for.
_FROM_SONGS = (SONGS, ALBUMS, ARTISTS)
_PLAIN_PARAMETERS = frozenset(
    {"limit", "offset", "l", "include", "extend", "limit[tracks]"}
    | {f"extend[{kind}]" for kind in ("songs", "albums", "artists", *_FROM_SONGS)}
)
_PLAIN_INCLUDES = frozenset({"catalog", "albums", "artists", "tracks"})


class LibraryReads:
    """`GET /v1/me/library/...` and `/v1/catalog/{storefront}/{kind}/{id}/library`.

    Args:
        twins: Makes the words for catalogue resources in answers about the listener.
        catalogue: With its depth.
        libraries: Of all accounts.
    """

    def __init__(
        self,
        twins: Callable[[Call], ResourceWriter],
        catalogue: Catalogue,
        libraries: Libraries,
    ) -> None:
        self._twins = twins
        self.catalogue = catalogue
        self._libraries = libraries

    def routes(self) -> Sequence[Route]:
        """All routes; those of searches and recent things are matched before."""
        base = "/me/library"
        table: tuple[tuple[str, Callable[[Call], Answer]], ...] = (
            (base, self._mixed),
            (f"{base}/recently-added", self._recently_added),
            (f"{base}/playlist-folders", self._folders),
            (f"{base}/{{kind}}", self._many),
            (f"{base}/{{kind}}/{{id}}", self._one),
            (f"{base}/{{kind}}/{{id}}/{{relationship}}", self._related),
            ("/catalog/{storefront}/{kind}/{id}/library", self._of_catalogue),
        )
        versions = {f"{base}/{{kind}}": self._version_of_list}
        return [
            Route("GET", path, answer, listener=True, version=versions.get(path, _no_version))
            for path, answer in table
        ]

    def library(self, call: Call) -> Library:
        """The listener's library as it shows now."""
        return self._libraries.of(call.listener.id)

    def writer(self, call: Call) -> LibraryWriter:
        """Words resources as this request wants them."""
        return LibraryWriter(
            self.library(call),
            LibraryWords(self._libraries, call.listener.id, call.origin),
            self.catalogue,
            self._twins(call),
            query=call.query,
            origin=call.origin,
        )

    def _version_of_list(self, call: Call) -> Hashable:
        """What a page of songs, albums or artists follows from; None for all other answers."""
        kind = BY_PATH.get(call.names["kind"])
        is_plain = call.query.has_only(_PLAIN_PARAMETERS)
        if kind is None or kind.type not in _FROM_SONGS or not is_plain:
            return None
        if not _PLAIN_INCLUDES.issuperset(call.query.names("include")):
            return None
        account, dates = call.listener, self._libraries.settings(call.listener.id).song_dates
        version = self.library(call).version
        return account.id, account.storefront, dates, version, self._libraries.more_version()

    def _mixed(self, call: Call) -> Answer:
        writer = self.writer(call)
        wanted = [kind for kind in KINDS.values() if f"ids[{kind.type}]" in call.query]
        if not wanted:
            raise missing_parameter("ids")
        data: list[Resource] = []
        for kind in wanted:
            data += writer.found(kind, call.query.ids(f"ids[{kind.type}]", kind.most_ids))
        return Answer({"data": data})

    def _recently_added(self, call: Call) -> Answer:
        library = self.library(call)
        limit, offset = call.query.limit(_RECENT, 25), call.query.offset()
        dated = [(album.added_at, Ref("library-albums", album.id)) for album in library.albums()]
        playlists = library.shelf.playlists.values()
        dated += [(found.added_at, Ref(PLAYLISTS, found.id)) for found in playlists]
        dated.sort(reverse=True)
        refs = [ref for _, ref in dated]
        page = self.writer(call).page(
            call.path, refs, limit, name="recently-added", empty_is_fine=not offset
        )
        del page["meta"]
        return Answer(page)

    def _folders(self, call: Call) -> Answer:
        kind, writer = KINDS[FOLDERS], self.writer(call)
        if "filter[identity]" not in call.query:
            return Answer({"data": self._by_ids(call, kind, writer)})
        if call.query.text("filter[identity]") != "playlistsroot":
            raise bad_parameter("filter[identity]", "Invalid value for parameter")
        # Recorded: the root is named in `meta` and has no attributes to be shown in `data`.
        data = writer.found(kind, [ROOT]) if call.query.typed("include") else []
        named = {"playlistsroot": [writer.identifier(kind, ROOT)]}
        return Answer({"data": data, "meta": {"filters": {"identity": named}}})

    def _many(self, call: Call) -> Answer:
        kind, writer = _kind(call), self.writer(call)
        if "ids" in call.query:
            return Answer({"data": self._by_ids(call, kind, writer)})
        limit = call.query.limit(_PAGE, _MOST)
        refs = kind.listed(self.library(call))
        is_playlists = kind.type == PLAYLISTS
        several = min(limit, len(refs)) > 1
        if is_playlists and several and writer.wants("tracks", kind):
            raise _too_many("tracks")
        return Answer(
            writer.page(call.path, refs, limit, name=kind.path, empty_is_fine=is_playlists)
        )

    def _by_ids(self, call: Call, kind: LibraryKind, writer: LibraryWriter) -> list[Resource]:
        if kind.type == PLAYLISTS and "limit" in call.query:
            raise bad_parameter("limit", "Limit may not be supplied on this request", "40004")
        ids = call.query.ids("ids", kind.most_ids)
        many = _RELATED_TO_MANY.get(kind.type, "")
        found = writer.found(kind, ids)
        if many and len(found) > 1 and writer.wants(many, kind):
            raise _too_many(many)
        if kind.type == PLAYLISTS and found:
            known = {resource["id"]: resource for resource in found}
            return [known.get(each) or _placeholder(writer, kind, each) for each in ids]
        return found

    def _one(self, call: Call) -> Answer:
        kind, writer = _kind(call), self.writer(call)
        item_id = call.names["id"]
        if item_id == ROOT and not writer.wants("children", kind):
            raise not_found()
        data = writer.found(kind, [item_id])
        if not data and kind.strict:
            raise not_found()
        return Answer({"data": data})

    def _related(self, call: Call) -> Answer:
        kind = _kind(call)
        name = call.names["relationship"]
        if name not in kind.related and not (name == "catalog" and kind.catalog):
            raise bad_path(f"No relationship found matching '{name}'")
        item = kind.find(self.library(call), call.names["id"])
        if item is None:
            raise not_found()
        return Answer(self.writer(call).related(kind, item, name))

    def _of_catalogue(self, call: Call) -> Answer:
        check_storefront(call.names["storefront"])
        kind_name = call.names["kind"]
        if kind_name not in _OF_CATALOGUE:
            raise bad_path("No relationship found matching 'library'")
        item = self.library(call).owned(kind_name, call.names["id"])
        if item is None:
            raise not_found()
        return Answer({"data": self.writer(call).found(BY_PATH[kind_name], [item.id])})


def _no_version(_call: Call) -> None:
    return None


def _kind(call: Call) -> LibraryKind:
    name = call.names["kind"]
    if name not in BY_PATH:
        raise bad_path("Invalid Path Value")
    return BY_PATH[name]


def _too_many(name: str) -> AppleError:
    return bad_parameter("include", f"Including {name} is only supported for a single resource")


def _placeholder(writer: LibraryWriter, kind: LibraryKind, item_id: str) -> Resource:
    """What stands for an unknown playlist among known ones (reference 13.2)."""
    attributes = {
        "lastModifiedDate": _NEVER,
        "canEdit": False,
        "hasCatalog": False,
        "isPublic": False,
        "playParams": {"id": item_id, "kind": "playlist", "isLibrary": True},
    }
    return {**writer.identifier(kind, item_id), "attributes": attributes}
