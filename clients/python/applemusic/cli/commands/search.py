"""`applemusic search`."""

from typing import Any, Final

import click

from applemusic.cli.command import Command
from applemusic.cli.options import typed
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.rows import label, mixed_table, plural, table_of
from applemusic.models.reference import ResourceType

_IN_CATALOG: Final = (
    ResourceType.SONG,
    ResourceType.ALBUM,
    ResourceType.ARTIST,
    ResourceType.PLAYLIST,
    ResourceType.STATION,
    ResourceType.MUSIC_VIDEO,
    ResourceType.CURATOR,
    ResourceType.RECORD_LABEL,
)
_IN_LIBRARY: Final = frozenset(
    {
        ResourceType.SONG,
        ResourceType.ALBUM,
        ResourceType.ARTIST,
        ResourceType.PLAYLIST,
        ResourceType.MUSIC_VIDEO,
    }
)
_MOST: Final = 25  # per type and page; the contract's limit


@click.command(
    "search",
    cls=Command,
    examples=(
        "applemusic search interlude",
        "applemusic search --type album --limit 20 night drive",
        "applemusic search --library rain",
        "applemusic search --json interlude | jq -r '.songs[0].id'",
    ),
)
@click.argument("words", nargs=-1, required=True)
@typed(*_IN_CATALOG)
@click.option(
    "--limit",
    type=click.IntRange(1, 500),
    default=5,
    show_default=True,
    metavar="N",
    help="Most to show of each type.",
)
@click.option("--library", is_flag=True, help="Look in the account's library.")
@click.option("--suggest", is_flag=True, help="Show what the words may be the beginning of.")
@with_server
async def command(
    session: Session,
    *,
    words: tuple[str, ...],
    kinds: tuple[ResourceType, ...],
    limit: int,
    library: bool,
    suggest: bool,
) -> None:
    """Find songs, albums, artists and playlists by words.

    Looks in Apple's catalog for songs, albums, artists and playlists, unless --type or --library
    say something else.
    """
    term = " ".join(words)
    if library and suggest:
        raise click.UsageError("--suggest completes words of the catalog, not of the library.")
    if suggest:
        await _suggest(session, term, limit)
        return
    if library and (strange := [label(kind) for kind in kinds if kind not in _IN_LIBRARY]):
        raise click.UsageError(f"A library has no {strange[0]} to look for.")
    found = await _find(session, term, kinds, limit, library=library)
    if session.out.json:
        session.out.document(found)
        return
    session.out.tables(
        table_of(kind, found[_key(kind)], title=plural(kind))
        for kind in _IN_CATALOG
        if _key(kind) in found
    )
    if not any(found.values()):
        where = " in the library" if library else ""
        session.out.note(f"Nothing{where} is found for “{term}”.")


async def _find(
    session: Session, term: str, kinds: tuple[ResourceType, ...], limit: int, *, library: bool
) -> dict[str, list[Any]]:
    """Return what is found by type, page after page until each has enough or no more."""
    music = session.music
    wanted = kinds or tuple(kind for kind in _IN_CATALOG[:4])
    found: dict[str, list[Any]] = {_key(kind): [] for kind in wanted}
    call: dict[str, Any] = {"types": wanted, "page_size": min(limit, _MOST)}
    while True:
        results: Any = await (
            music.library.search(term, **call) if library else music.catalog.search(term, **call)
        )
        came = 0
        for kind in wanted:
            items = getattr(results, _key(kind))
            came += len(items)
            found[_key(kind)] = (found[_key(kind)] + list(items))[:limit]
        enough = all(len(items) >= limit for items in found.values())
        if enough or not came or not results.next_page_token:
            return found
        call["page_token"] = results.next_page_token


async def _suggest(session: Session, term: str, limit: int) -> None:
    found = await session.music.catalog.search_suggestions(
        term, term_limit=min(limit, 10), types=_IN_CATALOG[:4]
    )
    if session.out.json:
        session.out.document(found)
        return
    for suggestion in found.suggestions:
        session.out.text(suggestion.display_term or suggestion.search_term)
    if found.top_results:
        session.out.text()
        session.out.table(mixed_table(found.top_results, title="Best matches"))
    if not found.suggestions and not found.top_results:
        session.out.note(f"Nothing begins with “{term}”.")


def _key(kind: ResourceType) -> str:
    return f"{kind}s"
