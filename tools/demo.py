"""The main job from end to end, for a person to see: `make demo`.

Starts the simulator and the server, signs a demo account in, searches, plays two songs back to back
through the Python client, and checks every frame of what came against the original with FFmpeg. The
songs are the simulator's own; writing them to files is for this demonstration only.
"""

import asyncio
import io
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
from prometheus_client.parser import text_string_to_metric_families
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from applemusic import AppleMusicError, AudioSummary, Client, Song
from tools.stack import Stack, StackError, StackOptions, open_loopback

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "build" / "demo"
CACHE = ROOT / "build" / "simulator-cache"
TERM = "interlude"
# What Music Assistant's documentation says of its own provider today.
TODAY = "up to 5 s"
# Seconds before each answer of the simulated Apple: about what a home connection sees.
LATENCY = 0.08


@dataclass(frozen=True)
class Played:
    """One song as it came.

    Attributes:
        first_byte: Seconds from the call to the first chunk, at the client.
        first_at: When the first chunk came, on the monotonic clock.
        last_at: When the last chunk came.
    """

    song: Song
    path: Path
    first_byte: float
    first_at: float
    last_at: float
    summary: AudioSummary


async def play(music: Client, song: Song, progress: Progress) -> Played:
    """Stream a song to its end and write it down."""
    path = OUTPUT / f"{song.id}.m4a"
    task = progress.add_task(f"{song.artist_name}: {song.name}", total=None)
    called = time.monotonic()
    first_at = last_at = called
    pieces: list[bytes] = []
    async with music.audio.stream(song.id) as stream:
        async for chunk in stream:
            last_at = time.monotonic()
            if not pieces:
                first_at = last_at
                progress.update(task, total=stream.header.total_bytes)
            pieces.append(chunk.data)
            progress.update(task, advance=len(chunk.data))
        summary = stream.summary
    await asyncio.to_thread(path.write_bytes, b"".join(pieces))
    return Played(song, path, first_at - called, first_at, last_at, summary)


def decode(audio: bytes) -> tuple[list[bytes], list[bytes]]:
    """Every AAC packet of a file, and every decoded frame: FFmpeg's view, not ours."""
    packets: list[bytes] = []
    frames: list[bytes] = []
    with av.open(io.BytesIO(audio), mode="r") as container:
        for packet in container.demux(audio=0):
            if packet.size:
                packets.append(bytes(packet))
            frames.extend(frame.to_ndarray().tobytes() for frame in packet.decode())
    return packets, frames


def check(played: Played, simulator_url: str) -> int:
    """Compare a song with the simulator's clear original; return the number of frames.

    Raises:
        SystemExit: A packet or a decoded frame differs.
    """
    original = read(original_of(simulator_url, played.song))
    mine, theirs = decode(played.path.read_bytes()), decode(original)
    if mine != theirs or not mine[0]:
        raise SystemExit(f"song {played.song.id} differs from its original")
    return len(mine[1])


def results_table(songs: Sequence[Song]) -> Table:
    """What the search found."""
    table = Table(title=f"Search: {TERM}")
    for heading in ("id", "title", "artist", "album", "length"):
        table.add_column(heading)
    for song in songs:
        seconds = int(song.duration.total_seconds())
        length = f"{seconds // 60}:{seconds % 60:02d}"
        table.add_row(song.id, song.name, song.artist_name, song.album_name, length)
    return table


def times_table(first: Played, second: Played) -> Table:
    """How long a listener waited."""
    table = Table(title=f"How long a listener waits ({LATENCY * 1000:.0f} ms per answer of Apple)")
    for heading in ("", "here", "today's provider"):
        table.add_column(heading)
    table.add_row("first byte, first song", f"{first.first_byte * 1000:.0f} ms", "")
    table.add_row("first byte, second song", f"{second.first_byte * 1000:.0f} ms", "")
    transition = second.first_at - first.last_at
    table.add_row("transition between them", f"{transition * 1000:.0f} ms", TODAY)
    for stage in second.summary.stages:
        table.add_row(
            f"  of it {stage.name}", f"{stage.duration.total_seconds() * 1000:.0f} ms", ""
        )
    return table


