"""What a resource says of other resources, and which kinds there are."""

from applemusic_server.domain.resources import (
    AudioVariant,
    FavoriteState,
    ResourceRef,
    ResourceType,
)
from applemusic_server.upstream.json_reader import JsonReader

RESOURCE_TYPES = {
    "songs": ResourceType.SONG,
    "library-songs": ResourceType.SONG,
    "albums": ResourceType.ALBUM,
    "library-albums": ResourceType.ALBUM,
    "artists": ResourceType.ARTIST,
    "library-artists": ResourceType.ARTIST,
    "playlists": ResourceType.PLAYLIST,
    "library-playlists": ResourceType.PLAYLIST,
    "stations": ResourceType.STATION,
    "music-videos": ResourceType.MUSIC_VIDEO,
    "library-music-videos": ResourceType.MUSIC_VIDEO,
    "genres": ResourceType.GENRE,
    "station-genres": ResourceType.GENRE,
    "curators": ResourceType.CURATOR,
    "apple-curators": ResourceType.CURATOR,
    "record-labels": ResourceType.RECORD_LABEL,
    "library-playlist-folders": ResourceType.PLAYLIST_FOLDER,
}

_VARIANTS = {
    "lossy-stereo": AudioVariant.LOSSY_STEREO,
    "lossless": AudioVariant.LOSSLESS,
    "hi-res-lossless": AudioVariant.HI_RES_LOSSLESS,
    "dolby-atmos": AudioVariant.DOLBY_ATMOS,
    "dolby-audio": AudioVariant.DOLBY_AUDIO,
}


# What the library and the catalog each say for themselves.
_OF_ONE_SIDE = frozenset({"playParams", "dateAdded"})


def read_identity(resource: JsonReader) -> tuple[str, str]:
    """Return the type as Apple names it, and the id; both empty when it names none."""
    return resource.text("type"), resource.identifier("id")


def read_twin(resource: JsonReader) -> JsonReader | None:
    """Return the catalog's resource of a library item, where Apple was asked for it and has it."""
    catalog = _members_of(resource, "catalog")
    for twin in catalog.children("data") if catalog else ():
        return twin
    return None


def with_twin(resource: JsonReader, attributes: JsonReader) -> JsonReader:
    """Return a library item's attributes, and what only the catalog says of it.

    What the listener sees in the library counts; `playParams` are never mixed.
    """
    twin = read_twin(resource)
    more = twin.child("attributes") if twin else None
    return attributes.over(more, _OF_ONE_SIDE) if more else attributes


def is_pulled(resource: JsonReader) -> bool:
    """Whether Apple was asked for a library item's catalog twin, and has nothing playable there."""
    catalog = _members_of(resource, "catalog")
    if catalog is None or not catalog.has("data"):
        return False
    twin = read_twin(resource)
    attributes = twin.child("attributes") if twin else None
    return twin is None or (attributes is not None and not attributes.has("playParams"))


def read_refs(resource: JsonReader, relationship: str) -> tuple[ResourceRef, ...]:
    """Return the members of a relationship, with names where Apple sent attributes.

    Those of a library item that has none of its own are its catalog twin's.
    """
    members = _members_of(resource, relationship)
    if members is None and relationship != "catalog":
        twin = read_twin(resource)
        members = _members_of(twin, relationship) if twin else None
    if members is None:
        return ()
    refs: list[ResourceRef] = []
    for member in members.children("data"):
        apple_type, resource_id = read_identity(member)
        resource_type = RESOURCE_TYPES.get(apple_type)
        attributes = member.child("attributes")
        if resource_type is not None and resource_id:
            name = attributes.text("name") if attributes else ""
            refs.append(ResourceRef(resource_type, resource_id, name))
    return tuple(refs)


def _members_of(resource: JsonReader, relationship: str) -> JsonReader | None:
    relationships = resource.child("relationships")
    return relationships.child(relationship) if relationships else None


def read_related_id(resource: JsonReader, relationship: str) -> str:
    """Return the id of a relationship's first member, empty when there is none."""
    refs = read_refs(resource, relationship)
    return refs[0].id if refs else ""


def read_ids(resource: JsonReader, attributes: JsonReader) -> tuple[str, str]:
    """Return a resource's catalog id and library id, either of which may be empty.

    A library item names its catalog twin in `playParams` (`catalogId`, for playlists `globalId`)
    and in `relationships.catalog`; a catalog item its library twin in `relationships.library`.
    """
    apple_type, resource_id = read_identity(resource)
    if not apple_type.startswith("library-"):
        return resource_id, read_related_id(resource, "library")
    play = attributes.child("playParams")
    catalog_id = ""
    if play is not None:
        catalog_id = play.identifier("catalogId") or play.identifier("globalId")
    return catalog_id or read_related_id(resource, "catalog"), resource_id


def read_favorite(attributes: JsonReader) -> FavoriteState:
    """Return what `inFavorites` says; Apple sends it only on request."""
    if not attributes.has("inFavorites"):
        return FavoriteState.UNKNOWN
    return FavoriteState.FAVORITE if attributes.truth("inFavorites") else FavoriteState.NONE


def read_variants(attributes: JsonReader) -> tuple[AudioVariant, ...]:
    """Return the forms of audio that are known here."""
    known = (_VARIANTS.get(variant) for variant in attributes.texts("audioVariants"))
    return tuple(variant for variant in known if variant is not None)
