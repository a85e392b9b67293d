"""Play a song and show its lyrics line by line, as they are sung.

    python examples/now_playing.py interlude

The audio goes to a player's standard input (--player, mpv unless told otherwise; "" for silence).
The token for a server that wants one is in APPLEMUSIC_TOKEN.
"""

import argparse
import asyncio
import os
import shlex
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from datetime import timedelta

from applemusic import AudioStream, Client, Song
from applemusic.errors import AppleMusicError, LyricsNotFoundError
from applemusic.models import Lyrics, LyricsLine


async def feed(stream: AudioStream, player: asyncio.subprocess.Process | None) -> None:
    """Give the audio to the player, which takes it as fast as it plays."""
    async for chunk in stream:
        if player is not None and player.stdin is not None:
            player.stdin.write(chunk)
            await player.stdin.drain()
    if player is not None and player.stdin is not None:
        player.stdin.close()
        await player.wait()


def show(song: Song, lines: tuple[LyricsLine, ...], index: int) -> None:
    """Show a line between the one before and the one after; on paper, so to speak, it alone."""
    if not sys.stdout.isatty():
        print(lines[index].text, flush=True)
        return
    before = lines[index - 1].text if index else ""
    after = lines[index + 1].text if index + 1 < len(lines) else ""
    print(f"\x1b[2J\x1b[H\x1b[2m{song.name}, {song.artist_name}\n\n{before}\x1b[0m")
    print(f"\x1b[1m{lines[index].text}\x1b[0m\n\x1b[2m{after}\x1b[0m", flush=True)


async def follow(song: Song, lyrics: Lyrics) -> None:
    """Show each line when it is its turn, from now on."""
    clock = asyncio.get_running_loop().time
    start = clock()
    for index, line in enumerate(lyrics.lines):
        offset = line.start_offset or timedelta()  # none where the lyrics have no times
        await asyncio.sleep(max(0.0, start + offset.total_seconds() - clock()))
        show(song, lyrics.lines, index)


async def play(music: Client, song: Song, player: str) -> None:
    """Play one song with its lyrics."""
    lyrics = Lyrics()
    with suppress(LyricsNotFoundError):
        lyrics = await music.catalog.lyrics(song.id)
    async with music.audio.stream(song.id) as stream:  # with its header here, it begins
        started = None
        if player:
            started = await asyncio.create_subprocess_exec(*shlex.split(player), stdin=PIPE)
        await asyncio.gather(feed(stream, started), follow(song, lyrics))


async def main() -> None:
    """Find a song and play it."""
    parser = argparse.ArgumentParser(description="Play a song and show its lyrics.")
    parser.add_argument("words", nargs="+", help="what to look for")
    parser.add_argument("--player", default="mpv --no-terminal -", help="reads the audio")
    parser.add_argument("--server", default="127.0.0.1:50051")
    options = parser.parse_args()
    token = os.environ.get("APPLEMUSIC_TOKEN", "")
    async with Client(options.server, access_token=token) as music:
        found = await music.catalog.search(" ".join(options.words), page_size=1)
        if not found.songs:
            sys.exit("nothing is called that")
        print(f"{found.songs[0].name}, {found.songs[0].artist_name}", file=sys.stderr)
        await play(music, found.songs[0], options.player)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except AppleMusicError as error:
        sys.exit(str(error))
    except OSError as error:  # it is not there, or it was closed
        sys.exit(f"the player: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
