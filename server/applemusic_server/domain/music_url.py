"""Addresses of Apple Music pages: what they show. Strict: what is not known is refused."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlsplit

from applemusic_server.domain.errors import FieldViolation, InvalidArgumentError, Reason
from applemusic_server.domain.resources import ResourceType

_LONGEST = 2048
_SCHEMES = frozenset({"https", "http", "itms", "itmss", "music", "musics"})
_HOSTS = frozenset(
    {
        "music.apple.com",
        "geo.music.apple.com",
        "embed.music.apple.com",
        "beta.music.apple.com",
        "classical.music.apple.com",
        "itunes.apple.com",
        "geo.itunes.apple.com",
    }
)
_PAGES = {
    "song": ResourceType.SONG,
    "album": ResourceType.ALBUM,
    "artist": ResourceType.ARTIST,
    "playlist": ResourceType.PLAYLIST,
    "station": ResourceType.STATION,
    "music-video": ResourceType.MUSIC_VIDEO,
    "curator": ResourceType.CURATOR,
    "apple-curator": ResourceType.CURATOR,
    "record-label": ResourceType.RECORD_LABEL,
}
_NUMBER = re.compile(r"[0-9]{1,20}")
_IDS = {
    ResourceType.PLAYLIST: re.compile(r"pl\.[A-Za-z0-9-]{1,96}"),
    ResourceType.STATION: re.compile(r"ra\.[A-Za-z0-9-]{1,96}"),
}
_STOREFRONT = re.compile(r"[a-z]{2}")
# People copy addresses without their scheme.
_NO_SCHEME = re.compile(r"(?:[a-z]+\.)?(?:music|itunes)\.apple\.com/", re.IGNORECASE)
# The page of all albums, songs, ... of an artist.
_SEE_ALL = "see-all"
_LONG_PATH = 3  # Page, name, id; the name may be left out.
_MOST_PARAMETERS = 50
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")


@dataclass(frozen=True, slots=True)
class MusicUrl:
    """What an address shows.

    Attributes:
        storefront: From the address; empty when it names none.
    """

    type: ResourceType
    id: str
    storefront: str = ""


def parse_music_url(text: str) -> MusicUrl:
    """Read a share link, a page address, or an `itms` or `music` link.

    Addresses look like `https://music.apple.com/{storefront}/{page}/{name}/{id}`; storefront and
    name may be missing, and `?i=` names a song of an album (observed). Old `itunes.apple.com`
    addresses write `id` before the number.

    Raises:
        InvalidArgumentError: UNSUPPORTED_URL.
    """
    parts = _split(text)
    if parts.scheme not in _SCHEMES or parts.hostname not in _HOSTS:
        raise _unsupported("it is no address on music.apple.com", parts.hostname or "")
    if parts.username is not None or parts.password is not None or _port(parts) is not None:
        raise _unsupported("it names a user or a port")
    segments = parts.path.strip("/").split("/")
    storefront = segments.pop(0).lower() if _STOREFRONT.fullmatch(segments[0].lower()) else ""
    if segments[-1:] == [_SEE_ALL]:
        segments.pop()
    kind = _PAGES.get(segments[0]) if segments else None
    if kind is None or not 1 < len(segments) <= _LONG_PATH or "" in segments:
        raise _unsupported("it shows nothing that this server knows")
    song_id = _song_of_album(parts) if kind is ResourceType.ALBUM else ""
    if song_id:
        return MusicUrl(ResourceType.SONG, song_id, storefront)
    resource_id = segments[-1]
    if kind not in _IDS and parts.hostname.endswith("itunes.apple.com"):
        resource_id = resource_id.removeprefix("id")
    if not _IDS.get(kind, _NUMBER).fullmatch(resource_id):
        raise _unsupported(f"its last part is no id of a {kind.name.lower().replace('_', ' ')}")
    return MusicUrl(kind, resource_id, storefront)


def _split(text: str) -> SplitResult:
    stripped = text.strip()
    # urlsplit() drops line ends and tabs silently; browsers read a backslash as a slash.
    if not stripped or len(stripped) > _LONGEST or _UNSAFE.search(stripped):
        raise _unsupported("it is empty, too long, or holds blanks")
    try:
        return urlsplit(f"https://{stripped}" if _NO_SCHEME.match(stripped) else stripped)
    except ValueError:
        raise _unsupported("it is no URL") from None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _unsupported("its port is no number") from None


def _song_of_album(parts: SplitResult) -> str:
    try:
        query = parse_qsl(parts.query, max_num_fields=_MOST_PARAMETERS)
    except ValueError:
        raise _unsupported("it has too many parameters") from None
    songs = {value for name, value in query if name == "i"}
    if len(songs) > 1 or not all(_NUMBER.fullmatch(each) for each in songs):
        raise _unsupported("its parameter i is no id of one song")
    return songs.pop() if songs else ""


def _unsupported(why: str, host: str = "") -> InvalidArgumentError:
    return InvalidArgumentError(
        Reason.UNSUPPORTED_URL,
        f"this URL cannot be resolved: {why}",
        metadata={"host": host} if host else {},
        violations=(FieldViolation("url", why),),
    )
