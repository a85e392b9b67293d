"""Playing from the library: twins, uploads at presigned addresses, and what is refused."""

import io
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

import aiohttp
import av
import pytest

from applemusic_simulator.conditions import Fault
from applemusic_simulator.library.contents import Note
from applemusic_simulator.library.items import LibrarySong, Origin
from applemusic_simulator.model import Song
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World

NOW = 1_800_000_000.0
Play = Callable[..., Awaitable[Any]]


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
def play(simulator: Simulator, session: aiohttp.ClientSession) -> Play:
    async def ask(body: dict[str, Any], *, form: bool = False) -> Any:
        headers = {
            "Authorization": f"Bearer {simulator.developer_token()}",
            "Media-User-Token": simulator.music_user_token(),
        }
        url = f"{simulator.base_urls()['play']}/WebObjects/MZPlay.woa/wa/webPlayback"
        sent: dict[str, Any] = {"data": body} if form else {"json": body}
        async with session.post(url, headers=headers, **sent) as response:
            assert response.status == 200
            return json.loads(await response.read())

    return ask


def upload(world: World, song: Song, seed: int = 5) -> LibrarySong:
    words = replace(song, id="", name="Take 1", artist_id="upload Me", album_id="Tapes", seed=seed)
    return world.libraries.of("demo").add(Note(words, "", Origin.UPLOAD, NOW, "Tapes", "Me"))


async def test_a_song_with_a_twin_is_played_as_the_twin(play: Play, world: World) -> None:
    song = world.libraries.of("demo").song_with("1")
    assert song is not None
    for body in (
        {"universalLibraryId": song.id, "isLibrary": True},
        {"subscriptionAdamId": "1", "universalLibraryId": song.id},
    ):
        assert (await play(body))["songList"][0]["songId"] == "1"


@pytest.mark.parametrize(
    ("seed", "container"),
    [(4, "mov,mp4,m4a,3gp,3g2,mj2"), (5, "mov,mp4,m4a,3gp,3g2,mj2"), (6, "mp3")],
)
async def test_an_upload_is_a_plain_file(
    play: Play,
    world: World,
    song: Song,
    *,
    session: aiohttp.ClientSession,
    seed: int,
    container: str,
) -> None:
    own = upload(world, song, seed)
    answer = await play({"universalLibraryId": own.id, "isLibrary": "true"}, form=True)
    (entry,) = answer["songList"]
    assert (entry["songId"], entry["needsPlaybackReporting"]) == (-1, False)
    (asset,) = entry["assets"]
    assert set(asset) == {"URL", "metadata"}
    assert asset["metadata"]["itemName"] == "Take 1"
    async with session.get(asset["URL"]) as response:
        assert response.status == 200
        whole = await response.read()
        assert response.headers["Accept-Ranges"] == "bytes"
    async with session.get(asset["URL"], headers={"Range": "bytes=100-199"}) as response:
        assert response.status == 206
        assert await response.read() == whole[100:200]
    with av.open(io.BytesIO(whole), mode="r") as file:
        assert file.format.name == container
        assert file.duration is not None
        assert abs(file.duration / 1000 - song.duration_ms) < 150


async def test_the_shape_of_an_upload_is_the_observed_one(
    play: Play, world: World, song: Song
) -> None:
    answer = await play({"universalLibraryId": upload(world, song).id, "isLibrary": True})
    assert set(answer) == {"songList", "status"}
    (entry,) = answer["songList"]
    assert set(entry) == {"songId", "needsPlaybackReporting", "assets"}
    metadata = entry["assets"][0]["metadata"]
    assert {"itemName", "artistName", "playlistName", "duration", "kind"} <= set(metadata)


async def test_an_address_ends_and_cannot_be_changed(
    play: Play, world: World, song: Song, session: aiohttp.ClientSession
) -> None:
    own, other = upload(world, song), upload(world, song)
    answer = await play({"universalLibraryId": own.id, "isLibrary": True})
    url = answer["songList"][0]["assets"][0]["URL"]
    assert "X-Amz-Expires=86399" in url
    for forged in (
        url.replace(own.id, other.id),
        url.replace("86399", "99999"),
        url.partition("?")[0],
        url[:-1] + ("0" if url[-1] != "0" else "1"),
    ):
        async with session.get(forged) as response:
            assert response.status == 403
            assert "SignatureDoesNotMatch" in await response.text()
    async with session.get(url, headers={"Authorization": "Bearer x"}) as response:
        assert response.status == 400
    world.clock.advance(86_398)
    async with session.get(url) as response:
        assert response.status == 200
    world.clock.advance(2)
    async with session.get(url) as response:
        assert response.status == 403
        assert "expired" in await response.text()


async def test_faults_of_uploads(
    play: Play, world: World, song: Song, session: aiohttp.ClientSession
) -> None:
    answer = await play({"universalLibraryId": upload(world, song).id})
    url = answer["songList"][0]["assets"][0]["URL"]
    world.conditions.faults.append(Fault("upload", "ignore-range"))
    async with session.get(url, headers={"Range": "bytes=0-9"}) as response:
        assert response.status == 200


async def test_what_is_refused(play: Play, world: World, song: Song) -> None:
    library = world.libraries.of("demo")
    other = replace(song, id="77")
    bought = library.add(Note(other, "", Origin.PURCHASE, NOW))
    lost = library.add(Note(other, "3899999999", Origin.SUBSCRIPTION, NOW))
    withdrawn = library.add(Note(world.catalogue.songs["3"], "3", Origin.SUBSCRIPTION, NOW))
    for found in (bought, lost, withdrawn):
        assert (await play({"universalLibraryId": found.id}))["failureType"] == "3076"
    assert (await play({"universalLibraryId": "i.nothing"}))["failureType"] == "1010"
    own = upload(world, song)
    library.remove_song(own)
    assert (await play({"universalLibraryId": own.id}))["failureType"] == "1010"
    world.accounts["demo"].subscribed = False
    kept = upload(world, song)
    assert (await play({"universalLibraryId": kept.id}))["failureType"] == "3063"


async def test_presigned_covers(simulator: Simulator, session: aiohttp.ClientSession) -> None:
    headers = {
        "Authorization": f"Bearer {simulator.developer_token()}",
        "Music-User-Token": simulator.music_user_token(),
    }
    url = f"{simulator.base_urls()['api']}/v1/me/library/playlists"
    async with session.get(url, headers=headers) as response:
        playlists = (await response.json())["data"]
    covers = [item["attributes"].get("artwork", {}).get("url", "") for item in playlists]
    (cover,) = [address for address in covers if "X-Amz-Signature" in address]
    async with session.get(cover) as response:
        assert response.status == 200
        assert (await response.read())[:2] == b"\xff\xd8"
    async with session.get(cover.partition("?")[0]) as response:
        assert response.status == 403