def token_expiry(metrics: str) -> Table:
    """When the tokens end, as Prometheus sees it."""
    table = Table(title="When the tokens end, from /metrics")
    for heading in ("token", "ends", "days left"):
        table.add_column(heading)
    prefix, suffix = "applemusic_", "_expiry_timestamp_seconds"
    for family in text_string_to_metric_families(metrics):
        if not family.name.endswith(suffix):
            continue
        name = family.name.removeprefix(prefix).removesuffix(suffix).replace("_", " ")
        for sample in family.samples:
            ends = datetime.fromtimestamp(sample.value, UTC)
            days = (ends - datetime.now(UTC)).days
            shown = " of ".join([name, *sample.labels.values()])
            table.add_row(shown, f"{ends:%Y-%m-%d}", str(days))
    return table


async def demo(console: Console, data: Path) -> None:
    """Do it all, and tell what is done."""
    console.print("Starting the simulator of Apple's side and the server ...")
    OUTPUT.mkdir(parents=True, exist_ok=True)
    async with Stack(StackOptions(cache_dir=CACHE, data_dir=data)) as stack:
        console.print(f"  simulator {stack.simulator_url}, gRPC {stack.grpc_address}")
        async with Client(stack.grpc_address) as music:
            account = await music.auth.submit_music_user_token(stack.music_user_token)
            console.print(f"  signed in: account {account.id!r}, storefront {account.storefront}\n")
            found = await music.catalog.search(TERM, page_size=8)
            # Apple's music is there already; what the simulator has to make first counts nowhere.
            for song in found.songs[:2]:
                await asyncio.to_thread(read, original_of(stack.simulator_url, song))
            await asyncio.to_thread(slow_down, stack.simulator_url)
            console.print(results_table(found.songs))
            columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
            with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
                first = await play(music, found.songs[0], progress)
                second = await play(music, found.songs[1], progress)
        console.print()
        for played in (first, second):
            frames = await asyncio.to_thread(check, played, stack.simulator_url)
            console.print(
                f"  {played.path.relative_to(ROOT)}: {frames} frames decode and equal the original"
            )
        console.print()
        console.print(times_table(first, second))
        metrics = await asyncio.to_thread(read, f"{stack.web_url}/metrics")
        console.print(token_expiry(metrics.decode()))
    console.print("Done. To look around by yourself: [bold]make serve[/bold], then for instance")
    for line in GRPCURL:
        console.print(f"  {line}", highlight=False, soft_wrap=True)


def original_of(simulator_url: str, song: Song) -> str:
    """Where the simulator hands out a song as it was before it was encrypted."""
    return f"{simulator_url}/control/originals/{song.id}"


def slow_down(simulator_url: str) -> None:
    """Let the simulated Apple answer as slowly as the real one."""
    request = urllib.request.Request(
        f"{simulator_url}/control/conditions",
        data=json.dumps({"latency": {"*": LATENCY}}).encode(),
        headers={"Content-Type": "application/json"},
        method="PUT",
    )
    open_loopback(request).close()


def read(url: str) -> bytes:
    """The body of a loopback URL."""
    with open_loopback(url) as response:
        body: bytes = response.read()
    return body


GRPCURL = (
    "grpcurl -plaintext 127.0.0.1:50051 list",
    "grpcurl -plaintext 127.0.0.1:50051 applemusic.v1.ServerService/GetServerInfo",
    (
        'grpcurl -plaintext -d \'{"term": "interlude"}\' 127.0.0.1:50051 '
        "applemusic.v1.CatalogService/Search"
    ),
)


def main() -> None:
    """Run the demo; say plainly what went wrong if something did."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a letter gets a question mark, not a traceback.
        sys.stdout.reconfigure(errors="replace")
    console = Console()
    try:
        with tempfile.TemporaryDirectory(prefix="applemusic-demo-") as data:
            asyncio.run(demo(console, Path(data)))
    except (StackError, AppleMusicError) as error:
        console.print(f"[red]The demo failed.[/red] {error}")
        sys.exit(1)
    except PermissionError as error:
        console.print(f"[red]The demo failed.[/red] {error.filename}: {error.strerror}")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
