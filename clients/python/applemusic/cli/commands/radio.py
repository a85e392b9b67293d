"""`applemusic radio`."""

from typing import TYPE_CHECKING, Final

import click

from applemusic.cli.command import Group
from applemusic.cli.naming import named, reference_of
from applemusic.cli.options import limited
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.rows import table_of
from applemusic.models.reference import ResourceType
from applemusic.models.station import StationList

if TYPE_CHECKING:
    from applemusic.models.song import Song

_LISTS: Final = {str(which): which for which in StationList if which is not StationList.UNKNOWN}


@click.group(
    "radio",
    cls=Group,
    examples=(
        "applemusic radio stations",
        "applemusic radio stations --list genre --genre 1",
        "applemusic radio seed 1440857781",
        "applemusic play ra.978194965",
    ),
)
def command() -> None:
    """List stations, and what they play next."""


@command.command("stations", examples=("applemusic radio stations --list personal",))
@click.option(
    "--list",
    "which",
    type=click.Choice(list(_LISTS)),
    default=str(StationList.FEATURED),
    show_default=True,
    help="Which stations.",
)
@click.option("--genre", default="", metavar="ID", help="Genre of stations; implies --list genre.")
@limited()
@with_server
async def stations(session: Session, *, which: str, genre: str, limit: int | None) -> None:
    """List stations of one kind.

    Live ones, those of the account, featured ones, those of a genre, or those played last.
    """
    chosen = StationList.GENRE if genre else _LISTS[which]
    if chosen is StationList.GENRE and not genre:
        raise click.UsageError(
            "Say which genre with --genre ID; `applemusic radio genres` lists them."
        )
    pager = session.music.radio.stations(chosen, genre_id=genre)
    taken = await session.take(pager, limit, "station")
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(table_of(ResourceType.STATION, taken.items))
    session.tell_more(taken, "station")


@command.command("genres")
@limited(100)
@with_server
async def genres(session: Session, *, limit: int | None) -> None:
    """List the genres that stations have."""
    taken = await session.take(session.music.radio.genres(), limit, "genre")
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(table_of(ResourceType.GENRE, taken.items))
    session.tell_more(taken, "genre")


@command.command("seed", examples=("applemusic radio seed artist:178834",))
@click.argument("what")
@with_server
async def seed(session: Session, *, what: str) -> None:
    """Show the station made from a song, artist or album."""
    station = await session.music.radio.seeded_station(await reference_of(session.music, what))
    if session.out.json:
        session.out.document(station)
        return
    session.out.table(table_of(ResourceType.STATION, [station]))


@command.command("next", examples=("applemusic radio next ra.1498155548 --limit 5",))
@click.argument("station")
@click.option(
    "--limit", type=click.IntRange(1, 100), default=10, show_default=True, metavar="N",
    help="Most songs to show.",
)  # fmt: skip
@with_server
async def next_songs(session: Session, *, station: str, limit: int) -> None:
    """List the songs that a station plays next."""
    reference = named(station).reference or await reference_of(session.music, station)
    if reference.type is not ResourceType.STATION:
        raise click.UsageError(f"{station} is no station; `applemusic radio stations` lists some.")
    songs: list[Song] = []
    token = ""
    while len(songs) < limit:
        asked = min(limit - len(songs), 10)
        tracks = await session.music.radio.next_tracks(
            reference.id, session_token=token, limit=asked
        )
        if not tracks.songs:
            break
        songs += tracks.songs
        token = tracks.session_token
    if session.out.json:
        session.out.document({"items": songs, "session_token": token})
        return
    session.out.table(table_of(ResourceType.SONG, songs))
    if not songs:
        session.out.note("The station has no songs just now.")
