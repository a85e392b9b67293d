"""`applemusic browse`."""

from typing import Any, Final

import click

from applemusic.cli.command import Group
from applemusic.cli.commands import radio, recommendations
from applemusic.cli.naming import reference_of
from applemusic.cli.options import limited, typed
from applemusic.cli.session import Session, Taken, with_server
from applemusic.cli.showing.cells import clean
from applemusic.cli.showing.rows import label, mixed_table, table_of, tracks_table
from applemusic.cli.showing.table import Column, Table
from applemusic.models.album import ArtistAlbumKind
from applemusic.models.chart import Chart
from applemusic.models.reference import ResourceType
from applemusic.models.relation import Relation

_KINDS: Final = {
    str(kind).replace("_", "-"): kind
    for kind in ArtistAlbumKind
    if kind is not ArtistAlbumKind.UNKNOWN
}
_RELATIONS: Final = {
    str(relation).replace("_", "-"): relation
    for relation in Relation
    if relation is not Relation.UNKNOWN
}


@click.group(
    "browse",
    cls=Group,
    examples=(
        "applemusic browse charts --type song --limit 10",
        "applemusic browse charts --genre 21",
        "applemusic browse albums 178834 --kind live-albums",
        "applemusic browse related 1440857781 related-albums",
    ),
)
def command() -> None:
    """Look around: charts, genres, stations, what is related."""


@command.command("charts")
@typed(ResourceType.SONG, ResourceType.ALBUM, ResourceType.PLAYLIST, ResourceType.MUSIC_VIDEO)
@click.option("--genre", default="", metavar="ID", help="Genre; `applemusic browse genres`.")
@click.option("--everywhere", is_flag=True, help="Charts of cities and of the world, too.")
@click.option("--limit", type=click.IntRange(1, 200), default=10, show_default=True, metavar="N",
              help="Most to show of each chart.")  # fmt: skip
@with_server
async def charts(
    session: Session,
    *,
    kinds: tuple[ResourceType, ...],
    genre: str,
    everywhere: bool,
    limit: int,
) -> None:
    """Show what is played most."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    async for page in session.music.catalog.charts(
        types=kinds, genre_id=genre, include_city_and_global=everywhere, page_size=min(limit, 50)
    ):
        for chart in page:
            _join(found, chart, limit)
        if all(len(each["items"]) >= limit for each in found.values()):
            break
    if session.out.json:
        session.out.document({"items": list(found.values())})
        return
    session.out.tables(
        table_of(each["type"], each["items"], title=clean(each["name"]), first=1)
        for each in found.values()
    )
    if not found:
        session.out.note("There are no charts here.")


def _join(found: dict[tuple[str, str], dict[str, Any]], chart: Chart, limit: int) -> None:
    """Add a page's part of a chart to what was read of it."""
    key = (chart.id, str(chart.type))
    whole = found.setdefault(
        key, {"type": chart.type, "id": chart.id, "name": chart.name, "items": []}
    )
    whole["items"] = (whole["items"] + list(chart.items))[:limit]


@command.command("genres")
@limited(100)
@with_server
async def genres(session: Session, *, limit: int | None) -> None:
    """List the genres of the catalog."""
    taken = await session.take(session.music.catalog.genres(), limit, "genre")
    _write(session, taken, ResourceType.GENRE, "genre")


@command.command("storefronts")
@limited(300)
@with_server
async def storefronts(session: Session, *, limit: int | None) -> None:
    """List the countries that have a catalog."""
    taken = await session.take(session.music.catalog.storefronts(), limit, "storefront")
    if session.out.json:
        session.out.document(taken.document())
        return
    columns = (Column("Code"), Column("Name", flexible=True), Column("Languages", flexible=True))
    rows = [
        [each.id, clean(each.name), ", ".join(each.supported_language_tags)] for each in taken.items
    ]
    session.out.table(Table(columns, rows))
    session.tell_more(taken, "storefront")


@command.command("albums", examples=("applemusic browse albums 178834 --kind singles",))
@click.argument("artist")
@click.option("--kind", type=click.Choice(list(_KINDS)), default="all", show_default=True,
              help="Which of them.")  # fmt: skip
@limited()
@with_server
async def albums(session: Session, *, artist: str, kind: str, limit: int | None) -> None:
    """List the albums of an ARTIST."""
    artist_id = await _artist(session, artist)
    pager = session.music.catalog.artist_albums(artist_id, _KINDS[kind])
    taken = await session.take(pager, limit, "album")
    _write(session, taken, ResourceType.ALBUM, "album")


@command.command("songs")
@click.argument("artist")
@limited(10)
@with_server
async def songs(session: Session, *, artist: str, limit: int | None) -> None:
    """List the most played songs of an ARTIST."""
    pager = session.music.catalog.artist_top_songs(await _artist(session, artist))
    taken = await session.take(pager, limit, "song")
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(tracks_table(taken.items))
    session.tell_more(taken, "song")


@command.command("similar")
@click.argument("artist")
@limited()
@with_server
async def similar(session: Session, *, artist: str, limit: int | None) -> None:
    """List artists whom the same people play."""
    pager = session.music.catalog.similar_artists(await _artist(session, artist))
    taken = await session.take(pager, limit, "artist")
    _write(session, taken, ResourceType.ARTIST, "artist")


@command.command("related", examples=("applemusic browse related album:1440857781 appears-on",))
@click.argument("what")
@click.argument("relation", type=click.Choice(list(_RELATIONS)))
@limited()
@with_server
async def related(session: Session, *, what: str, relation: str, limit: int | None) -> None:
    """List what stands in a RELATION to something."""
    reference = await reference_of(session.music, what)
    pager = session.music.catalog.related(reference, _RELATIONS[relation])
    taken = await session.take(pager, limit)
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(mixed_table(taken.items))
    session.tell_more(taken)


command.add_command(radio.stations)
command.add_command(recommendations.command)


async def _artist(session: Session, text: str) -> str:
    if text.isdecimal():
        return text
    reference = await reference_of(session.music, text)
    if reference.type is not ResourceType.ARTIST:
        raise click.UsageError(f"{text} is no artist but of type {label(reference.type)}.")
    return reference.id


def _write(session: Session, taken: Taken[Any], kind: ResourceType, noun: str) -> None:
    if session.out.json:
        session.out.document(taken.document())
        return
    session.out.table(table_of(kind, taken.items))
    session.tell_more(taken, noun)
