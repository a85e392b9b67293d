"""`applemusic recommendations`."""

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

import click

from applemusic.cli.command import Group
from applemusic.cli.options import limited
from applemusic.cli.session import Session, Taken, with_server
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.fields import counted
from applemusic.cli.showing.rows import by, mixed_table, titled, tracks_table
from applemusic.cli.showing.table import Column, Table
from applemusic.models.recommendation import Recommendation, ReplayItem

if TYPE_CHECKING:
    from applemusic import Pager


@click.group(
    "recommendations",
    cls=Group,
    invoke_without_command=True,
    examples=(
        "applemusic recommendations",
        "applemusic recommendations recent",
        "applemusic recommendations replay --year 2025",
    ),
)
@click.option("--groups", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
              help="Most groups to show.")  # fmt: skip
@click.pass_context
def command(context: click.Context, groups: int) -> Awaitable[Any] | None:
    """Show what Apple recommends, and what was played."""
    if context.invoked_subcommand is None:
        return show_groups(groups)
    return None


@with_server
async def show_groups(session: Session, groups: int) -> None:
    """Show the groups with their first items."""
    taken = await session.take(session.music.recommendations.groups(), groups, "group")
    if session.out.json:
        session.out.document(taken.document())
        return
    for number, group in enumerate(taken.items):
        if number:
            session.out.text()
        _write_group(session, group)
    if not taken.items:
        session.out.note("Apple recommends nothing just now.")
    elif taken.more:
        session.out.note(f"The first {counted(len(taken.items), 'group')}; --groups N shows more.")


def _write_group(session: Session, group: Recommendation) -> None:
    session.out.table(mixed_table(group.items, title=clean(group.title or group.reason)))
    if group.next_page_token:
        session.out.text(f"More: applemusic recommendations items {group.id}", style="dim")


@command.command("items")
@click.argument("group")
@limited()
@with_server
async def items(session: Session, *, group: str, limit: int | None) -> None:
    """List the items of one GROUP.

    Its id is in `applemusic recommendations --json`.
    """
    await _mixed(session, session.music.recommendations.items(group), limit)


@command.command("recent")
@limited()
@with_server
async def recent(session: Session, *, limit: int | None) -> None:
    """List albums, playlists and stations that were played last."""
    await _mixed(session, session.music.recommendations.recently_played(), limit)


@command.command("tracks")
@limited()
@with_server
async def tracks(session: Session, *, limit: int | None) -> None:
    """List songs that were played last."""
    pager = session.music.recommendations.recently_played_tracks()
    taken = await session.take(pager, limit, "song")
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(tracks_table(taken.items))
    session.tell_more(taken, "song")


@command.command("heavy-rotation")
@limited()
@with_server
async def heavy_rotation(session: Session, *, limit: int | None) -> None:
    """List what was played most in the last weeks."""
    await _mixed(session, session.music.recommendations.heavy_rotation(), limit)


@command.command("replay", examples=("applemusic recommendations replay --year 2025 --month 3",))
@click.option("--year", type=click.IntRange(2000, 2200), default=None, help="Else the latest.")
@click.option("--month", type=click.IntRange(1, 12), default=None, help="Else the whole year.")
@click.option("--limit", type=click.IntRange(min=1), default=10, show_default=True, metavar="N",
              help="Most to show of each.")  # fmt: skip
@with_server
async def replay(session: Session, *, year: int | None, month: int | None, limit: int) -> None:
    """Show what was played most in a year or month."""
    if month and not year:
        raise click.UsageError("A month needs --year.")
    found = await session.music.recommendations.replay(year=year or 0, month=month or 0)
    if session.out.json:
        session.out.document(found)
        return
    when = f"{found.year}-{found.month:02}" if found.month else str(found.year)
    session.out.text(f"Replay {when}", style="bold")
    for title, part in (
        ("Songs", found.top_songs),
        ("Albums", found.top_albums),
        ("Artists", found.top_artists),
    ):
        if part:
            session.out.text()
            session.out.table(_plays(title, part[:limit]))
    if found.playlist is not None:
        session.out.text()
        session.out.text(f"Playlist: {found.playlist.name}  {found.playlist.id}")


async def _mixed(session: Session, pager: "Pager[Any]", limit: int | None) -> Taken[Any]:
    taken = await session.take(pager, limit)
    if session.out.json:
        session.out.document(taken.document())
        return taken
    session.out.table(mixed_table(taken.items))
    session.tell_more(taken)
    return taken


def _plays(title: str, part: tuple[ReplayItem, ...]) -> Table:
    columns = (
        Column("Plays", right=True),
        Column("Name", flexible=True),
        Column("By", flexible=True),
        Column("Id", style="dim"),
    )
    rows = [
        [
            str(each.play_count),
            clean(titled(each.resource)),
            clean(by(each.resource)),
            each.resource.id,
        ]
        for each in part
        if each.resource is not None
    ]
    return Table(columns, rows, title)
