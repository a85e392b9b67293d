"""What an end-to-end test plays on: the simulator, the server and a client, all real."""

import io
import itertools
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import av
from prometheus_client.parser import text_string_to_metric_families

from applemusic import Client
from applemusic_server.app import Server
from applemusic_simulator.conditions import Fault
from applemusic_simulator.media.asset import Asset
from applemusic_simulator.model import Song
from applemusic_simulator.simulator import Simulator

_ADTS_HEADER = 7  # FFmpeg hands ADTS frames out with their headers


@dataclass
class Stage:
    """Everything on which a test plays.

    Attributes:
        music: A client that gives up early, so that a test sees the first failure.
        log: What the server wrote, a dictionary per line.
        secrets: What the test used besides the tokens; it must be in no log when it ends.
    """

    simulator: Simulator
    server: Server
    music: Client
    log: list[Any]
    secrets: set[str] = field(default_factory=set)

    @property
    def songs(self) -> list[Song]:
        """The songs of the album `Interludes`: 8 to 20 s long."""
        catalogue = self.simulator.world.catalogue
        album = next(album for album in catalogue.albums.values() if album.name == "Interludes")
        return [catalogue.songs[song] for song in album.song_ids]

    @property
    def song(self) -> Song:
        """One short song."""
        return self.songs[0]

    @property
    def mix(self) -> list[Song]:
        """Two songs of the continuous mix, the second of which follows the first without a gap."""
        songs = [song for song in self.simulator.world.catalogue.songs.values() if song.mix]
        for one, other in itertools.pairwise(songs):
            follows = one.mix and replace(one.mix, index=one.mix.index + 1) == other.mix
            if follows and one.playable and other.playable:
                return [one, other]
        raise LookupError("no two songs of the mix can be played one after the other")

    async def asset(self, song: Song) -> Asset:
        """The files behind a song, the clear original among them."""
        return await self.simulator.playback.store.asset(
            song, self.simulator.world.playback.variant
        )

    def fault(self, endpoint: str, kind: str, **values: Any) -> None:
        """Let something go wrong from now on."""
        self.simulator.world.conditions.faults.append(Fault(endpoint, kind, **values))

    async def play(self, song_id: str, **values: Any) -> bytes:
        """Stream a song to its end."""
        async with self.music.audio.stream(song_id, **values) as stream:
            return b"".join([bytes(chunk) async for chunk in stream])

    async def metric(self, name: str, **labels: str) -> float:
        """The value of a sample as Prometheus would read it; 0 when there is none."""
        url = f"http://127.0.0.1:{self.server.web_port}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as response:
            text = await response.text()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == name and labels.items() <= sample.labels.items():
                    return float(sample.value)
        return 0.0


def packets(audio: bytes) -> list[bytes]:
    """The AAC packets of a stream: FFmpeg's view, not ours."""
    with av.open(io.BytesIO(audio), mode="r") as container:
        header = _ADTS_HEADER if container.format.name == "aac" else 0
        return [bytes(packet)[header:] for packet in container.demux(audio=0) if packet.size]


def samples(audio: bytes) -> bytes:
    """The decoded sound of a stream, as FFmpeg decodes it."""
    with av.open(io.BytesIO(audio), mode="r") as container:
        return b"".join(frame.to_ndarray().tobytes() for frame in container.decode(audio=0))
