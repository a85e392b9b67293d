"""Tells Apple what to change in a listener's library."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from applemusic_server.domain.capability import Capability, capability_refused
from applemusic_server.domain.gateways import Listener
from applemusic_server.domain.library_writes import NewPlaylist, Outcome, PlaylistChanges, Row
from applemusic_server.domain.resources import Playlist, PlaylistFolder, ResourceRef, ResourceType
from applemusic_server.upstream.api_client import ApiClient, Question, Refused, UserToken
from applemusic_server.upstream.endpoints import Endpoint
from applemusic_server.upstream.json_reader import JsonReader
from applemusic_server.upstream.parse.folder import ROOT_FOLDER
from applemusic_server.upstream.parse.resource import parse_data

_BASE: Final = "/v1/me/library"
_ADDED_AT_ONCE: Final = 100  # Keeps the address short; where Apple stops is not known.
_ROWS_AT_ONCE: Final = 100
_SEGMENTS: Final = MappingProxyType(
    {
        ResourceType.SONG: "songs",
        ResourceType.ALBUM: "albums",
        ResourceType.MUSIC_VIDEO: "music-videos",
        ResourceType.PLAYLIST: "playlists",
        ResourceType.PLAYLIST_FOLDER: "playlist-folders",
    }
)
_MISSING: Final = 404
_FAILED: Final = 500
_REFUSALS: Final = frozenset({401, 403, 405, 501})
_TOLD: Final = _REFUSALS | {_MISSING}
# Ids in the form of Apple's that no library has.
_NO_SONG: Final = ResourceRef(ResourceType.SONG, "i.00000000000000")
_NO_PLAYLIST: Final = ResourceRef(ResourceType.PLAYLIST, "p.00000000000000")


class AppleLibraryWrites:
    """Writes to a library; implements `LibraryWriteGateway`.

    Calls that Apple does not document go to the documented host first and, when that refuses, to
    the web player's: clients have seen them there, with the web player's token (reference:
    observed). Which of the two takes a token of one's own is not known.

    Args:
        api: Tells Apple.
    """

    def __init__(self, api: ApiClient) -> None:
        self._api = api

    async def add(self, items: Sequence[ResourceRef], listener: Listener) -> None:
        """Add catalog items (reference: Apple docs, 202 without a body)."""
        for start in range(0, len(items), _ADDED_AT_ONCE):
            ids: dict[str, list[str]] = {}
            for item in items[start : start + _ADDED_AT_ONCE]:
                ids.setdefault(f"ids[{_SEGMENTS[item.type]}]", []).append(item.id)
            params = {name: ",".join(each) for name, each in ids.items()}
            question = Question(
                Endpoint.LIBRARY_ADD,
                _BASE,
                params,
                _user(listener),
                method="POST",
                told_statuses=_REFUSALS,
            )
            if isinstance(await self._api.send(question), Refused):
                raise capability_refused(Capability.LIBRARY_ADD)

    async def remove(self, item: ResourceRef, listener: Listener) -> Outcome:
        """Remove an item by library id (reference: observed, not documented)."""
        return await self._edit(Endpoint.LIBRARY_REMOVE, "DELETE", _path(item), listener)

    async def create_playlist(self, new: NewPlaylist, listener: Listener) -> Playlist | None:
        """Make a playlist (reference: Apple docs, 201; its body is missing at times: observed)."""
        attributes = {"name": new.name, "description": new.description}
        related: dict[str, object] = {}
        if new.rows:
            related["tracks"] = {"data": _rows(new.rows)}
        answer = await self._create(
            Endpoint.LIBRARY_CREATE_PLAYLIST,
            "playlists",
            {name: text for name, text in attributes.items() if text},
            {**related, **_parent(new.parent_folder_id)},
            listener,
        )
        made = parse_data(answer) if answer is not None else ()
        return next((each for each in made if isinstance(each, Playlist)), None)

    async def create_folder(
        self, name: str, parent_folder_id: str, listener: Listener
    ) -> PlaylistFolder | None:
        """Make a folder (reference: Apple docs, 201)."""
        answer = await self._create(
            Endpoint.LIBRARY_CREATE_FOLDER,
            "playlist-folders",
            {"name": name},
            _parent(parent_folder_id),
            listener,
        )
        made = parse_data(answer) if answer is not None else ()
        return next((each for each in made if isinstance(each, PlaylistFolder)), None)

    async def update_playlist(
        self, playlist_id: str, changes: PlaylistChanges, listener: Listener
    ) -> Outcome:
        """Change what a playlist says of itself (reference: observed, not documented)."""
        attributes = {
            "name": changes.name,
            "description": changes.description,
            "isPublic": changes.public,
        }
        body = {"attributes": {k: v for k, v in attributes.items() if v is not None}}
        path = f"/playlists/{playlist_id}"
        return await self._edit(Endpoint.LIBRARY_UPDATE, "PATCH", path, listener, body=body)

    async def rename_folder(self, folder_id: str, name: str, listener: Listener) -> Outcome:
        """Rename a folder (reference: observed, not documented)."""
        body = {"attributes": {"name": name}}
        path = f"/playlist-folders/{folder_id}"
        return await self._edit(Endpoint.LIBRARY_UPDATE, "PATCH", path, listener, body=body)

    async def move(self, item: ResourceRef, folder_id: str, listener: Listener) -> Outcome:
        """Put something into a folder (reference: observed, not documented)."""
        entry = {"id": folder_id or ROOT_FOLDER, "type": "library-playlist-folders"}
        body = {"data": [entry]}
        path = f"{_path(item)}/parent"
        return await self._edit(Endpoint.LIBRARY_MOVE, "PUT", path, listener, body=body)

    async def append(self, playlist_id: str, rows: Sequence[Row], listener: Listener) -> Outcome:
        """Append tracks; sent once, for twice would be two of each."""
        question = Question(
            Endpoint.LIBRARY_APPEND_TRACKS,
            f"{_BASE}/playlists/{playlist_id}/tracks",
            {},
            _user(listener),
            method="POST",
            body={"data": _rows(rows)},
            repeatable=False,
            told_statuses=_TOLD | {_FAILED},
        )
        return _outcome(await self._api.send(question))

    async def set_tracks(
        self, playlist_id: str, rows: Sequence[Row], listener: Listener
    ) -> Outcome:
        """Set a playlist's tracks (reference: observed, not documented)."""
        path, body = f"/playlists/{playlist_id}/tracks", {"data": _rows(rows)}
        return await self._edit(Endpoint.LIBRARY_SET_TRACKS, "PUT", path, listener, body=body)

    async def remove_tracks(
        self, playlist_id: str, tracks: Sequence[ResourceRef], listener: Listener
    ) -> Outcome:
        """Remove all copies of tracks (reference: observed, not documented)."""
        path = f"/playlists/{playlist_id}/tracks"
        for start in range(0, len(tracks), _ROWS_AT_ONCE):
            ids: dict[str, list[str]] = {}
            for each in tracks[start : start + _ROWS_AT_ONCE]:
                ids.setdefault(f"ids[library-{_SEGMENTS[each.type]}]", []).append(each.id)
            params = {**{name: ",".join(each) for name, each in ids.items()}, "mode": "all"}
            outcome = await self._edit(
                Endpoint.LIBRARY_REMOVE_TRACKS, "DELETE", path, listener, params=params
            )
            if outcome is not Outcome.DONE:
                return outcome
        return Outcome.DONE

    async def permits(self, capability: Capability, listener: Listener) -> bool:
        """Whether Apple lets the listener do it, asked with an id that there is not."""
        match capability:
            case Capability.LIBRARY_REMOVE:
                outcome = await self.remove(_NO_SONG, listener)
            case Capability.PLAYLIST_DELETE:
                outcome = await self.remove(_NO_PLAYLIST, listener)
            case Capability.PLAYLIST_EDIT:
                changes = PlaylistChanges(name="-")
                outcome = await self.update_playlist(_NO_PLAYLIST.id, changes, listener)
            case Capability.PLAYLIST_EDIT_TRACKS:
                outcome = await self.set_tracks(_NO_PLAYLIST.id, (), listener)
            case Capability.PLAYLIST_EDIT_REMOVE_TRACKS:
                outcome = await self.remove_tracks(_NO_PLAYLIST.id, (_NO_SONG,), listener)
            case Capability.PLAYLIST_EDIT_MOVE:
                outcome = await self.move(_NO_PLAYLIST, "", listener)
            case _:
                return True
        return outcome is not Outcome.REFUSED

    async def _create(
        self,
        endpoint: Endpoint,
        segment: str,
        attributes: Mapping[str, object],
        related: Mapping[str, object],
        listener: Listener,
    ) -> JsonReader | None:
        relationships = {"relationships": related} if related else {}
        answer = await self._api.send(
            Question(
                endpoint,
                f"{_BASE}/{segment}",
                {},
                _user(listener),
                method="POST",
                body={"attributes": attributes, **relationships},
                repeatable=False,
                told_statuses=_REFUSALS,
            )
        )
        if isinstance(answer, Refused):
            raise capability_refused(Capability.PLAYLIST_CREATE)
        return answer

    async def _edit(
        self,
        endpoint: Endpoint,
        method: str,
        path: str,
        listener: Listener,
        *,
        params: Mapping[str, str] = MappingProxyType({}),
        body: Mapping[str, Any] | None = None,
    ) -> Outcome:
        question = Question(
            endpoint,
            _BASE + path,
            params,
            _user(listener),
            method=method,
            body=body,
            told_statuses=_TOLD,
        )
        outcome = _outcome(await self._api.send(question))
        if outcome is not Outcome.REFUSED:
            return outcome
        return _outcome(await self._api.send(replace(question, on_web_host=True)))


def _outcome(answer: JsonReader | Refused | None) -> Outcome:
    if not isinstance(answer, Refused):
        return Outcome.DONE
    if answer.status == _MISSING:
        return Outcome.MISSING
    return Outcome.FAILED if answer.status == _FAILED else Outcome.REFUSED


def _path(item: ResourceRef) -> str:
    return f"/{_SEGMENTS[item.type]}/{item.id}"


def _rows(rows: Sequence[Row]) -> list[dict[str, str]]:
    return [{"id": row.ref.id, "type": _row_type(row.ref)} for row in rows]


def _row_type(ref: ResourceRef) -> str:
    """Return Apple's type: ids of rows have a letter and a dot, those of the catalog are digits."""
    segment = _SEGMENTS[ref.type]
    return f"library-{segment}" if "." in ref.id else segment


def _parent(folder_id: str) -> dict[str, object]:
    if not folder_id:
        return {}
    return {"parent": {"data": [{"id": folder_id, "type": "library-playlist-folders"}]}}


def _user(listener: Listener) -> UserToken:
    return UserToken(listener.account_id, listener.music_user_token)
