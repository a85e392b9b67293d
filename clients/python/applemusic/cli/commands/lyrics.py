"""`applemusic lyrics`."""

import asyncio
from datetime import timedelta
from typing import Any, Final

import click

from applemusic.cli.command import Command
from applemusic.cli.exits import Exit
from applemusic.cli.naming import resource_of, song_id_of
from applemusic.cli.options import Position
from applemusic.cli.problems import Problem
from applemusic.cli.session import Session, with_server
from applemusic.models.lyrics import Lyrics, LyricsTiming

_TIMINGS: Final = {
    str(timing): timing for timing in LyricsTiming if timing is not LyricsTiming.UNKNOWN
}


@click.command(
    "lyrics",
    cls=Command,
    examples=(
        "applemusic lyrics 1440857781",
        "applemusic lyrics 1440857781 --follow --at 0:42",
        "playerctl position --follow | applemusic lyrics 1440857781 --positions",
        "applemusic lyrics 1440857781 --lrc > song.lrc",
        "applemusic play 1440857781 --lyrics",
    ),
)
@click.argument("song")
@click.option("--follow", is_flag=True, help="Show each line when it is sung.")
@click.option("--at", type=Position(), default=timedelta(0), metavar="POSITION",
              help="Where the song is now, as 75 or 1:15; implies --follow.")  # fmt: skip
@click.option("--positions", is_flag=True,
              help="Follow positions on stdin, one per line; implies --follow.")  # fmt: skip
@click.option("--times", is_flag=True, help="Show when each line begins.")
@click.option("--lrc", is_flag=True, help="Write LRC, as players read it; with words where timed.")
@click.option("--timing", type=click.Choice(list(_TIMINGS)), default=None,
              help="Finest timing wanted; else the finest there is.")  # fmt: skip
@click.option("--translation", default="", metavar="TAG", help="With a translation, e.g. into de.")
@with_server
async def command(
    session: Session,
    *,
    song: str,
    follow: bool,
    at: timedelta,
    positions: bool,
    times: bool,
    lrc: bool,
    timing: str | None,
    translation: str,
) -> None:
    """Show the lyrics of a SONG, all at once or in time.

    With --follow the song is taken to play from --at on. What another player plays is followed with
    --positions; what this command plays with `applemusic play --lyrics`.
    """
    if sum((follow or bool(at) or positions, times, lrc)) > 1:
        raise click.UsageError("Choose one of --follow, --times and --lrc.")
    lyrics = await lyrics_of(
        session, song, _TIMINGS[timing] if timing else LyricsTiming.UNKNOWN, translation
    )
    if follow or at or positions:
        await _follow(session, lyrics, at, positions=positions)
    elif session.out.json:
        session.out.document(lyrics)
    else:
        _write(session, lyrics, times=times, lrc=lrc)


async def lyrics_of(session: Session, song: str, timing: LyricsTiming, translation: str) -> Lyrics:
    """Return the lyrics of what is named.

    Raises:
        Problem: The song has no twin in the catalog, which alone has lyrics.
    """
    song_id = await song_id_of(session.music, song)
    if song_id[1:2] == ".":
        found: Any = await resource_of(session.music, song_id)
        if not found.catalog_id:
            raise Problem(
                "this song of the library is not in the catalog, which alone has lyrics.",
                exit_code=Exit.NOT_FOUND,
            )
        song_id = found.catalog_id
    return await session.music.catalog.lyrics(
        song_id, timing=timing, translation_language=translation
    )


def _write(session: Session, lyrics: Lyrics, *, times: bool, lrc: bool) -> None:
    from applemusic.cli.following import timed_text  # noqa: PLC0415 - not for the other forms

    out = session.out
    if lrc:
        text = lyrics.enhanced_lrc or lyrics.lrc
        if not text:
            raise _untimed()
        for line in text.splitlines():
            out.text(line)
        return
    if times and lyrics.timing in {LyricsTiming.NONE, LyricsTiming.UNKNOWN}:
        raise _untimed()
    for line in timed_text(lyrics) if times else lyrics.plain_text.splitlines():
        out.text(line)
    if lyrics.songwriters:
        out.text()
        out.text(f"Written by {', '.join(lyrics.songwriters)}", style="dim")


async def _follow(session: Session, lyrics: Lyrics, at: timedelta, *, positions: bool) -> None:
    from applemusic.cli.following import LinesDisplay, SungDisplay, follow  # noqa: PLC0415 - as above
    from applemusic.cli.positions import Positions  # noqa: PLC0415 - as above

    if lyrics.timing in {LyricsTiming.NONE, LyricsTiming.UNKNOWN}:
        raise _untimed()
    terminal = session.terminal
    where = Positions(terminal.clock, at)
    display = (
        SungDisplay(session.out, terminal.width or 80)
        if terminal.out.isatty() and not session.out.json and terminal.moves
        else LinesDisplay(session.out)
    )
    following = asyncio.create_task(follow(lyrics, where, display, terminal.sleep))
    tasks = {following}
    if positions:
        tasks.add(asyncio.create_task(where.read(terminal.input)))
    try:
        while not following.done():
            # What is read may end first, and `follow` then sees that the song has.
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            tasks -= done
    finally:
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)


def _untimed() -> Problem:
    return Problem(
        "the lyrics of this song carry no times.",
        exit_code=Exit.REFUSED,
        next_step="Leave --follow, --times and --lrc out.",
    )
