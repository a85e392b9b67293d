"""`applemusic play`."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from applemusic.cli.command import Command
from applemusic.cli.exits import Exit
from applemusic.cli.options import Position
from applemusic.cli.playing.players import Player, player_of
from applemusic.cli.session import Session, with_server
from applemusic.cli.showing.output import Output
from applemusic.models.audio import AudioContainer
from applemusic.models.song import Song

if TYPE_CHECKING:
    from applemusic.cli.following import Display
    from applemusic.cli.playing.playhead import Playhead
    from applemusic.cli.playing.queue import Entry
    from applemusic.models.resource import Resource

_CONTAINERS: Final = {
    "auto": AudioContainer.UNKNOWN,
    "fmp4": AudioContainer.FMP4,
    "adts": AudioContainer.ADTS,
    "pcm": AudioContainer.PCM_S16LE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the options say."""

    container: AudioContainer
    start: timedelta
    pipe: bool
    lyrics: bool
    preview: bool
    shuffle: bool
    limit: int | None


@click.command(
    "play",
    cls=Command,
    examples=(
        "applemusic play 1440857781",
        "applemusic play https://music.apple.com/us/album/1440857781 --shuffle",
        "applemusic play ra.978194965 --player mpv",
        "applemusic play 1440857781 --from 1:15 --lyrics",
        "applemusic play 1440857781 --output - | ffplay -nodisp -autoexit -",
    ),
)
@click.argument("what", nargs=-1, required=True)
@click.option("--player", default="", envvar="APPLEMUSIC_CLIENT_PLAYER", show_envvar=True,
              metavar="COMMAND",
              help="Program that plays its input; else mpv, ffplay or aplay.")  # fmt: skip
@click.option("--output", "-o", type=click.Choice(["-"]), default=None,
              help="- writes the audio to stdout, for a pipe.")  # fmt: skip
@click.option("--container", type=click.Choice(list(_CONTAINERS)), default="auto",
              help="Form of the audio; auto takes what the player joins best.")  # fmt: skip
@click.option("--from", "start", type=Position(), default=timedelta(0), metavar="POSITION",
              help="Where in the first song to begin, as 75 or 1:15.")  # fmt: skip
@click.option("--shuffle", is_flag=True, help="In another order.")
@click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N",
              help="Stop after so many songs.")  # fmt: skip
@click.option("--preview", is_flag=True, help="Play 30 seconds of what does not play.")
@click.option("--lyrics", is_flag=True, help="Show the lyrics in time.")
@with_server
async def command(
    session: Session,
    *,
    what: tuple[str, ...],
    player: str,
    output: str | None,
    container: str,
    start: timedelta,
    shuffle: bool,
    limit: int | None,
    preview: bool,
    lyrics: bool,
) -> Exit:
    """Play songs, albums, playlists, artists and stations.

    Audio comes at the pace of listening and goes into mpv, ffplay or aplay, or with --output - into
    a pipe. The next song is prepared while one plays. What does not play is skipped, and said. With
    --json: a line for everything that happens.
    """
    wishes = Wishes(
        container=_CONTAINERS[container],
        start=start,
        pipe=output is not None,
        lyrics=lyrics,
        preview=preview,
        shuffle=shuffle,
        limit=limit,
    )
    if wishes.pipe and (session.out.json or player):
        raise click.UsageError("--output - takes stdout for the audio: no --json, and no --player.")
    chosen = None if wishes.pipe else player_of(player, session.terminal)
    if wishes.pipe:
        from applemusic.cli.playing.sinks import check_pipe  # noqa: PLC0415 - before anything is asked

        check_pipe(session.terminal.out)
    return await _play(session, what, wishes, chosen)


