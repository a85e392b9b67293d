"""Changes what playlists hold."""

from collections.abc import Sequence
from typing import Final

from applemusic_server.application.library_writing import (
    SETTLED_SECONDS,
    LibraryWriting,
    Writer,
    in_doubt,
    playlist_not_editable,
)
from applemusic_server.application.limits import check_id
from applemusic_server.application.once import Attempt, is_certain
from applemusic_server.application.playlist_rows import (
    MOST_TRACKS,
    PlaylistRows,
    as_written,
    check_tracks,
    names,
)
from applemusic_server.application.playlists import Playlists
from applemusic_server.application.recent_library import not_in_library
from applemusic_server.domain.capability import Capability
from applemusic_server.domain.errors import AppleMusicError, UnimplementedError, invalid_field
from applemusic_server.domain.library_writes import Outcome, Row
from applemusic_server.domain.resources import Playlist, ResourceRef, ResourceType, Track

_ENDPOINT: Final = "library.append_tracks"


class PlaylistTracks:
    """The use cases of changing a playlist's tracks.

    Every method raises INVALID_FIELD, RESOURCE_NOT_FOUND, PLAYLIST_NOT_EDITABLE, and an ACCOUNT,
    token or UPSTREAM reason.

    Args:
        writing: Opens calls that write.
        playlists: Finds playlists.
        rows: Finds tracks.
    """

    def __init__(self, writing: LibraryWriting, playlists: Playlists, rows: PlaylistRows) -> None:
        self._writing = writing
        self._playlists = playlists
        self._rows = rows

    async def add(
        self,
        playlist_id: str,
        tracks: Sequence[ResourceRef],
        account: str,
        request_id: str,
        *,
        skip_duplicates: bool,
    ) -> tuple[int, tuple[str, ...]]:
        """Append tracks, once per `request_id`.

        Returns:
            How many were appended, and the ids that there are not.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        check_id(playlist_id, "playlist_id")
        if not tracks:
            raise invalid_field("tracks", f"1 to {MOST_TRACKS} tracks, not 0")
        check_tracks(tracks)
        content = ("tracks", playlist_id, tuple(tracks), skip_duplicates)
        async with (
            self._writing.writer(account) as writer,
            self._writing.once.attempt(writer.account_id, request_id, *content) as attempt,
        ):
            done = attempt.earlier.outcome if attempt.earlier else None
            if done is not None:
                return int(done["added"]), tuple(done["refused"])
            writer.require(Capability.PLAYLIST_CREATE)
            playlist = await self._playlists.require(playlist_id, writer)
            rows, refused = await self._rows.find(tracks, writer)
            append = _Append(self._writing, self._rows, writer, playlist.id)
            added = await append.run(rows, attempt, skip_duplicates=skip_duplicates)
            if added:
                self._touch(playlist, writer)
            await attempt.finish({"added": added, "refused": refused})
            return added, refused

    async def remove(
        self, playlist_id: str, track_ids: Sequence[str], positions: Sequence[int], account: str
    ) -> int:
        """Remove all copies of tracks, or what stands at some positions; return how many went.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        check_id(playlist_id, "playlist_id")
        _check_choice(track_ids, positions)
        async with self._writing.writer(account) as writer:
            playlist = await self._playlists.require(playlist_id, writer)
            tracks = await self._rows.of(playlist.id, writer)
            wanted = frozenset(track_ids)
            gone = {place for place, each in enumerate(tracks) if wanted & names(each)}
            for position, place in enumerate(positions):
                if place >= len(tracks):
                    raise invalid_field(
                        f"positions[{position}]", f"the playlist has {len(tracks)} tracks"
                    )
                gone.add(place)
            if not gone:
                return 0
            left = tuple(each for place, each in enumerate(tracks) if place not in gone)
            await self._take_out(playlist.id, tracks, gone, left, writer)
            self._touch(playlist, writer)
            return len(gone)

    async def move(
        self, playlist_id: str, start: int, count: int, target: int, account: str
    ) -> None:
        """Move `count` tracks (0 is 1) from `start` on, so that the first stands at `target`.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        check_id(playlist_id, "playlist_id")
        for field, value in (("start_index", start), ("count", count), ("target_index", target)):
            if value < 0:
                raise invalid_field(field, "must not be negative")
        number = count or 1
        async with self._writing.writer(account) as writer:
            playlist = await self._playlists.require(playlist_id, writer)
            tracks = await self._rows.of(playlist.id, writer)
            if start + number > len(tracks):
                raise invalid_field("start_index", f"the playlist has {len(tracks)} tracks")
            if target + number > len(tracks):
                raise invalid_field("target_index", f"the playlist has {len(tracks)} tracks")
            moved = tracks[start : start + number]
            others = tracks[:start] + tracks[start + number :]
            wanted = (*others[:target], *moved, *others[target:])
            if wanted != tracks:
                await self._set(playlist.id, [as_written(each) for each in wanted], writer)
                self._touch(playlist, writer)

    async def replace(
        self, playlist_id: str, tracks: Sequence[ResourceRef], account: str
    ) -> tuple[str, ...]:
        """Make a playlist hold exactly these tracks. Idempotent.

        Returns:
            Ids that there are not.

        Raises:
            UnimplementedError: CAPABILITY_REFUSED.
        """
        check_id(playlist_id, "playlist_id")
        check_tracks(tracks)
        async with self._writing.writer(account) as writer:
            playlist = await self._playlists.require(playlist_id, writer)
            rows, refused = await self._rows.find(tracks, writer)
            await self._set(playlist.id, rows, writer)
            self._touch(playlist, writer)
            return refused

    def _touch(self, playlist: Playlist, writer: Writer) -> None:
        """Note when the playlist was changed: a sync reads its tracks anew then."""
        changes = {"last_modified_time": self._writing.now()}
        self._writing.memory.changed(writer.account_id, playlist, changes)

    async def _take_out(
        self,
        playlist_id: str,
        tracks: tuple[Track, ...],
        gone: set[int],
        left: tuple[Track, ...],
        writer: Writer,
    ) -> None:
        """Remove by id where that means the same; else, or when Apple refuses it, set what is left.

        Removing by id does not touch what another device appends at the same time.
        """
        ids = {tracks[place].id for place in gone}
        if not ids & {each.id for each in left} and writer.allows(
            Capability.PLAYLIST_EDIT_REMOVE_TRACKS
        ):
            refs = [as_written(tracks[place]).ref for place in sorted(gone)]

            async def send() -> Outcome:
                return await self._writing.gateway.remove_tracks(
                    playlist_id, list(dict.fromkeys(refs)), writer.listener
                )

            try:
                with _Doubt(self._writing, writer, playlist_id):
                    capability = Capability.PLAYLIST_EDIT_REMOVE_TRACKS
                    outcome = await writer.edit(capability, send, _ref(playlist_id))
            except UnimplementedError:
                pass  # Noted; the list is written as a whole instead.
            else:
                self._note(playlist_id, left, outcome, writer)
                return
        await self._set(playlist_id, [as_written(each) for each in left], writer)

    async def _set(self, playlist_id: str, rows: Sequence[Row], writer: Writer) -> None:
        async def send() -> Outcome:
            return await self._writing.gateway.set_tracks(playlist_id, rows, writer.listener)

        with _Doubt(self._writing, writer, playlist_id):
            capability = Capability.PLAYLIST_EDIT_TRACKS
            outcome = await writer.edit(capability, send, _ref(playlist_id))
        self._note(playlist_id, tuple(row.track for row in rows), outcome, writer)

    def _note(
        self, playlist_id: str, tracks: tuple[Track, ...], outcome: Outcome, writer: Writer
    ) -> None:
        if outcome is Outcome.MISSING:
            raise not_in_library(ResourceType.PLAYLIST, playlist_id, writer.account_id)
        self._writing.memory.set_tracks(writer.account_id, playlist_id, tracks)


class _Append:
    """Appends tracks to one playlist, so that nothing is appended twice.

    Args:
        writing: What writers need.
        rows: Reads playlists.
        writer: The call.
        playlist_id: Which.
    """

    def __init__(
        self, writing: LibraryWriting, rows: PlaylistRows, writer: Writer, playlist_id: str
    ) -> None:
        self._writing = writing
        self._rows = rows
        self._writer = writer
        self._playlist_id = playlist_id

    async def run(self, rows: Sequence[Row], attempt: Attempt, *, skip_duplicates: bool) -> int:
        """Append what an earlier attempt has not; return how many were appended in all."""
        if attempt.earlier is not None:
            before = int(attempt.plan["before"])
            rows = [rows[place] for place in attempt.plan["places"] if place < len(rows)]
            age = (self._writing.now() - attempt.begin_time).total_seconds()
            end = self._writing.clock() + max(0.0, SETTLED_SECONDS - max(age, 0.0))
            if await self._shown(before + len(rows), end):
                self._note(rows, before)
                return len(rows)
        else:
            places = await self._places(rows, skip_duplicates=skip_duplicates)
            rows = [rows[place] for place in places]
            before = await self._count()
            if rows:
                await attempt.begin({"before": before, "places": places}, self._writing.now())
        if rows:
            await self._append(rows, before)
            self._note(rows, before)
        return len(rows)

    async def _append(self, rows: Sequence[Row], before: int) -> None:
        """Append, and once more when it is certain that the first time did nothing."""
        if await self._try(rows, before, last=False):
            return
        if not await self._try(rows, before, last=True):
            raise in_doubt(_ENDPOINT)

    async def _try(self, rows: Sequence[Row], before: int, *, last: bool) -> bool:
        """Append once; False when Apple shows nothing of it after the time that it may take."""
        end = self._writing.clock() + SETTLED_SECONDS
        try:
            outcome = await self._send(rows)
        except AppleMusicError as error:
            if is_certain(error):
                raise
            if last and not await self._shown(before + len(rows), end):
                raise
            return last or await self._shown(before + len(rows), end)
        if outcome is Outcome.DONE:
            return True
        if outcome is Outcome.REFUSED:
            raise playlist_not_editable(self._playlist_id)
        if outcome is Outcome.MISSING:
            account_id = self._writer.account_id
            raise not_in_library(ResourceType.PLAYLIST, self._playlist_id, account_id)
        if await self._set_instead(rows, before) or await self._shown(before + len(rows), end):
            return True
        if last:
            raise playlist_not_editable(self._playlist_id)
        return False

    async def _send(self, rows: Sequence[Row]) -> Outcome:
        async def send() -> Outcome:
            return await self._writing.gateway.append(
                self._playlist_id, rows, self._writer.listener
            )

        return await self._writer.settled(send, _ref(self._playlist_id))

    async def _set_instead(self, rows: Sequence[Row], before: int) -> bool:
        """Write the list as a whole: Apple answers 500 to appending to some playlists (observed).

        Whatever became of the append, the list is right afterwards.
        """
        if not self._writer.allows(Capability.PLAYLIST_EDIT_TRACKS):
            return False
        tracks = (await self._rows.of(self._playlist_id, self._writer))[:before]
        wanted = [*map(as_written, tracks), *rows]

        async def send() -> Outcome:
            return await self._writing.gateway.set_tracks(
                self._playlist_id, wanted, self._writer.listener
            )

        try:
            capability, ref = Capability.PLAYLIST_EDIT_TRACKS, _ref(self._playlist_id)
            outcome = await self._writer.edit(capability, send, ref)
        except UnimplementedError:
            return False  # Noted.
        if outcome is Outcome.DONE:
            self._writing.memory.set_tracks(self._writer.account_id, self._playlist_id, tracks)
        return outcome is Outcome.DONE

    async def _places(self, rows: Sequence[Row], *, skip_duplicates: bool) -> list[int]:
        """Return which of the rows to append."""
        if not skip_duplicates:
            return list(range(len(rows)))
        held = await self._rows.of(self._playlist_id, self._writer)
        known = {name for track in held for name in names(track)}
        places: list[int] = []
        for place, row in enumerate(rows):
            if known.isdisjoint(names(row.track)):
                places.append(place)
                known |= names(row.track)
        return places

    async def _count(self) -> int:
        """Return how many tracks the playlist has, with all writes."""
        page = await self._writing.library.playlist_tracks(
            self._playlist_id, self._writer.scope, limit=1, offset=0
        )
        return page.total_count or len(page.items)

    async def _shown(self, count: int, end: float) -> bool:
        """Whether Apple shows so many tracks, before the end of the time that it may take."""

        async def ask() -> bool | None:
            page = await self._writing.apple.playlist_tracks(
                self._playlist_id, self._writer.scope, limit=1, offset=0
            )
            return True if (page.total_count or len(page.items)) >= count else None

        return bool(await ask() or await self._writer.until(ask, end))

    def _note(self, rows: Sequence[Row], before: int) -> None:
        tracks = tuple(row.track for row in rows)
        self._writing.memory.appended(self._writer.account_id, self._playlist_id, tracks, before)


class _Doubt:
    """Forgets what a playlist was made to hold when writing it ends with an error."""

    def __init__(self, writing: LibraryWriting, writer: Writer, playlist_id: str) -> None:
        self._writing = writing
        self._account_id = writer.account_id
        self._playlist_id = playlist_id

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and not issubclass(kind, UnimplementedError):
            self._writing.memory.doubt_tracks(self._account_id, self._playlist_id)


def _ref(playlist_id: str) -> ResourceRef:
    return ResourceRef(ResourceType.PLAYLIST, playlist_id)


def _check_choice(track_ids: Sequence[str], positions: Sequence[int]) -> None:
    if bool(track_ids) == bool(positions):
        raise invalid_field("track_ids", "give either track_ids or positions")
    if len(track_ids) > MOST_TRACKS or len(positions) > MOST_TRACKS:
        raise invalid_field("track_ids", f"at most {MOST_TRACKS}")
    for position, each in enumerate(track_ids):
        check_id(each, f"track_ids[{position}]")
    for position, place in enumerate(positions):
        if place < 0:
            raise invalid_field(f"positions[{position}]", "must not be negative")
