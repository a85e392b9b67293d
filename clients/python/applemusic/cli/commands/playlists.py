"""`applemusic playlists`."""

from collections.abc import Awaitable
from typing import Any

import click

from applemusic.cli.command import Group
from applemusic.cli.commands.show import command as show_command
from applemusic.cli.exits import Exit
from applemusic.cli.naming import reference_of, references_of
from applemusic.cli.options import confirmed, limited
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.fields import counted, day
from applemusic.cli.showing.table import Column, Table
from applemusic.models.playlist import Playlist, PlaylistFolder
from applemusic.models.reference import ResourceType


@click.group(
    "playlists",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "applemusic playlists",
        "applemusic playlists create 'Rainy Days' 1440857781 1440857782",
        "applemusic playlists add p.LV0PXNoCl0EpDLW 1440857781",
        "applemusic playlists move p.LV0PXNoCl0EpDLW 5 1",
    ),
)
@click.pass_context
def command(context: click.Context) -> Awaitable[Any] | None:
    """Make, fill, order, rename and delete playlists.

    Tracks are counted from 1, as `applemusic playlists show` numbers them.
    """
    if context.invoked_subcommand is None:
        return _list(None, "")
    return None


@with_server
async def _list(session: Session, limit: int | None, folder: str) -> None:
    library = session.music.library
    pager: Any = library.folder_children(folder) if folder else library.playlists()
    taken = await session.take(pager, limit, "playlist")
    if session.out.json:
        session.out.document(taken.document())
        return
    columns = (
        Column("Name", flexible=True),
        Column("May be changed", spare=2),
        Column("Changed", spare=1),
        Column("Id", style="dim"),
    )
    session.out.table(Table(columns, [_row(each) for each in taken.items]))
    session.tell_more(taken, "playlist")


def _row(item: Playlist | PlaylistFolder) -> list[str]:
    if isinstance(item, PlaylistFolder):
        return [f"{clean(item.name)}/", "", day(item.date_added), item.id]
    return [
        clean(item.name),
        "yes" if item.editable else "no",
        day(item.last_modified_time),
        item.id,
    ]


@command.command("list", examples=("applemusic playlists list --folder p.playlistsroot",))
@click.option("--folder", default="", metavar="ID", help="Only what this folder holds.")
@limited()
def list_command(*, folder: str, limit: int | None) -> Awaitable[Any]:
    """List playlists, of all folders or of one."""
    return _list(limit, folder)


command.add_command(show_command)


@command.command(
    "create",
    examples=(
        "applemusic playlists create 'Rainy Days'",
        "applemusic playlists create Road --description 'For the drive' 1440857781 i.AbCdEfGh",
    ),
)
@click.argument("name")
@click.argument("track", nargs=-1)
@click.option("--description", default="", help="What it is about.")
@click.option("--folder", default="", metavar="ID", help="Folder to make it in.")
@with_server
async def create(
    session: Session, *, name: str, track: tuple[str, ...], description: str, folder: str
) -> None:
    """Make a playlist called NAME, with tracks if any are named."""
    tracks = await references_of(session.music, track)
    made = await session.music.library.create_playlist(
        name, description=description, tracks=tracks, parent_folder_id=folder
    )
    if session.out.json:
        session.out.document(made)
    else:
        session.out.text(f"Made “{made.name}”: {made.id}")


@command.command("rename", examples=("applemusic playlists rename p.LV0PXNoCl0EpDLW Sunny",))
@click.argument("playlist")
@click.argument("name")
@click.option("--description", default=None, help="What it is about.")
@with_server
async def rename(session: Session, *, playlist: str, name: str, description: str | None) -> None:
    """Give a PLAYLIST another NAME."""
    changed = await session.music.library.update_playlist(
        await _id(session, playlist), name=name, description=description
    )
    if session.out.json:
        session.out.document(changed)
    else:
        session.out.text(f"It is called “{changed.name}” now.")


