"""Which changes of a library Apple allows; asked only of an operator who wants it.

First each change is asked for with an id that there is not, which changes nothing. Then one empty
playlist is made, renamed and deleted again. Nothing that was there before is touched.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from applemusic_server.survey.answer import Answer, judged
from applemusic_server.survey.asking import Asker, Reply, at

PLAYLIST_NAME: Final = "applemusic-server doctor (may be deleted)"
ANNOUNCEMENT: Final = (
    f"This makes an empty playlist called '{PLAYLIST_NAME}', renames it and deletes it. Nothing "
    "that was there before is touched."
)
_LIBRARY: Final = "/v1/me/library"
_NO_SONG, _NO_PLAYLIST, _ROOT = "i.00000000000000", "p.00000000000000", "p.playlistsroot"
# 429 tells nothing, and neither does a server's own trouble.
_NO_YES: Final = frozenset({0, 401, 403, 405, 429, *range(500, 600)})
_FOLDERS: Final = "library-playlist-folders"
# Writes show after a while: up to 18 s were seen by others.
_LOOKS: Final = 12
_LOOK_SECONDS: Final = 2.0

Say = Callable[[str], None]
Sleep = Callable[[float], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Change:
    """A change that Apple does not document, and how it is asked for without changing anything.

    Attributes:
        name: The capability that stands on it.
        what: For people.
    """

    name: str
    what: str
    method: str
    path: str
    params: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None


CHANGES: Final = (
    Change("library_remove", "removing a song", "DELETE", f"{_LIBRARY}/songs/{_NO_SONG}"),
    Change(
        "playlist_delete", "deleting a playlist", "DELETE", f"{_LIBRARY}/playlists/{_NO_PLAYLIST}"
    ),
    Change(
        "playlist_edit",
        "renaming a playlist",
        "PATCH",
        f"{_LIBRARY}/playlists/{_NO_PLAYLIST}",
        body={"attributes": {"name": "-"}},
    ),
    Change(
        "playlist_edit.tracks",
        "setting a playlist's tracks",
        "PUT",
        f"{_LIBRARY}/playlists/{_NO_PLAYLIST}/tracks",
        body={"data": []},
    ),
    Change(
        "playlist_edit.remove_tracks",
        "removing tracks of a playlist",
        "DELETE",
        f"{_LIBRARY}/playlists/{_NO_PLAYLIST}/tracks",
        params={"ids[library-songs]": _NO_SONG, "mode": "all"},
    ),
    Change(
        "playlist_edit.move",
        "moving a playlist",
        "PUT",
        f"{_LIBRARY}/playlists/{_NO_PLAYLIST}/parent",
        body={"data": [{"id": _ROOT, "type": _FOLDERS}]},
    ),
    Change(
        "artist_favorites.clear",
        "taking a favorite away",
        "DELETE",
        "/v1/me/favorites",
        params={"ids[artists]": "1"},
    ),
)
"""Open question (a)."""


async def about_writes(asker: Asker, say: Say, sleep: Sleep = asyncio.sleep) -> list[Answer]:
    """Ask for each change, then make, rename and delete a playlist.

    Args:
        asker: Asks Apple.
        say: Is told before anything is changed, and when something could not be undone.
        sleep: Waits, in seconds.
    """
    answers, deletes = [], False
    for change in CHANGES:
        replies = [await _asked(asker, change, on_web_host=web) for web in (False, True)]
        allowed = any(_allows(each) for each in replies)
        deletes = deletes or (change.name == "playlist_delete" and allowed)
        answers.append(
            judged(
                f"write.{change.name}",
                f"Apple lets a developer token of one's own do it: {change.what} (not documented).",
                holds=allowed if any(each.status for each in replies) else None,
                seen=(
                    f"documented host, an id that there is not: {replies[0].shape}",
                    f"web player's host, the same: {replies[1].shape}",
                ),
            )
        )
    if not deletes:
        answers.append(
            _of_playlist(
                ["not tried: Apple does not let playlists be deleted, so it could not be undone"],
                holds=None,
            )
        )
        return answers
    return [*answers, await _playlist(asker, say, sleep)]


def without_writes(answers_known: Mapping[str, str]) -> list[Answer]:
    """Return what is known without asking: what Apple said to this server before.

    Args:
        answers_known: `allowed`, `refused` or `untold`, by capability.
    """
    said = {"allowed": True, "refused": False}
    return [
        judged(
            f"write.{change.name}",
            f"Apple lets a developer token of one's own do it: {change.what} (not documented).",
            holds=said.get(answers_known.get(change.name, "")),
            seen=(
                (
                    "not asked now; what Apple said to this server before: "
                    f"{answers_known.get(change.name, 'nothing')}"
                ),
            ),
        )
        for change in CHANGES
    ] + [_of_playlist(["not tried: changes were not allowed (--allow-writes)"], holds=None)]


async def _asked(asker: Asker, change: Change, *, on_web_host: bool) -> Reply:
    return await asker.api(
        change.path,
        change.params,
        method=change.method,
        body=change.body,
        on_web_host=on_web_host,
    )


def _allows(reply: Reply) -> bool:
    """Whether it is a yes, also where Apple finds fault with an id that there is not."""
    return reply.status not in _NO_YES


async def _playlist(asker: Asker, say: Say, sleep: Sleep) -> Answer:
    """Open question (g): what Apple answers when it does it."""
    say(ANNOUNCEMENT)
    body = {"attributes": {"name": PLAYLIST_NAME}}
    made = await asker.api(f"{_LIBRARY}/playlists", method="POST", body=body)
    seen = [f"made: {made.shape}"]
    if not made.ok:
        return _of_playlist(seen, holds=False)
    playlist = at(made.json, "data", 0, "id")
    if not isinstance(playlist, str) or not playlist.startswith("p."):
        say(f"Apple did not say which playlist it made: delete '{PLAYLIST_NAME}' by hand.")
        return _of_playlist([*seen, "which one was not told, so it was left"], holds=False)
    path = f"{_LIBRARY}/playlists/{playlist}"
    is_gone = False
    try:
        seen.append(f"to be seen after {await _shown(asker, path, sleep, wanted=True)}")
        renamed = await _either(
            asker, path, "PATCH", {"attributes": {"name": f"{PLAYLIST_NAME} 2"}}
        )
        seen.append(f"renamed: {renamed}")
        tracks = await _either(asker, f"{path}/tracks", "PUT", {"data": []})
        seen.append(f"its tracks set: {tracks}")
    finally:
        # Also when the operator interrupts: what was made is taken away.
        deleting = asyncio.ensure_future(_either(asker, path, "DELETE", None))
        while not deleting.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(deleting)
        is_gone = deleting.result().startswith("2")
        if not is_gone:
            say(f"The playlist could not be deleted: delete '{PLAYLIST_NAME}' by hand.")
    seen.append(f"deleted: {deleting.result()}")
    if is_gone:
        seen.append(f"gone after {await _shown(asker, path, sleep, wanted=False)}")
    return _of_playlist(seen, holds=is_gone)


async def _either(asker: Asker, path: str, method: str, body: Mapping[str, Any] | None) -> str:
    """Ask the documented host, then the other; the shape of the first yes, or of both answers."""
    first = await asker.api(path, method=method, body=body)
    if first.ok:
        return f"{first.shape}, by the documented host"
    second = await asker.api(path, method=method, body=body, on_web_host=True)
    if second.ok:
        return f"{second.shape}, by the web player's host; the documented one: {first.shape}"
    return f"refused by both: {first.shape}; {second.shape}"


async def _shown(asker: Asker, path: str, sleep: Sleep, *, wanted: bool) -> str:
    for look in range(_LOOKS):
        reply = await asker.api(path)
        if (reply.ok and at(reply.json, "data") != []) is wanted:
            return f"{look * _LOOK_SECONDS:g} s"
        await sleep(_LOOK_SECONDS)
    return f"more than {_LOOKS * _LOOK_SECONDS:g} s"


def _of_playlist(seen: list[str], *, holds: bool | None) -> Answer:
    return judged(
        "write.playlist_cycle",
        "A playlist can be made, renamed and deleted.",
        holds=holds,
        seen=seen,
    )
