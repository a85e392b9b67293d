"""Three replicas behind a proxy, each replaced in turn, while people listen and ask."""

import asyncio
import hashlib
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from applemusic import AudioContainer, Client, ClientConfig
from applemusic_simulator.model import Song
from applemusic_simulator.simulator import Simulator
from tests.support.databases import Databases
from tests.support.replicas import Replica, proxy, replicas
from tests.support.stage import packets

MUSIC = Path(__file__).resolve().parents[3] / "build" / "simulator-cache"
REPLICAS, LISTENERS, ASKERS = 3, 50, 4
# Little is sent ahead, so that everybody is in the middle of a song when a replica goes; and a song
# outlasts the grace, so that it has to be taken up elsewhere.
SETTINGS = {
    "GRPC__GRACE_SECONDS": "1.5",
    "PLAYBACK__BURST_SECONDS": "1",
    "PLAYBACK__LEAD_SECONDS": "1",
    "PLAYBACK__MAX_ACCOUNT_STREAMS": "100",
    "PLAYBACK__MAX_STREAMS": "100",
    "WEB__LAST_SCRAPE_SECONDS": "10",
}
SCRAPE_SECONDS = 0.7
_STREAMS = {"grpc_service": "applemusic.v1.AudioService", "grpc_method": "AudioStream"}


@dataclass(frozen=True)
class Scrape:
    """What Prometheus read from a replica."""

    text: str

    def total(self, name: str, **labels: str) -> int:
        """The sum of a sample over all labels but these; one that is not there fails the test."""
        found = [
            sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == name and labels.items() <= sample.labels.items()
        ]
        assert found, f"the server shows no {name} {labels}"
        return round(sum(found))


async def last_scrape(port: int) -> Scrape:
    """Scrape at intervals, as Prometheus does, until nobody answers."""
    found = ""
    async with aiohttp.ClientSession() as session:
        while True:
            try:
                async with session.get(f"http://127.0.0.1:{port}/metrics") as response:
                    found = await response.text()
            except aiohttp.ClientError:
                return Scrape(found)
            await asyncio.sleep(SCRAPE_SECONDS)  # the interval is what is tried here


@dataclass
class Cluster:
    """Everything that runs."""

    simulator: Simulator
    replicas: list[Replica]
    address: str
    all_listen: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(LISTENERS + 1))
    over: asyncio.Event = field(default_factory=asyncio.Event)
    heard: Counter[str] = field(default_factory=Counter)
    resumed: int = 0
    answers: int = 0
    last_scrapes: list[Scrape] = field(default_factory=list)

    @property
    def songs(self) -> list[Song]:
        """Short ones, 8 to 20 s."""
        catalogue = self.simulator.world.catalogue
        album = next(album for album in catalogue.albums.values() if album.name == "Interludes")
        return [catalogue.songs[song] for song in album.song_ids][:4]

    async def listen(self, number: int) -> None:
        """Play songs, one after the other, until it is over; what has begun is heard out."""
        songs = itertools.islice(itertools.cycle(self.songs), number, None)
        first = True
        async with Client(self.address) as music:
            while not self.over.is_set():
                song = next(songs)
                container = (AudioContainer.FMP4, AudioContainer.ADTS)[number % 2]
                stream = music.audio.stream(song.id, container=container)
                async with stream:
                    if first:
                        await self.all_listen.wait()
                        first = False
                    audio = b"".join([chunk.data async for chunk in stream])
                assert stream.complete
                self.resumed += stream.resume_count
                self.heard[f"{song.id} {container.name} {fingerprint(audio)}"] += 1

    async def ask(self) -> None:
        """Ask for accounts and songs, as fast as answers come; one failure ends the test."""
        ids = [song.id for song in self.songs]
        async with Client(self.address, config=ClientConfig(timeout=20)) as music:
            for song in itertools.cycle(ids):
                if self.over.is_set():
                    return
                assert (await music.catalog.get_song(song)).id == song
                assert [account.id async for account in music.auth.accounts()] == ["default"]
                self.answers += 2

    async def roll(self) -> None:
        """Replace every replica, one after the other, and let a token run out meanwhile."""
        await self.all_listen.wait()
        for number, replica in enumerate(self.replicas):
            if number == 1:
                tokens = self.simulator.world.user_tokens
                for token in tokens.of("demo"):
                    tokens.expire(token)
            scraping = asyncio.create_task(last_scrape(replica.web_port))
            await replica.stop()
            self.last_scrapes.append(await scraping)
            await replica.start()
        self.over.set()


def fingerprint(audio: bytes) -> str:
    """Of the packets, whatever the container."""
    return hashlib.sha256(b"".join(packets(audio))).hexdigest()


@pytest.fixture
async def cluster(postgresql: Databases, tmp_path: Path) -> AsyncIterator[Cluster]:
    async with AsyncExitStack() as opened:
        simulator = await opened.enter_async_context(Simulator(seed=1, cache_dir=MUSIC))
        running = await opened.enter_async_context(
            replicas(REPLICAS, simulator, postgresql, tmp_path, **SETTINGS)
        )
        address = await opened.enter_async_context(proxy(running, tmp_path))
        async with Client(address) as music:
            await music.auth.submit_music_user_token(simulator.music_user_token())
        yield Cluster(simulator, running, address)


async def test_nobody_notices_that_every_replica_is_replaced(cluster: Cluster) -> None:
    async with asyncio.TaskGroup() as group:
        for number in range(LISTENERS):
            group.create_task(cluster.listen(number))
        for _ in range(ASKERS):
            group.create_task(cluster.ask())
        group.create_task(cluster.roll())

    assert cluster.heard.total() >= LISTENERS
    assert cluster.resumed >= LISTENERS / REPLICAS, "hardly a stream was interrupted"
    assert cluster.answers > LISTENERS
    originals = {song.id: fingerprint(await original(cluster, song)) for song in cluster.songs}
    for line in cluster.heard:
        song, _, found = line.split()
        assert found == originals[song], line
    assert len(cluster.last_scrapes) == REPLICAS
    for scrape in cluster.last_scrapes:
        started = scrape.total("grpc_server_started_total", **_STREAMS)
        assert started == scrape.total("grpc_server_handled_total", **_STREAMS) > 0
        assert scrape.total("applemusic_streams_active") == 0
    asked = [each.endpoint for each in cluster.simulator.world.requests]
    assert asked.count("renewMusicToken") == 1


async def original(cluster: Cluster, song: Song) -> bytes:
    """The recording before it was encrypted."""
    playback = cluster.simulator.playback
    asset = await playback.store.asset(song, cluster.simulator.world.playback.variant)
    return asset.clear_path.read_bytes()