@command.command("add", examples=("applemusic playlists add p.LV0PXNoCl0EpDLW 1440857781",))
@click.argument("playlist")
@click.argument("track", nargs=-1, required=True)
@click.option("--skip-duplicates", is_flag=True, help="Leave out what it holds already.")
@with_server
async def add(
    session: Session, *, playlist: str, track: tuple[str, ...], skip_duplicates: bool
) -> Exit:
    """Append tracks to a PLAYLIST, in order."""
    playlist_id = await _id(session, playlist)
    tracks = await references_of(session.music, track)
    refused = await session.music.library.add_playlist_tracks(
        playlist_id, tracks, skip_duplicates=skip_duplicates
    )
    done = len(tracks) - len(refused)
    if session.out.json:
        session.out.document({"added": done, "refused_ids": refused})
    else:
        session.out.text(f"Added {counted(done, 'track')}.")
    for name in refused:
        session.out.note(f"Apple could not add {name}.")
    if not refused:
        return Exit.DONE
    return Exit.PARTLY if done else Exit.REFUSED


@command.command(
    "remove",
    examples=(
        "applemusic playlists remove p.LV0PXNoCl0EpDLW --position 3",
        "applemusic playlists remove p.LV0PXNoCl0EpDLW i.AbCdEfGh",
    ),
)
@click.argument("playlist")
@click.argument("track", nargs=-1)
@click.option("--position", "positions", type=click.IntRange(min=1), multiple=True, metavar="N",
              help="Number of a track, from 1; may be given several times.")  # fmt: skip
@with_server
async def remove(
    session: Session, *, playlist: str, track: tuple[str, ...], positions: tuple[int, ...]
) -> Exit:
    """Remove tracks from a PLAYLIST.

    By id, and every copy goes; or by position.
    """
    if bool(track) == bool(positions):
        raise click.UsageError("Name tracks by id, or by --position: one of both.")
    removed = await session.music.library.remove_playlist_tracks(
        await _id(session, playlist),
        track_ids=track,
        positions=[position - 1 for position in positions],
    )
    if session.out.json:
        session.out.document({"removed": removed})
    else:
        session.out.text(f"Removed {counted(removed, 'track')}.")
    return Exit.DONE if removed else Exit.NOT_FOUND


@command.command(
    "move",
    examples=(
        "applemusic playlists move p.LV0PXNoCl0EpDLW 5 1",
        "applemusic playlists move p.LV0PXNoCl0EpDLW 5 1 --count 3",
    ),
)
@click.argument("playlist")
@click.argument("position", type=click.IntRange(min=1))
@click.argument("target", type=click.IntRange(min=1))
@click.option("--count", type=click.IntRange(min=1), default=1, help="How many tracks move.")
@with_server
async def move(session: Session, *, playlist: str, position: int, target: int, count: int) -> None:
    """Move a track of a PLAYLIST to another place.

    What is at POSITION is at TARGET afterwards.
    """
    await session.music.library.move_playlist_tracks(
        await _id(session, playlist),
        start_index=position - 1,
        target_index=target - 1,
        count=count,
    )
    _done(session, f"Moved {counted(count, 'track')}.")


@command.command("delete", examples=("applemusic playlists delete p.LV0PXNoCl0EpDLW --yes",))
@click.argument("playlist")
@confirmed
@with_server
async def delete(session: Session, *, playlist: str, yes: bool) -> None:
    """Delete a PLAYLIST; its songs stay where they are."""
    reference = await _id(session, playlist)
    session.confirm(f"Delete the playlist {reference}?", yes=yes)
    await session.music.library.delete_playlist(reference)
    _done(session, "Deleted.")


async def _id(session: Session, text: str) -> str:
    """Return the library id of a playlist that is named.

    Raises:
        click.UsageError: It is none of the library.
    """
    reference = await reference_of(session.music, text)
    if reference.type is not ResourceType.PLAYLIST or not reference.in_library:
        raise click.UsageError(
            f"{text} is no playlist of the library; `applemusic playlists` lists them."
        )
    return reference.id


def _done(session: Session, sentence: str) -> None:
    if session.out.json:
        session.out.document({"done": True})
    else:
        session.out.text(sentence)
