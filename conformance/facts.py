"""What is so in the simulator that scenarios run against: the variables of their context.

The hashes of audio are taken from streams that were compared, packet by packet, with the
simulator's clear originals: by FFmpeg's demuxer, not by anything of ours.
"""

import asyncio
import hashlib
import io
from typing import Any, Final

import av

from applemusic import AudioContainer, Client, ResourceType
from applemusic.models.search import SearchResults
from tools.stack import Stack, StackError, open_loopback

_ADTS_HEADER: Final = 7  # bytes before each frame, which FFmpeg leaves where they are


async def collect(music: Client, stack: Stack) -> dict[str, Any]:
    """Ask server and simulator for everything that scenarios name.

    Raises:
        StackError: A song does not sound as its original does.
    """
    found: SearchResults = await music.catalog.search("interlude", types=[ResourceType.SONG])
    song = min(found.songs, key=lambda each: each.duration)
    facts: dict[str, Any] = {"song": song.id, "song_seconds": song.duration.total_seconds()}
    address = f"{stack.simulator_url}/control/originals/{song.id}"
    original = await asyncio.to_thread(lambda: open_loopback(address).read())
    for container in (AudioContainer.FMP4, AudioContainer.ADTS):
        async with music.audio.stream(song.id, container=container) as stream:
            audio = b"".join([bytes(chunk) async for chunk in stream])
        if packets(audio) != packets(original):
            raise StackError(f"song {song.id} differs from its original in {container.name}")
        name = container.name.lower()
        facts[f"song_{name}_sha256"] = hashlib.sha256(audio).hexdigest()
        facts[f"song_{name}_bytes"] = len(audio)
    return facts


def packets(audio: bytes) -> list[bytes]:
    """Every encoded frame of a file, as FFmpeg finds it."""
    with av.open(io.BytesIO(audio), mode="r") as container:
        header = _ADTS_HEADER if container.format.name == "aac" else 0
        return [bytes(packet)[header:] for packet in container.demux(audio=0) if packet.size]
