"""A sync of the library: every change told once, and taken up again where it broke."""

import copy
import os
from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from applemusic import Client
from applemusic.cli.exits import Exit
from applemusic.cli.problems import Problem
from applemusic.cli.showing.fields import counted
from applemusic.cli.showing.jsonable import jsonable
from applemusic.cli.showing.output import Output
from applemusic.cli.showing.rows import label, plural, type_of
from applemusic.errors import UnavailableError
from applemusic.library import SyncChange
from applemusic.models.reference import ResourceType
from applemusic.models.sync import (
    SyncCheckpoint,
    SyncPlaylistTracks,
    SyncProgress,
    SyncRemoval,
    SyncUpsert,
)

_ATTEMPTS: Final = 5
_LONGEST_TOKEN: Final = 64 * 1024


@dataclass(slots=True)
class Counts:
    """How many changes came."""

    upserts: Counter[ResourceType] = field(default_factory=Counter)
    removals: Counter[ResourceType] = field(default_factory=Counter)
    playlists: int = 0
    since: bool = False

    def lines(self) -> list[str]:
        """Return them for people."""
        lines = []
        for kind in sorted({*self.upserts, *self.removals}):
            gone = self.removals[kind]
            parts = [f"{self.upserts[kind]:,} {'new or changed' if self.since else 'read'}"]
            parts += [f"{gone:,} gone"] if gone else []
            lines.append(f"{plural(kind):<13} {', '.join(parts)}")
        if self.playlists:
            lines.append(f"{'':<13} tracks of {counted(self.playlists, 'playlist')}")
        return lines or ["Nothing has changed." if self.since else "The library is empty."]


class Syncing:
    """One sync, from its start or a checkpoint to its end.

    Args:
        music: The server.
        out: Where changes are written, and how far it is.
        types: Types to send; empty for all.
        include_playlist_tracks: Also send what playlists hold.
    """

    def __init__(
        self,
        music: Client,
        out: Output,
        *,
        types: Sequence[ResourceType],
        include_playlist_tracks: bool,
    ) -> None:
        self._music = music
        self._out = out
        self._asked: dict[str, Any] = {
            "types": types,
            "include_playlist_tracks": include_playlist_tracks,
        }
        self._token = ""
        self._failures = 0
        self._came = False
        self._counts = Counts()
        self._counted = Counts()  # up to the last checkpoint: what comes after it can come again

    async def run(self, state: Path | None, *, restart: bool) -> Counts:
        """Sync, and return what came.

        Args:
            state: File with the last checkpoint; None for none.
            restart: Begin anew, whatever the file says.

        Raises:
            Problem: The file cannot be read or written.
            AppleMusicError: The server refuses, or was away for too long.
        """
        if state is not None and not restart:
            self._token = read_token(state)
        if state is not None:
            _check_writable(state)
        self._counts.since = bool(self._token)
        while True:
            try:
                await self._once(state)
            except UnavailableError as error:
                self._failures += 1
                if not self._came or self._failures > _ATTEMPTS:
                    raise
                self._counts = copy.deepcopy(self._counted)
                self._out.note(f"It broke ({error.message}); going on at the last checkpoint.")
                await self._wait(error)
            else:
                return self._counts

    async def _once(self, state: Path | None) -> None:
        changes = self._music.library.sync(sync_token=self._token, **self._asked)
        async with aclosing(changes) as each:  # type: ignore[type-var] # it is a generator
            async for change in each:
                self._came = True
                self._take(change)
                if isinstance(change, SyncCheckpoint):
                    self._token = change.sync_token
                    self._failures = 0
                    self._counted = copy.deepcopy(self._counts)
                    if state is not None:
                        # What the token stands for has been written: a pipe's reader may lose it,
                        # a program that ends between the two does not.
                        self._out.flush()
                        write_token(state, change.sync_token)

    def _take(self, change: SyncChange) -> None:
        match change:
            case SyncUpsert() if change.resource is not None:
                self._counts.upserts[type_of(change.resource)] += 1
            case SyncRemoval() if change.resource is not None:
                self._counts.removals[change.resource.type] += 1
            case SyncPlaylistTracks():
                self._counts.playlists += change.last
            case SyncProgress():
                total = f" of {change.total_count:,}" if change.total_count else ""
                self._out.progress(f"{label(change.type)}s: {change.done_count:,}{total}")
        if self._out.json:
            self._out.record({"change": _NAMES[type(change)]} | jsonable(change))

    async def _wait(self, error: UnavailableError) -> None:
        delay = self._music.config.backoff.delay(self._failures, 1.0)
        if error.retry_after is not None:
            delay = max(delay, error.retry_after.total_seconds())
        await self._out.rest(delay)


def read_token(state: Path) -> str:
    """Return the token that a file holds; empty when there is no such file yet.

    Raises:
        Problem: It is no file of this command's.
    """
    try:
        with state.open(encoding="ascii") as file:
            token = file.read(_LONGEST_TOKEN).strip()
    except FileNotFoundError:
        return ""
    except OSError as error:
        raise Problem(f"{state} cannot be read: {error.strerror}.", exit_code=Exit.USAGE) from error
    except UnicodeDecodeError as error:
        raise _not_a_token(state) from error
    if not token.isprintable() or " " in token:
        raise _not_a_token(state)
    return token


def _not_a_token(state: Path) -> Problem:
    return Problem(f"{state} holds no token of a sync.", exit_code=Exit.USAGE)


def write_token(state: Path, token: str) -> None:
    """Keep a token: the old one stays until the new one is whole."""
    beside = _beside(state)
    beside.write_text(f"{token}\n", encoding="ascii")
    os.replace(beside, state)  # noqa: PTH105 - says that it replaces


def _beside(state: Path) -> Path:
    return state.with_name(f"{state.name}.new")


def _check_writable(state: Path) -> None:
    """Find out before anything is sent whether a token can be kept.

    Raises:
        Problem: It cannot.
    """
    beside = _beside(state)
    try:
        beside.touch()
        beside.unlink()
    except OSError as error:
        raise Problem(
            f"{state} cannot be written: {error.strerror}.",
            exit_code=Exit.USAGE,
            next_step="Name a file in a folder that is there and that you may write to.",
        ) from error


_NAMES: Final[dict[type, str]] = {
    SyncUpsert: "upsert",
    SyncRemoval: "removal",
    SyncPlaylistTracks: "playlist_tracks",
    SyncProgress: "progress",
    SyncCheckpoint: "checkpoint",
}
