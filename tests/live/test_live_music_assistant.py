"""The provider in a real Music Assistant: added, synced, searched, heard.

`MA_PYTHON=/path/to/python pytest tests/live` leaves its figures in
`build/live-music-assistant.json`.
"""

import io
import json
import statistics
import wave
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import av
import numpy as np
import pytest

from applemusic.models.audio import AudioContainer
from applemusic.models.favorite import FavoriteState
from applemusic.models.reference import ResourceRef, ResourceType
from applemusic.models.song import Availability
from tests.support.ma.live import PLAYER_ID, LiveError

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(300)]

RATE = 44100
TAKEN = {Availability.CATALOG, Availability.UPLOADED}
MORE_THAN_LEAST_MS = 50.0
REPORT = Path(__file__).resolve().parents[2] / "build" / "live-music-assistant.json"


async def test_it_is_added_and_has_its_features(live: Any) -> None:
    found = {each["instance_id"]: each for each in await live.ask("providers")}
    provider = found[live.instance]
    assert provider["available"]
    config = await live.ask("config/providers/get", instance_id=live.instance)
    assert not config["last_error"]
    assert {"search", "browse", "recommendations", "library_tracks", "lyrics"} <= set(
        provider["supported_features"]
    )
    assert provider["is_streaming_provider"]


async def test_the_library_is_synced(live: Any) -> None:
    # The host takes what can be played, and sees by title and ISRC when two are the same.
    wanted = {
        song.name
        async for song in live.music.library.songs()
        if song.current_catalog_id or song.availability in TAKEN
    }

    async def names() -> set[str]:
        found = await live.ask("music/tracks/library_items", limit=1000)
        return {each["name"] for each in found}

    async def done() -> bool:
        tasks = await live.ask("music/synctasks")
        return not tasks and wanted <= await names()

    try:
        await live.host.until(done, seconds=40, every=1)
    except LiveError:
        assert wanted - await names() == set()
        raise
    assert len(wanted) > 100
    for kind in ("albums", "artists", "playlists"):
        assert await live.ask(f"music/{kind}/count") > 5, kind


async def test_all_kinds_are_found(live: Any) -> None:
    kinds = ["track", "album", "artist", "playlist"]
    found = await live.ask("music/search", search_query="the", media_types=kinds, limit=3)
    for kind in kinds:
        assert any(
            mapping["provider_instance"] == live.instance
            for each in found[f"{kind}s"]
            for mapping in each.get("provider_mappings", ())
        ), kind


async def test_folders_and_recommendations_are_shown(live: Any) -> None:
    folders = await live.ask("music/browse", path=f"{live.instance}://")
    names = {each["item_id"] for each in folders}
    assert {"stations", "charts", "recommendations"} <= names
    rows = await live.ask("music/recommendations")
    ours = [each for each in rows if each["provider"] == live.instance]
    assert any(each["items"] for each in ours)


async def test_a_preview_is_heard(live: Any) -> None:
    song = (await live.album("Interludes"))[0]
    url = await live.ask(
        "music/tracks/preview",
        item_id=song["provider_mappings"][0]["item_id"],
        provider_instance_id_or_domain=live.instance,
    )
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        assert response.status == 200
        audio = await response.read()
    with av.open(io.BytesIO(audio), mode="r") as container:
        heard = sum(frame.samples for frame in container.decode(audio=0)) / RATE
    assert heard > min(song["duration"], 30) * 0.8


async def test_a_queue_plays_from_song_to_song(live: Any) -> None:
    songs = (await live.album("Interludes"))[:3]
    await live.play([each["uri"] for each in songs])
    last = await live.noted("last", 3)
    for song, end in zip(songs, last, strict=True):
        assert abs(end["bytes"] / RATE / 4 - song["duration"]) < 1
    for song, asked in zip(songs, await live.noted("asked", 3), strict=True):
        sound = await heard(live, asked["number"])
        assert likeness(sound, await original(live, song, 0)) > 0.9


async def test_the_next_song_comes_when_asked_for(live: Any) -> None:
    songs = (await live.album("Interludes"))[3:6]
    await live.play([each["uri"] for each in songs])
    await live.noted("first")
    await live.ask("player_queues/next", queue_id=PLAYER_ID)
    asked = await live.noted("asked", 2)
    await live.noted("first", 2)
    assert songs[1]["name"] in asked[1]["title"]


@pytest.mark.parametrize("position", [90, 40])
async def test_seeking_is_heard_where_it_was_asked_for(live: Any, position: int) -> None:
    song = max(await live.album("the"), key=lambda each: int(each["duration"]))
    assert song["duration"] > 100
    await live.play([song["uri"]])
    await live.noted("first")
    await live.ask("player_queues/seek", queue_id=PLAYER_ID, position=position)
    first = (await live.noted("first", 2))[1]["time"]
    asked = (await live.noted("asked", 2))[1]
    assert first - asked["time"] < 2.5
    sound = await heard(live, asked["number"])
    assert likeness(sound, await original(live, song, position)) > 0.9


async def test_lyrics_are_there_for_the_host(live: Any) -> None:
    async for song in live.music.library.songs():
        if song.has_lyrics and song.catalog_id:
            break
    track = await live.ask(
        "music/tracks/get_track",
        item_id=song.catalog_id,
        provider_instance_id_or_domain=live.instance,
    )
    plain, timed = await live.ask("metadata/get_track_lyrics", track=track)
    theirs = await live.music.catalog.lyrics(song.catalog_id)
    assert (plain, timed) == (theirs.plain_text, theirs.lrc)
    assert timed.startswith("[")


