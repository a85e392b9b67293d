"""`applemusic library`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from applemusic.cli.command import Group
from applemusic.cli.exits import Exit
from applemusic.cli.naming import references_of
from applemusic.cli.options import confirmed, limited, typed
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.fields import counted
from applemusic.cli.showing.rows import mixed_table, table_of
from applemusic.models.reference import ResourceType

if TYPE_CHECKING:
    from applemusic import Pager


@click.group(
    "library",
    cls=Group,
    examples=(
        "applemusic library songs --limit 50",
        "applemusic library add https://music.apple.com/us/album/1440857781",
        "applemusic library sync --json --state library.sync > changes.jsonl",
    ),
)
def command() -> None:
    """List, add, remove and sync what an account keeps.

    To look for words in it: `applemusic search --library`.
    """


@command.command("songs", examples=("applemusic library songs --all --json",))
@limited()
@with_server
async def songs(session: Session, *, limit: int | None) -> None:
    """List songs, the newest addition first."""
    await _list(session, session.music.library.songs(), ResourceType.SONG, limit)


@command.command("albums")
@limited()
@with_server
async def albums(session: Session, *, limit: int | None) -> None:
    """List albums."""
    await _list(session, session.music.library.albums(), ResourceType.ALBUM, limit)


@command.command("artists")
@limited()
@with_server
async def artists(session: Session, *, limit: int | None) -> None:
    """List artists."""
    await _list(session, session.music.library.artists(), ResourceType.ARTIST, limit)


@command.command("playlists")
@limited()
@with_server
async def playlists(session: Session, *, limit: int | None) -> None:
    """List playlists; `applemusic playlists` changes them."""
    await _list(session, session.music.library.playlists(), ResourceType.PLAYLIST, limit)


@command.command("music-videos")
@limited()
@with_server
async def music_videos(session: Session, *, limit: int | None) -> None:
    """List music videos."""
    await _list(session, session.music.library.music_videos(), ResourceType.MUSIC_VIDEO, limit)


@command.command("recent")
@limited()
@with_server
async def recent(session: Session, *, limit: int | None) -> None:
    """List albums and playlists that were added last."""
    taken = await session.take(session.music.library.recently_added(), limit)
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(mixed_table(taken.items))
    session.tell_more(taken)


@command.command(
    "add", examples=("applemusic library add 1440857781", "applemusic library add pl.f4d106fed2bd")
)
@click.argument("what", nargs=-1, required=True)
@with_server
async def add(session: Session, *, what: tuple[str, ...]) -> Exit:
    """Add songs, albums, playlists and music videos."""
    references = await references_of(session.music, what)
    refused = await session.music.library.add(references)
    done = len(references) - len(refused)
    if session.out.json:
        session.out.document({"added": done, "refused_ids": refused})
    else:
        session.out.text(f"Added {counted(done, 'item')} to the library.")
    for name in refused:
        session.out.note(f"Apple could not add {name}.")
    return _outcome(done, len(refused))


@command.command("remove", examples=("applemusic library remove i.AbCdEfGh --yes",))
@click.argument("what", nargs=-1, required=True)
@confirmed
@with_server
async def remove(session: Session, *, what: tuple[str, ...], yes: bool) -> Exit:
    """Remove songs, albums, playlists and music videos."""
    references = await references_of(session.music, what)
    count = counted(len(references), "item")
    session.confirm(f"Remove {count} from the library?", yes=yes)
    absent = await session.music.library.remove(references)
    done = len(references) - len(absent)
    if session.out.json:
        session.out.document({"removed": done, "absent_ids": absent})
    else:
        session.out.text(f"Removed {counted(done, 'item')} from the library.")
    for name in absent:
        session.out.note(f"{name} is not in the library.")
    return _outcome(done, len(absent))


@command.command(
    "sync",
    examples=(
        "applemusic library sync",
        "applemusic library sync --json --state library.sync >> changes.jsonl",
        "applemusic library sync --json --type song | jq -r 'select(.change == \"upsert\")'",
    ),
)
@typed(
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.ARTIST,
    ResourceType.PLAYLIST,
    ResourceType.MUSIC_VIDEO,
)
@click.option("--tracks", is_flag=True, help="Send what playlists hold, too.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Remember here how far it came; the next run goes on there and sends what changed.",
)
@click.option("--restart", is_flag=True, help="Forget what --state remembers, and send all of it.")
@with_server
async def sync(
    session: Session,
    *,
    kinds: tuple[ResourceType, ...],
    tracks: bool,
    state: Path | None,
    restart: bool,
) -> None:
    """Read the whole library, or what changed since.

    With --json every change is a line: upsert, removal, playlist_tracks, progress, checkpoint.
    Without, the changes are counted. A sync that breaks goes on at its last checkpoint.
    """
    from applemusic.cli.syncing import Syncing  # noqa: PLC0415 - for this command only

    syncing = Syncing(session.music, session.out, types=kinds, include_playlist_tracks=tracks)
    counts = await syncing.run(state, restart=restart)
    if session.out.json:
        return
    for line in counts.lines():
        session.out.text(line)


async def _list(
    session: Session, pager: "Pager[Any]", kind: ResourceType, limit: int | None
) -> None:
    noun = str(kind).replace("_", " ")
    taken = await session.take(pager, limit, noun)
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(table_of(kind, taken.items))
    session.tell_more(taken, noun)


def _outcome(done: int, left: int) -> Exit:
    if not left:
        return Exit.DONE
    return Exit.PARTLY if done else Exit.REFUSED
