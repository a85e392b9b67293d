"""Catalogue resources by id, by filter, by relationship and by view."""

from collections.abc import Callable, Iterable, Sequence

from applemusic_simulator.api.attributes import AttributeWriter
from applemusic_simulator.api.call import Answer, Call, Route
from applemusic_simulator.api.editor_kinds import make_editor_kinds
from applemusic_simulator.api.index import CatalogueIndex, upc_key
from applemusic_simulator.api.kinds import Kind, make_kinds
from applemusic_simulator.api.personal import Personal
from applemusic_simulator.api.resources import Resource, ResourceWriter
from applemusic_simulator.api.storefronts import check_storefront
from applemusic_simulator.errors import AppleError, bad_path, missing_parameter, no_related
from applemusic_simulator.hosts import AMP_API
from applemusic_simulator.model import Album, Song
from applemusic_simulator.social.library_link import LIBRARY_KINDS
from applemusic_simulator.social.social import Social

# Above it Apple runs out of time when it has to include something too (reference section 3).
_SONGS_WITH_INCLUDE = 150
_MOST_CODES = 25
# Kinds of which all are listed when no ids are asked for.
_LISTED = ("genres", "station-genres")
Matches = dict[str, list[str]]


class CatalogEndpoints:
    """`/v1/catalog/{storefront}/...`.

    Args:
        index: The catalogue.
        social: What is made for or known of a listener.
    """

    def __init__(self, index: CatalogueIndex, social: Social) -> None:
        self._index = index
        self._social = social
        self._kinds = make_kinds(index, social)
        self._kinds |= {kind.type: kind for kind in make_editor_kinds(index)}
        self._filters: dict[tuple[str, str], Callable[[Call], Matches]] = {
            ("songs", "isrc"): self._songs_by_isrc,
            ("songs", "equivalents"): self._equivalent_songs,
            ("albums", "upc"): self._albums_by_upc,
            ("albums", "equivalents"): self._equivalent_albums,
            ("music-videos", "isrc"): self._videos_by_isrc,
            ("music-videos", "equivalents"): self._equivalent_videos,
            ("playlists", "storefront-chart"): self._chart_playlists,
            ("stations", "featured"): self._featured_stations,
            ("stations", "identity"): self._personal_station,
        }

    def routes(self) -> Sequence[Route]:
        """All routes; they match every kind, so searches and charts come before them."""
        base = "/catalog/{storefront}"
        return (
            Route("GET", base, self._mixed),
            Route("GET", f"{base}/{{kind}}", self._many),
            Route("GET", f"{base}/{{kind}}/{{id}}", self._one),
            Route("GET", f"{base}/{{kind}}/{{id}}/view/{{view}}", self._view),
            Route("GET", f"{base}/{{kind}}/{{id}}/{{relationship}}", self._related),
        )

    def writer(self, call: Call) -> ResourceWriter:
        """Words resources as this request wants them.

        Raises:
            AppleError: 404, there is no such storefront.
        """
        storefront = call.names["storefront"]
        check_storefront(storefront)
        return self._writer(call, storefront)

    def exists(self, kind_name: str, item_id: str) -> bool:
        """Whether the catalogue, or what is made on demand, has an id of a type."""
        kind = self._kinds.get(kind_name)
        return kind is not None and item_id in kind.found

    def listener_writer(self, call: Call) -> ResourceWriter:
        """Words catalogue resources in answers about the listener, as their storefront has them.

        Raises:
            AppleError: 403, nobody is signed in.
        """
        return self._writer(call, call.listener.storefront)

    def _writer(self, call: Call, storefront: str) -> ResourceWriter:
        words = AttributeWriter(
            self._index, call.origin, storefront, web_player=call.host == AMP_API
        )
        personal = None if call.account is None else Personal(self._social, call.account)
        return ResourceWriter(self._kinds, words, storefront, call.query, personal)

    def _mixed(self, call: Call) -> Answer:
        writer = self.writer(call)
        wanted = [name for name in self._kinds if f"ids[{name}]" in call.query]
        if not wanted:
            raise missing_parameter("ids")
        data: list[Resource] = []
        for name in wanted:
            kind = self._kinds[name]
            data += writer.by_ids(kind, call.query.ids(f"ids[{name}]", kind.most_ids))
        return Answer({"data": data})

    def _many(self, call: Call) -> Answer:
        writer = self.writer(call)
        kind = self._kinds.get(call.names["kind"])
        if kind is None:
            return _unsupported()
        for (kind_name, name), find in self._filters.items():
            if kind_name == kind.type and f"filter[{name}]" in call.query:
                return Answer(_filtered(writer, kind, name, find(call)))
        if kind.type in _LISTED and "ids" not in call.query:
            return Answer({"data": writer.by_ids(kind, kind.found)})
        ids = call.query.ids("ids", kind.most_ids)
        if kind.type == "songs" and len(ids) > _SONGS_WITH_INCLUDE and call.query.typed("include"):
            raise AppleError(504, empty=True)
        return Answer({"data": writer.by_ids(kind, ids)})

    def _one(self, call: Call) -> Answer:
        writer = self.writer(call)
        kind = self._kinds.get(call.names["kind"])
        return (
            _unsupported() if kind is None else Answer({"data": writer.one(kind, call.names["id"])})
        )

    def _related(self, call: Call) -> Answer:
        writer = self.writer(call)
        kind = self._kinds.get(call.names["kind"])
        if kind is None:
            return _unsupported()
        name = call.names["relationship"]
        if name == "library" and kind.type in LIBRARY_KINDS:
            return self._in_library(call, writer, kind)
        if name not in kind.relationships:
            raise bad_path(f"No relationship found matching '{name}'")
        return Answer(writer.related(kind, call.names["id"], name))

    def _view(self, call: Call) -> Answer:
        writer = self.writer(call)
        kind = self._kinds.get(call.names["kind"])
        if kind is None:
            return _unsupported()
        name = call.names["view"]
        if name not in kind.views:
            raise bad_path(f"No view found matching '{name}'")
        return Answer(writer.view(kind, call.names["id"], name))

    def _songs_by_isrc(self, call: Call) -> Matches:
        codes = call.query.ids("filter[isrc]", _MOST_CODES)
        return {code: _ids(self._index.songs_with_isrc(code.upper())) for code in codes}

    def _videos_by_isrc(self, call: Call) -> Matches:
        codes = call.query.ids("filter[isrc]", _MOST_CODES)
        videos = self._index.catalogue.music_videos.values()
        return {code: [v.id for v in videos if v.isrc == code.upper()] for code in codes}

    def _albums_by_upc(self, call: Call) -> Matches:
        keys = [upc_key(code) for code in call.query.ids("filter[upc]", _MOST_CODES)]
        return {key: _ids(self._index.albums_by_upc.get(key, ())) for key in keys}

    def _equivalent_songs(self, call: Call) -> Matches:
        clean = call.query.text("restrict") == "explicit"
        songs = self._index.catalogue.songs
        ids = call.query.ids("filter[equivalents]", self._kinds["songs"].most_ids)
        found = {
            key: self._index.equivalent_song(songs[key], clean=clean) for key in ids if key in songs
        }
        return {key: [] if song is None else [song.id] for key, song in found.items()}

    def _equivalent_albums(self, call: Call) -> Matches:
        clean = call.query.text("restrict") == "explicit"
        albums = self._index.catalogue.albums
        ids = call.query.ids("filter[equivalents]", self._kinds["albums"].most_ids)
        found = {
            key: self._index.equivalent_album(albums[key], clean=clean)
            for key in ids
            if key in albums
        }
        return {key: [] if album is None else [album.id] for key, album in found.items()}

    def _equivalent_videos(self, call: Call) -> Matches:
        ids = call.query.ids("filter[equivalents]", self._kinds["music-videos"].most_ids)
        return {key: [key] for key in ids if key in self._index.catalogue.music_videos}

    def _chart_playlists(self, call: Call) -> Matches:
        storefronts = call.query.ids("filter[storefront-chart]", _MOST_CODES)
        playlists = self._index.catalogue.playlists.values()
        charts = [p.id for p in playlists if p.is_chart and not p.chart]
        return dict.fromkeys(storefronts, charts)

    def _featured_stations(self, call: Call) -> Matches:
        names = call.query.ids("filter[featured]", _MOST_CODES)
        stations = self._index.catalogue.stations.values()
        return {name: [s.id for s in stations if s.featured == name] for name in names}

    def _personal_station(self, call: Call) -> Matches:
        (name,) = call.query.one_of("filter[identity]", ("personal",))
        return {name: [self._social.stations.personal(call.listener).id]}

    def _in_library(self, call: Call, writer: ResourceWriter, kind: Kind) -> Answer:
        item_id = call.names["id"]
        writer.one(kind, item_id)
        found = Personal(self._social, call.listener).library(kind.type, item_id)
        if not found:
            raise no_related("library")
        return Answer({"data": found})


def _filtered(writer: ResourceWriter, kind: Kind, name: str, matches: Matches) -> Resource:
    ids = dict.fromkeys(item_id for found in matches.values() for item_id in found)
    references = {
        value: [writer.identifier(kind.type, item_id) for item_id in found]
        for value, found in matches.items()
    }
    return {"data": writer.by_ids(kind, ids), "meta": {"filters": {name: references}}}


def _unsupported() -> Answer:
    # No entry in the list: seen for kinds the catalogue does not have (section 13.8).
    return Answer({"errors": []}, 404)


def _ids(items: Iterable[Song | Album]) -> list[str]:
    return [item.id for item in items]
