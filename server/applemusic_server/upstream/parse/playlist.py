"""Playlists of the catalog and of a library."""

from applemusic_server.domain.resources import Playlist, PlaylistKind
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.artwork import read_artwork, read_notes, read_url
from applemusic_server.upstream.parse.folder import read_parent
from applemusic_server.upstream.parse.references import read_favorite, read_identity, read_ids
from applemusic_server.upstream.parse.times import read_moment

_KINDS = {
    "editorial": PlaylistKind.EDITORIAL,
    "external": PlaylistKind.EXTERNAL,
    "personal-mix": PlaylistKind.PERSONAL_MIX,
    "replay": PlaylistKind.REPLAY,
    "user-shared": PlaylistKind.USER_SHARED,
}


def parse_playlist(resource: JsonReader, attributes: JsonReader) -> Playlist | None:
    """Build a playlist from a `playlists` or `library-playlists` resource.

    None for a library playlist without a name: it is the placeholder that a batch returns for an
    unknown id (reference: observed).
    """
    apple_type, playlist_id = read_identity(resource)
    is_library = apple_type == "library-playlists"
    if is_library and not attributes.has("name"):
        return None
    catalog_id, library_id = read_ids(resource, attributes)
    kind = _KINDS.get(attributes.text("playlistType"), PlaylistKind.UNKNOWN)
    return Playlist(
        id=playlist_id,
        name=attributes.text("name"),
        catalog_id=catalog_id,
        library_id=library_id,
        curator_name=attributes.text("curatorName"),
        kind=PlaylistKind.LIBRARY if is_library else kind,
        description=read_notes(attributes, "description"),
        last_modified_time=read_moment(attributes, "lastModifiedDate"),
        track_count=_track_count(resource, attributes),
        artwork=read_artwork(attributes),
        url=read_url(attributes, "url"),
        editable=attributes.truth("canEdit"),
        chart=attributes.truth("isChart"),
        public=attributes.truth("isPublic"),
        favorites="favorited" in attributes.texts("tags"),
        favorite_state=read_favorite(attributes),
        date_added=read_moment(attributes, "dateAdded"),
        parent_folder_id=read_parent(resource),
    )


def _track_count(resource: JsonReader, attributes: JsonReader) -> int:
    """Return what Apple says; the listed tracks only count when they are all of them."""
    if attributes.has("trackCount"):
        return attributes.count("trackCount")
    relationships = resource.child("relationships")
    tracks = relationships.child("tracks") if relationships else None
    if tracks is None:
        return 0
    meta = tracks.child("meta")
    if meta is not None and meta.has("total"):
        return meta.count("total")
    return 0 if tracks.has("next") else sum(1 for _ in tracks.children("data"))
