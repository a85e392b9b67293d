"""What is so in the simulator that scenarios run against: the variables of their context.

The hashes of audio are taken from streams that were compared, packet by packet, with the
simulator's clear originals: by FFmpeg's demuxer, not by anything of ours.
"""

import asyncio
import hashlib
import io
from typing import Any, Final

import av

from applemusic import AudioContainer, Client, ResourceType, Song
from tools.stack import Stack, StackError, open_loopback

_ADTS_HEADER: Final = 7  # bytes before each frame, which FFmpeg leaves where they are


async def collect(music: Client, stack: Stack) -> dict[str, Any]:
    """Ask server and simulator for everything that scenarios name.

    Raises:
        StackError: A song does not sound as its original does.
    """
    found = await music.catalog.search("interlude", types=[ResourceType.SONG], page_size=25)
    interludes = sorted(found.songs, key=lambda each: each.duration)
    song, other, long = interludes[0], interludes[1], interludes[-1]
    owned = {each.catalog_id async for each in music.library.songs()}
    pages = [page async for page in music.catalog.charts(types=[ResourceType.SONG])]
    items = [item for charts in pages for chart in charts for item in chart.items]
    songs = [item for item in items if isinstance(item, Song)]
    addable = next(each for each in songs if each.id not in owned)
    return {
        "song": song.id,
        "song_seconds": song.duration.total_seconds(),
        **await hashes(music, stack, song, "song"),
        "other_song": other.id,
        "long_song": long.id,
        **await hashes(music, stack, long, "long_song"),
        "song_without_lyrics": next(each.id for each in songs if not each.has_lyrics),
        "addable_song": addable.id,
        "addable_name": addable.name,
    }


async def hashes(music: Client, stack: Stack, song: Song, name: str) -> dict[str, Any]:
    """Size and SHA-256 of a song by container, once compared with its original."""
    facts: dict[str, Any] = {}
    address = f"{stack.simulator_url}/control/originals/{song.id}"
    original = await asyncio.to_thread(lambda: open_loopback(address).read())
    for container in (AudioContainer.FMP4, AudioContainer.ADTS):
        async with music.audio.stream(song.id, container=container) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        if packets(audio) != packets(original):
            raise StackError(f"song {song.id} differs from its original in {container.name}")
        facts[f"{name}_{container.name.lower()}_sha256"] = hashlib.sha256(audio).hexdigest()
        facts[f"{name}_{container.name.lower()}_bytes"] = len(audio)
    return facts


def packets(audio: bytes) -> list[bytes]:
    """Every encoded frame of a file, as FFmpeg finds it."""
    with av.open(io.BytesIO(audio), mode="r") as container:
        header = _ADTS_HEADER if container.format.name == "aac" else 0
        return [bytes(packet)[header:] for packet in container.demux(audio=0) if packet.size]
