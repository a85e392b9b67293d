"""Folders of playlists."""

from applemusic_server.domain.resources import PlaylistFolder
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.references import read_identity, read_related_id
from applemusic_server.upstream.parse.times import read_moment

ROOT_FOLDER = "p.playlistsroot"


def parse_folder(resource: JsonReader, attributes: JsonReader) -> PlaylistFolder | None:
    """Build a folder from a `library-playlist-folders` resource; None for the root."""
    folder_id = read_identity(resource)[1]
    if folder_id == ROOT_FOLDER:
        return None
    return PlaylistFolder(
        id=folder_id,
        name=attributes.text("name"),
        parent_folder_id=read_parent(resource),
        date_added=read_moment(attributes, "dateAdded"),
    )


def read_parent(resource: JsonReader) -> str:
    """Return the id of the folder that holds a playlist or folder; empty for the root."""
    parent = read_related_id(resource, "parent")
    return "" if parent == ROOT_FOLDER else parent
