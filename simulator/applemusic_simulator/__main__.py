"""`applemusic-simulator`: serve Apple's side until told to stop."""

import asyncio
import contextlib
import signal
from pathlib import Path

import click

from applemusic_simulator.credentials import write_credentials
from applemusic_simulator.library.libraries import MOST_SONGS
from applemusic_simulator.simulator import Simulator

_HELP = """Serve Apple Music's side on this machine: a fictional catalogue with generated music.

Each of Apple's hosts is a path prefix of one address, e.g. http://127.0.0.1:8790/api.music.apple.com
stands for https://api.music.apple.com. GET /control lists them all; below /control are latency,
bandwidth, faults, tokens, the clock and the log of requests. Every option can also be given as an
environment variable, e.g. APPLEMUSIC_SIMULATOR_PORT.

When it serves, it prints one line `ready http://<host>:<port>`. Stop it with Ctrl-C or SIGTERM.
"""


@click.command(help=_HELP, context_settings={"auto_envvar_prefix": "APPLEMUSIC_SIMULATOR"})
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8790,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes a free one.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Same seed, same catalogue, music, developer key and tokens.",
)
@click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where generated audio is kept  [default: applemusic-simulator in the user's cache].",
)
@click.option(
    "--write-credentials",
    "credentials",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the demo account's tokens, the developer key and the path of the test device to "
    "this file (JSON, mode 0600).",
)
@click.option(
    "--build-audio",
    default=0,
    show_default=True,
    type=click.IntRange(min=0),
    help="Make the audio of so many songs before serving, about 2.5 s and 15 MB of disk each; the "
    "others are made when first asked for.",
)
@click.option(
    "--library-songs",
    type=click.IntRange(0, MOST_SONGS),
    help="How many songs each library has  [default: a small library of about 200].",
)
@click.version_option(package_name="applemusic-simulator")
def main(
    *,
    host: str,
    port: int,
    seed: int,
    cache_dir: Path | None,
    credentials: Path | None,
    build_audio: int,
    library_songs: int | None,
) -> None:
    """See `_HELP`."""
    simulator = Simulator(seed, cache_dir, host, port, library_songs=library_songs)
    try:
        asyncio.run(_serve(simulator, credentials, build_audio))
    except OSError as error:
        raise click.ClickException(str(error)) from error


async def _serve(simulator: Simulator, credentials: Path | None, build_audio: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        # Where the platform has no signal handlers, Ctrl-C still raises KeyboardInterrupt.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(signal_number, stop.set)
    async with simulator:
        stopped = asyncio.ensure_future(stop.wait())
        building = asyncio.ensure_future(simulator.build_audio(build_audio))
        await asyncio.wait({stopped, building}, return_when=asyncio.FIRST_COMPLETED)
        if stopped.done():
            building.cancel()
            return
        await building  # raises what went wrong
        if credentials is None:
            # Who holds the first token from an earlier start can go on with it.
            simulator.music_user_token()
        else:
            write_credentials(credentials, simulator)
        click.echo(f"ready {simulator.url}")
        await stopped


if __name__ == "__main__":
    main()
