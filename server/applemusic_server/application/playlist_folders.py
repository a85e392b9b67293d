"""Makes, renames and deletes folders of playlists, and moves things into them."""

from collections.abc import Sequence
from typing import Final

from applemusic_server.application.library_memory import CLASSES
from applemusic_server.application.library_overlay import overlay_of
from applemusic_server.application.library_writing import (
    SETTLED_SECONDS,
    LibraryWriting,
    Writer,
    in_doubt,
)
from applemusic_server.application.limits import check_id
from applemusic_server.application.once import Attempt, is_certain
from applemusic_server.application.playlists import Playlists, check_name
from applemusic_server.application.recent_library import not_in_library
from applemusic_server.domain.capability import Capability
from applemusic_server.domain.errors import AppleMusicError, NotFoundError, invalid_field
from applemusic_server.domain.library import FolderChild
from applemusic_server.domain.library_writes import Outcome
from applemusic_server.domain.resources import (
    PlaylistFolder,
    ResourceRef,
    ResourceType,
)

_ROOT: Final = "p.playlistsroot"
_DEEPEST: Final = 64
_PAGE: Final = 100
_SENDS: Final = 2
_ENDPOINT: Final = "library.create_folder"


class PlaylistFolders:
    """The use cases of folders.

    Every method raises INVALID_FIELD, CAPABILITY_REFUSED, and an ACCOUNT, token or UPSTREAM reason.

    Args:
        writing: Opens calls that write.
        playlists: Finds folders.
    """

    def __init__(self, writing: LibraryWriting, playlists: Playlists) -> None:
        self._writing = writing
        self._playlists = playlists

    async def create(
        self, name: str, parent_folder_id: str, account: str, request_id: str
    ) -> PlaylistFolder:
        """Make a folder, once per `request_id`.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND, for the folder around it.
        """
        check_name(name)
        parent = _folder_id(parent_folder_id, "parent_folder_id")
        async with (
            self._writing.writer(account) as writer,
            self._writing.once.attempt(
                writer.account_id, request_id, "folder", name, parent
            ) as attempt,
        ):
            done = attempt.earlier.outcome if attempt.earlier else None
            if done is not None:
                found = await self._fetch(str(done["id"]), writer)
                return found or PlaylistFolder(str(done["id"]), name, parent)
            writer.require(Capability.PLAYLIST_CREATE)
            if parent:
                await self._playlists.require_folder(parent, writer)
            made = await self._make(name, parent, attempt, writer)
            now = self._writing.now().replace(microsecond=0)
            shown = PlaylistFolder(made.id, name, parent, made.date_added or now)
            self._writing.memory.added(writer.account_id, [shown])
            await attempt.finish({"id": shown.id})
            return shown

    async def rename(self, folder_id: str, name: str, account: str) -> PlaylistFolder:
        """Rename a folder.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        check_id(folder_id, "folder_id")
        check_name(name)
        async with self._writing.writer(account) as writer:
            folder = await self._playlists.require_folder(folder_id, writer)
            ref = ResourceRef(ResourceType.PLAYLIST_FOLDER, folder.id)

            async def send() -> Outcome:
                return await self._writing.gateway.rename_folder(folder.id, name, writer.listener)

            if await writer.edit(Capability.PLAYLIST_EDIT, send, ref) is Outcome.MISSING:
                raise not_in_library(ref.type, folder_id, writer.account_id)
            shown = self._writing.memory.changed(writer.account_id, folder, {"name": name})
            return shown if isinstance(shown, PlaylistFolder) else folder

    async def delete(self, folder_id: str, account: str) -> None:
        """Delete a folder; what it holds moves to the folder above it first. Idempotent."""
        check_id(folder_id, "folder_id")
        if folder_id == _ROOT:
            raise invalid_field("folder_id", "the root cannot be deleted")
        async with self._writing.writer(account) as writer:
            writer.require(Capability.PLAYLIST_DELETE)
            folder = await self._fetch(folder_id, writer)
            if folder is None:
                return
            await self._empty(folder, writer)
            ref = ResourceRef(ResourceType.PLAYLIST_FOLDER, folder_id)

            async def send() -> Outcome:
                return await self._writing.gateway.remove(ref, writer.listener)

            await writer.edit(Capability.PLAYLIST_DELETE, send, ref)
            self._writing.memory.removed(writer.account_id, [(ref.type, ref.id)])

    async def move(self, item: ResourceRef, folder_id: str, account: str) -> None:
        """Put a playlist or folder into a folder; an empty id means the root. Idempotent.

        Raises:
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        if item.type not in {ResourceType.PLAYLIST, ResourceType.PLAYLIST_FOLDER}:
            raise invalid_field("resource.type", f"{item.type.name} is no playlist or folder")
        check_id(item.id, "resource.id")
        target = _folder_id(folder_id, "folder_id")
        async with self._writing.writer(account) as writer:
            found = await self._writing.library.fetch(CLASSES[item.type], [item.id], writer.scope)
            if not found.items:
                raise not_in_library(item.type, item.id, writer.account_id)
            if target:
                await self._check_target(item, target, writer)
            child: FolderChild = found.items[0]
            if child.parent_folder_id != target:
                await self._move(child, target, writer)

    async def _make(
        self, name: str, parent: str, attempt: Attempt, writer: Writer
    ) -> PlaylistFolder:
        """Make a folder, unless an earlier attempt has; look for it when an answer was lost."""
        if attempt.earlier is not None:
            age = (self._writing.now() - attempt.begin_time).total_seconds()
            end = self._writing.clock() + max(0.0, SETTLED_SECONDS - max(age, 0.0))
            found = await self._until_shown(name, parent, attempt, writer, end)
            if found is not None:
                return found
        before = sorted(await self._same_name(name, parent, writer))
        for tries in range(1, _SENDS + 1):
            await attempt.begin({"before": before}, self._writing.now())
            end = self._writing.clock() + SETTLED_SECONDS
            lost: AppleMusicError | None = None
            made: PlaylistFolder | None = None
            try:
                with writer.noting(Capability.PLAYLIST_CREATE):
                    made = await self._writing.gateway.create_folder(name, parent, writer.listener)
            except AppleMusicError as error:
                if is_certain(error):
                    raise
                lost = error
            made = made or await self._until_shown(name, parent, attempt, writer, end)
            if made is not None:
                return made
            if lost is None or tries == _SENDS:
                raise lost or in_doubt(_ENDPOINT)
        raise in_doubt(_ENDPOINT)

    async def _until_shown(
        self, name: str, parent: str, attempt: Attempt, writer: Writer, end: float
    ) -> PlaylistFolder | None:
        """Return the folder that an attempt made; None when it does not show until `end`."""

        async def ask() -> PlaylistFolder | None:
            known = {*attempt.plan["before"]}
            known |= overlay_of(self._writing.memory, writer.account_id).ids(PlaylistFolder)
            found = await self._same_name(name, parent, writer)
            return next((each for key, each in found.items() if key not in known), None)

        return await ask() or await writer.until(ask, end)

    async def _same_name(self, name: str, parent: str, writer: Writer) -> dict[str, PlaylistFolder]:
        try:
            children = await self._children(parent, writer, as_apple_shows=True)
        except NotFoundError:  # The folder around was made a moment ago itself.
            return {}
        return {
            each.id: each
            for each in children
            if isinstance(each, PlaylistFolder) and each.name == name
        }

    async def _empty(self, folder: PlaylistFolder, writer: Writer) -> None:
        """Move what a folder holds to the folder above, and wait until Apple shows it empty.

        With a folder Apple may delete what is in it: nothing is left to that.
        """
        children = await self._children(folder.id, writer, as_apple_shows=False)
        for child in children:
            await self._move(child, folder.parent_folder_id, writer)

        async def is_empty() -> bool | None:
            try:
                left = await self._children(folder.id, writer, as_apple_shows=True)
            except NotFoundError:
                return True
            return None if left else True

        end = self._writing.clock() + SETTLED_SECONDS
        if not (await is_empty() or await writer.until(is_empty, end)):
            raise in_doubt("library.move")

    async def _move(self, child: FolderChild, target: str, writer: Writer) -> None:
        is_folder = isinstance(child, PlaylistFolder)
        what = ResourceType.PLAYLIST_FOLDER if is_folder else ResourceType.PLAYLIST
        ref = ResourceRef(what, child.id)

        async def send() -> Outcome:
            return await self._writing.gateway.move(ref, target, writer.listener)

        if await writer.edit(Capability.PLAYLIST_EDIT_MOVE, send, ref) is Outcome.MISSING:
            raise not_in_library(what, child.id, writer.account_id)
        self._writing.memory.changed(writer.account_id, child, {"parent_folder_id": target})

    async def _check_target(self, item: ResourceRef, target: str, writer: Writer) -> None:
        """Return if something can be put into a folder.

        Raises:
            InvalidArgumentError: INVALID_FIELD, it would be inside of itself.
            NotFoundError: RESOURCE_NOT_FOUND.
        """
        folder = await self._playlists.require_folder(target, writer)
        for _ in range(_DEEPEST):
            if folder.id == item.id:
                raise invalid_field("folder_id", "a folder cannot be put into itself")
            if not folder.parent_folder_id:
                return
            around = await self._fetch(folder.parent_folder_id, writer)
            if around is None:
                return
            folder = around
        raise invalid_field("folder_id", "folders go too deep")

    async def _fetch(self, folder_id: str, writer: Writer) -> PlaylistFolder | None:
        found = await self._writing.library.fetch(PlaylistFolder, [folder_id], writer.scope)
        return found.items[0] if found.items else None

    async def _children(
        self, folder_id: str, writer: Writer, *, as_apple_shows: bool
    ) -> Sequence[FolderChild]:
        library = self._writing.apple if as_apple_shows else self._writing.library
        children: list[FolderChild] = []
        offset: int | None = 0
        while offset is not None:
            page = await library.folder_children(
                folder_id, writer.scope, limit=_PAGE, offset=offset
            )
            children.extend(page.items)
            offset = page.next_offset
        return children


def _folder_id(folder_id: str, field: str) -> str:
    """Return the id of a folder; empty for the root, which has an id too."""
    if not folder_id or folder_id == _ROOT:
        return ""
    return check_id(folder_id, field)