async def _play(
    session: Session, what: tuple[str, ...], wishes: Wishes, player: Player | None
) -> Exit:
    # The code of playing, for this command only.
    from applemusic.cli.playing import playback, queue, reports, sinks  # noqa: PLC0415 - see above
    from applemusic.cli.playing.playhead import Playhead  # noqa: PLC0415 - as above

    music, out, terminal = session.music, session.out, session.terminal
    resources = await queue.found(music, what)
    settings = playback.PlaySettings(
        container=_container(
            wishes, player, resources, exact=await _exact(session, wishes, player)
        ),
        start=wishes.start,
        preview=wishes.preview,
        one_pipe=player is None,
        any_form=player is not None and not player.raw_only,
    )

    async def open_sink(header: Any) -> sinks.Sink:
        if player is None:
            return await sinks.PipeSink.open(terminal.out)
        return await sinks.PlayerSink.start(player, header, terminal.environment)

    entries = queue.entries(music, resources)
    if wishes.shuffle:
        entries = queue.shuffled(entries, terminal.shuffled)
    playhead: Playhead[Entry] = Playhead(terminal.clock)
    report = reports.JsonReport(out) if out.json else reports.PeopleReport(out)
    async with _beside(session, playhead, lyrics=wishes.lyrics, pipe=wishes.pipe):
        played = await playback.Playback(
            music, open_sink, report, settings, playhead=playhead, sleep=terminal.sleep
        ).play(queue.Queue(queue.first(entries, wishes.limit)))
    if not played.songs and len(played.skipped) == 1:
        raise played.skipped[0][1]
    if not played.songs and not played.skipped and not played.stopped:
        out.note("There is nothing to play in it.")
        return Exit.REFUSED
    return played.exit


async def _exact(session: Session, wishes: Wishes, player: Player | None) -> bool:
    """Return whether to ask for PCM, which alone begins at the very position."""
    if not wishes.start or player is None or not player.known:
        return False
    capabilities = (await session.music.server.info()).capabilities
    return capabilities is not None and capabilities.pcm


def _container(
    wishes: Wishes, player: Player | None, resources: "list[Resource]", *, exact: bool
) -> AudioContainer:
    """Return the form to ask for.

    Raises:
        click.UsageError: What is asked for cannot be played so.
    """
    single = len(resources) == 1 and isinstance(resources[0], Song)
    raw = player is not None and player.raw_only
    if wishes.container is AudioContainer.UNKNOWN:
        if raw or exact:
            return AudioContainer.PCM_S16LE
        return AudioContainer.FMP4 if single else AudioContainer.ADTS
    if raw and wishes.container is not AudioContainer.PCM_S16LE:
        raise click.UsageError(f"{player.name if player else ''} plays --container pcm alone.")
    if wishes.pipe and wishes.container is AudioContainer.FMP4 and not single:
        raise click.UsageError("Several songs cannot follow each other as fmp4 in one pipe.")
    return wishes.container


@asynccontextmanager
async def _beside(
    session: Session, playhead: "Playhead[Entry]", *, lyrics: bool, pipe: bool
) -> AsyncIterator[None]:
    """Show lyrics, or where the song is, while it plays."""
    from applemusic.cli.following import LinesDisplay, SungDisplay  # noqa: PLC0415 - as above
    from applemusic.cli.playing.reports import show_position  # noqa: PLC0415 - as above
    from applemusic.cli.playing.singing import Singing  # noqa: PLC0415 - as above

    out, terminal = session.out, session.terminal
    if pipe:  # stdout is for the audio
        terminal = replace(terminal, out=terminal.err)
        out = Output(terminal, json=False)

    def display() -> "Display":
        if terminal.out.isatty() and not out.json:
            return SungDisplay(out, terminal.width or 80)
        return LinesDisplay(out)

    if lyrics:
        work = Singing(session.music, out, playhead, display, terminal.sleep).run()
    elif terminal.moves and not out.json:
        work = show_position(out, playhead, terminal.sleep)
    else:
        yield
        return
    beside = asyncio.create_task(work)
    try:
        yield
    finally:
        beside.cancel()
        await asyncio.wait({beside})