async def test_what_the_host_changes_is_changed_at_apple(live: Any) -> None:
    song = (await live.album("Interludes"))[0]
    identity = await live.ask("music/library/add_item", item=song["uri"])
    await live.ask("music/favorites/add_item", item=identity["uri"])
    ours = ResourceRef(ResourceType.SONG, song["provider_mappings"][0]["item_id"])

    async def favorite(state: FavoriteState) -> bool:
        (found,) = await live.music.favorites.batch_get([ours])
        return bool(found.state is state)

    await live.host.until(lambda: favorite(FavoriteState.FAVORITE))
    await live.ask(
        "music/favorites/remove_item", media_type="track", library_item_id=identity["item_id"]
    )
    await live.host.until(lambda: favorite(FavoriteState.NONE))


async def test_playlists_are_made_and_changed(live: Any) -> None:
    songs = (await live.album("Interludes"))[:3]
    made = await live.ask(
        "music/playlists/create_playlist",
        name="Made here",
        provider_instance_or_domain=live.instance,
    )
    await live.ask(
        "music/playlists/add_playlist_tracks",
        db_playlist_id=made["item_id"],
        uris=[each["uri"] for each in songs],
    )
    (mapping,) = made["provider_mappings"]

    async def has(names: list[str]) -> bool:
        tracks = await live.music.library.playlist_tracks(mapping["item_id"]).to_list()
        return [each.name for each in tracks] == names

    names = [each["name"] for each in songs]
    await live.host.until(lambda: has(names))
    await live.ask(
        "music/playlists/remove_playlist_tracks",
        db_playlist_id=made["item_id"],
        positions_to_remove=[2],
    )
    await live.host.until(lambda: has([names[0], names[2]]))


@pytest.mark.timeout(500)
async def test_gaps_are_hardly_longer_than_those_of_silence(live: Any) -> None:
    songs = [each["uri"] for each in await live.album("Interludes")][:6]
    figures: dict[str, Any] = {"versions": live.installation.versions}
    # By turns: other work on the machine is the same for all.
    for _ in range(2):
        for name, uris in (
            ("apple_music", songs),
            ("silence_aac", [f"silent_music://track/{1200 + n}" for n in range(len(songs))]),
            ("silence_pcm", [f"silent_music://track/pcm{1200 + n}" for n in range(len(songs))]),
        ):
            await live.play(uris)
            await live.noted("idle", seconds=120)
            found = gaps(live.host.events())
            assert len(found) == len(songs) - 1, (name, live.host.events())
            figures.setdefault(name, []).extend(found)
    medians = {
        name: statistics.median(values) for name, values in figures.items() if name != "versions"
    }
    more = medians["apple_music"] - min(medians["silence_aac"], medians["silence_pcm"])
    figures |= {"medians_ms": medians, "more_than_least_ms": more}
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(figures, indent=2))
    assert more <= MORE_THAN_LEAST_MS


def gaps(events: list[dict[str, Any]]) -> list[float]:
    """Milliseconds from the last byte of an item to the first of the next one."""
    found = []
    ended = 0.0
    for event in events:
        if event["what"] == "last":
            ended = event["time"]
        elif event["what"] == "first" and ended:
            found.append((event["time"] - ended) * 1000)
            ended = 0.0
    return found


async def heard(live: Any, number: int) -> Any:
    """What the player heard first of an item, two seconds of it; the left channel."""
    sounds = live.host.sounds
    await live.host.until(lambda: len(sounds.get(number, b"")) > 3 * RATE * 4)
    with wave.open(io.BytesIO(sounds[number])) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 2, 2)
        return np.frombuffer(sound.readframes(2 * RATE), "<i2")[::2].astype(float)


async def original(live: Any, song: dict[str, Any], seconds: int) -> Any:
    """What the same server plays at a position, some 4 s of it; the left channel."""
    item = next(
        each["item_id"]
        for each in song["provider_mappings"]
        if each["provider_instance"] == live.instance
    )
    audio = b""
    async with live.music.audio.stream(
        item,
        container=AudioContainer.PCM_S16LE,
        start_offset=timedelta(seconds=seconds),
    ) as stream:
        async for chunk in stream:
            audio += chunk
            if len(audio) > 4 * RATE * 4:
                break
    return np.frombuffer(audio[: len(audio) // 4 * 4], "<i2")[::2].astype(float)


def likeness(one: Any, other: Any) -> float:
    """How like two sounds are, from 0 to 1, when one may be late by up to a second."""
    size = min(len(one), 2 * RATE)
    one = one[:size] - one[:size].mean()
    best = 0.0
    spectrum = np.fft.rfft(other, len(other) + size) * np.conj(np.fft.rfft(one, len(other) + size))
    found = np.fft.irfft(spectrum)
    shift = int(np.argmax(np.abs(found)))
    if shift + size > len(other):
        shift -= len(found)
    part = other[max(shift, 0) : max(shift, 0) + size]
    mine = one[max(-shift, 0) : max(-shift, 0) + len(part)]
    part = part[: len(mine)]
    norm = float(np.linalg.norm(part) * np.linalg.norm(mine))
    if norm:
        best = abs(float(part @ mine)) / norm
    return best
