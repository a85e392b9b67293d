"""`applemusic favorites`."""

from collections.abc import Awaitable
from typing import Any

import click

from applemusic.cli.command import Group
from applemusic.cli.exits import Exit
from applemusic.cli.naming import references_of
from applemusic.cli.options import limited
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.fields import counted
from applemusic.cli.showing.rows import label, tracks_table
from applemusic.cli.showing.table import Column, Table
from applemusic.models.favorite import FavoriteState


@click.group(
    "favorites",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "applemusic favorites",
        "applemusic favorites add 1440857781 artist:178834",
        "applemusic favorites check 1440857781",
    ),
)
@click.pass_context
def command(context: click.Context) -> Awaitable[Any] | None:
    """Say and see what the listener likes."""
    if context.invoked_subcommand is None:
        return _list(25)
    return None


@with_server
async def _list(session: Session, limit: int | None) -> None:
    library = session.music.library
    songs: Any = None
    async for playlist in library.playlists():
        if playlist.favorites:
            songs = await session.take(library.playlist_tracks(playlist.id), limit, "song")
            break
    if session.out.json:
        session.out.document(songs.document() if songs else {"items": [], "more": False})
        return
    if songs is None:
        session.out.note("The account has no list of favorite songs yet.")
        return
    session.out.table(tracks_table(songs.items))
    session.tell_more(songs, "song")


@command.command("list")
@limited()
def list_command(*, limit: int | None) -> Awaitable[Any]:
    """List the favorite songs."""
    return _list(limit)


@command.command("add", examples=("applemusic favorites add 1440857781 artist:178834",))
@click.argument("what", nargs=-1, required=True)
@with_server
async def add(session: Session, *, what: tuple[str, ...]) -> Exit:
    """Make songs, albums, artists and more favorites."""
    return await _set(session, what, FavoriteState.FAVORITE)


@command.command("dislike", examples=("applemusic favorites dislike 1440857781",))
@click.argument("what", nargs=-1, required=True)
@with_server
async def dislike(session: Session, *, what: tuple[str, ...]) -> Exit:
    """Have Apple suggest less of these."""
    return await _set(session, what, FavoriteState.DISLIKED)


@command.command("remove", examples=("applemusic favorites remove 1440857781",))
@click.argument("what", nargs=-1, required=True)
@with_server
async def remove(session: Session, *, what: tuple[str, ...]) -> None:
    """Take back what was said of these."""
    references = await references_of(session.music, what)
    await session.music.favorites.clear(references)
    if session.out.json:
        session.out.document({"cleared": len(references)})
    else:
        session.out.text(f"Took it back for {counted(len(references), 'item')}.")


@command.command("check", examples=("applemusic favorites check 1440857781 --json",))
@click.argument("what", nargs=-1, required=True)
@with_server
async def check(session: Session, *, what: tuple[str, ...]) -> None:
    """Show what the listener thinks of these."""
    references = await references_of(session.music, what)
    found = await session.music.favorites.batch_get(references)
    if session.out.json:
        session.out.document({"items": found})
        return
    columns = (Column("Opinion"), Column("Type"), Column("Name", flexible=True), Column("Id"))
    names = {reference.id: reference.name for reference in references}
    rows = [
        [str(each.state), label(each.item.type), clean(names.get(each.item.id, "")), each.item.id]
        for each in found
        if each.item is not None
    ]
    session.out.table(Table(columns, rows))


async def _set(session: Session, what: tuple[str, ...], state: FavoriteState) -> Exit:
    references = await references_of(session.music, what)
    refused = await session.music.favorites.set(references, state=state)
    done = len(references) - len(refused)
    if session.out.json:
        session.out.document({"set": done, "state": state, "refused_ids": refused})
    else:
        word = "Favorites now" if state is FavoriteState.FAVORITE else "Disliked now"
        session.out.text(f"{word}: {counted(done, 'item')}.")
    for name in refused:
        session.out.note(f"Apple could not set {name}.")
    if not refused:
        return Exit.DONE
    return Exit.PARTLY if done else Exit.REFUSED
