"""webPlayback and the licence endpoint over HTTP."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from pywidevine.cdm import Cdm
from pywidevine.device import Device
from pywidevine.exceptions import InvalidLicenseMessage

from applemusic_simulator.accounts import DEMO
from applemusic_simulator.example_client import Answer, ExampleClient, init_data
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.user_tokens import LIFETIME
from applemusic_simulator.widevine_device import make_test_device
from applemusic_simulator.world import World

CODES = (-1003, -1004, -1017, 1010, 2002, 2034, 3063, 3076, 3082, 3084, 5002, 180202, 190121)


def packets(path: Path | str, key: bytes | None = None) -> list[bytes]:
    options = {} if key is None else {"decryption_key": key.hex()}
    with av.open(path, "r", options=options) as container:
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


async def test_a_song_plays_from_end_to_end(
    simulator: Simulator, client: ExampleClient, world: World, tmp_path: Path
) -> None:
    resolved = await client.resolve("2")
    key = await client.content_key(resolved)
    received = tmp_path / "received.mp4"
    received.write_bytes((await client.request("GET", resolved.file_url)).body)
    asset = await simulator.playback.store.asset(world.catalogue.songs["2"])
    assert key == asset.key.key
    assert packets(received, key) == packets(asset.clear_path)


async def test_both_flavours_play(client: ExampleClient, tmp_path: Path) -> None:
    sizes = {}
    for flavour in ("28:ctrp256", "32:ctrp64"):
        resolved = await client.resolve("1", flavour)
        key = await client.content_key(resolved)
        path = tmp_path / "file.mp4"
        path.write_bytes((await client.request("GET", resolved.file_url)).body)
        sizes[flavour] = path.stat().st_size
        assert len(packets(path, key)) == 346
    assert sizes["28:ctrp256"] > 3 * sizes["32:ctrp64"]


async def test_web_playback_has_the_recorded_shape(client: ExampleClient) -> None:
    body = await client.web_playback("1")
    (song,) = body["songList"]
    assert body["status"] == 0
    assert song["songId"] == "1"
    assert {"hls-key-cert-url", "hls-key-server-url", "widevine-cert-url"} < song.keys()
    flavours = [asset["flavor"] for asset in song["assets"]]
    assert flavours == ["28:cbcp32", "28:ctrp256", "32:ctrp64"]
    metadata = song["assets"][1]["metadata"]
    assert metadata["itemName"] == "One"
    assert metadata["duration"] == 8000
    assert metadata["playlistName"] == "Album"


@pytest.mark.parametrize("host", ["play", "play_music"])
@pytest.mark.parametrize(
    "options",
    [
        {"json": {"salableAdamId": "1"}},
        {"json": {"salableAdamId": 1}},
        {"json": {"subscriptionAdamId": "1", "universalLibraryId": "i.abc"}},
        {"data": {"salableAdamId": "1"}},
    ],
)
async def test_ways_to_name_a_song(
    client: ExampleClient, host: str, options: dict[str, Any]
) -> None:
    answer = await client.action("webPlayback", host, **options)
    assert answer.json()["songList"][0]["songId"] == "1"


@pytest.mark.parametrize(
    "header", ["Music-User-Token", "media-user-token", "x-apple-music-user-token"]
)
async def test_all_spellings_of_the_user_token(client: ExampleClient, header: str) -> None:
    client.headers[header] = client.headers.pop("Media-User-Token")
    assert (await client.web_playback("1"))["status"] == 0


@pytest.mark.parametrize(
    ("song_id", "code"), [("404", "1010"), ("3", "3076"), ("i.abc", "1010"), ("", "1010")]
)
async def test_songs_that_cannot_be_played(client: ExampleClient, song_id: str, code: str) -> None:
    body = await client.web_playback(song_id)
    assert body["failureType"] == code
    assert body["customerMessage"]
    assert "songList" not in body


async def test_listeners_who_may_not(client: ExampleClient, world: World) -> None:
    account = world.accounts[DEMO]
    resolved = await client.resolve("4")
    account.explicit_allowed = False
    assert (await client.web_playback("4"))["failureType"] == "3082"
    account.subscribed = False
    assert (await client.web_playback("1"))["failureType"] == "3063"
    with pytest.raises(PermissionError, match="3063"):
        await client.content_key(resolved)


async def test_dead_user_tokens(client: ExampleClient, world: World) -> None:
    resolved = await client.resolve("1")
    token = world.user_tokens.find(client.headers["Media-User-Token"])
    assert token is not None
    world.user_tokens.expire(token)
    assert (await client.web_playback("1"))["failureType"] == "2034"
    with pytest.raises(PermissionError, match="2034"):
        await client.content_key(resolved)
    world.user_tokens.revoke(token)
    assert (await client.web_playback("1"))["failureType"] == "2002"
    client.headers.pop("Media-User-Token")
    assert (await client.web_playback("1"))["failureType"] == "2002"


async def test_a_bad_developer_token_is_401(client: ExampleClient) -> None:
    client.headers["Authorization"] = "Bearer nonsense"
    for action in ("webPlayback", "acquireWebPlaybackLicense", "renewMusicToken"):
        answer = await client.action(action, json={"salableAdamId": "1"})
        assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("body", ["", "nonsense", "[]", '"1"'])
async def test_bodies_that_are_no_object(client: ExampleClient, body: str) -> None:
    for action, name in (("webPlayback", "failureType"), ("acquireWebPlaybackLicense", "status")):
        answer = await client.action(action, data=body.encode())
        assert answer.status == 200
        assert int(answer.json()[name]) in (5002, -1003)


@pytest.mark.parametrize("code", CODES)
async def test_every_failure_on_demand(
    client: ExampleClient, break_: Callable[..., None], code: int
) -> None:
    resolved = await client.resolve("1")
    break_("webPlayback", "failure", code=str(code))
    assert (await client.web_playback("1"))["failureType"] == str(code)
    break_("webPlayback", "failure-number", code=str(code))
    assert (await client.web_playback("1"))["failureType"] == code
    break_("license", "refuse", code=str(code))
    answer = await client.request_license(resolved, b"")
    assert answer.status == 200
    assert answer.json() == {"license": "", "errorCode": code, "status": code}


async def test_empty_and_incomplete_song_lists(
    client: ExampleClient, break_: Callable[..., None]
) -> None:
    break_("webPlayback", "empty-songlist")
    assert (await client.web_playback("1")) == {"songList": [], "status": 0}
    break_("webPlayback", "no-ctrp256")
    (song,) = (await client.web_playback("1"))["songList"]
    assert "28:ctrp256" not in [asset["flavor"] for asset in song["assets"]]
    assert song["assets"]


async def test_wrong_key_and_garbage(
    simulator: Simulator, client: ExampleClient, break_: Callable[..., None]
) -> None:
    resolved = await client.resolve("1")
    right = await client.content_key(resolved)
    break_("license", "wrong-key")
    assert await client.content_key(resolved) not in (right, b"")
    break_("license", "garbage")
    with pytest.raises(InvalidLicenseMessage):
        await client.content_key(resolved)
    assert await client.content_key(resolved) == right
    assert right == simulator.playback.store.keys.key_for("1", simulator.world.playback.variant).key


def challenge_for(device: Path, *key_ids: bytes) -> bytes:
    cdm = Cdm.from_device(Device.load(device))
    return bytes(cdm.get_license_challenge(cdm.open(), init_data(*key_ids)))


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({}, 0),
        ({"adamId": 1}, 0),
        ({"adamId": "2"}, -1003),
        ({"adamId": "404"}, 1010),
        ({"adamId": "3"}, 3076),
        ({"uri": "data:;base64,AAAA"}, -1003),
        ({"uri": None}, -1003),
        ({"key-system": "com.microsoft.playready"}, -1003),
        ({"challenge": "AAAA"}, -1003),
        ({"challenge": "not base64!"}, -1003),
        ({"challenge": None}, -1003),
        ({"challenge": 7}, -1003),
    ],
)
async def test_licence_requests_are_checked(
    simulator: Simulator, client: ExampleClient, fields: dict[str, Any], code: int
) -> None:
    resolved = await client.resolve("1")
    challenge = challenge_for(simulator.widevine_device(), resolved.kid)
    answer = await client.request_license(resolved, challenge, fields)
    assert answer.status == 200
    assert answer.json()["errorCode"] == answer.json()["status"] == code
    assert bool(answer.json()["license"]) == (code == 0)


async def test_a_challenge_for_another_key_is_refused(
    simulator: Simulator, client: ExampleClient
) -> None:
    resolved = await client.resolve("1")
    other = simulator.playback.store.keys.kid_for("2")
    for key_ids in ((other,), (resolved.kid, other), ()):
        challenge = challenge_for(simulator.widevine_device(), *key_ids)
        answer = await client.request_license(resolved, challenge)
        assert answer.json()["errorCode"] == -1003


async def test_a_foreign_device_is_refused(client: ExampleClient, tmp_path: Path) -> None:
    foreign = make_test_device(tmp_path / "foreign.wvd").path
    resolved = await client.resolve("1")
    answer = await client.request_license(resolved, challenge_for(foreign, resolved.kid))
    assert answer.json()["errorCode"] == 190121


async def test_renewal_gives_a_token_that_works(client: ExampleClient, world: World) -> None:
    world.clock.advance(LIFETIME + 1)
    client.headers["Authorization"] = "Bearer " + world.developer_tokens.mint(
        next(iter(world.developer_tokens)), 3600, ()
    )
    assert (await client.web_playback("1"))["failureType"] == "2034"
    answer = await renew(client)
    client.headers["Media-User-Token"] = answer.json()["music-token"]
    assert (await client.web_playback("1"))["status"] == 0


async def test_revoked_tokens_are_not_renewed(client: ExampleClient, world: World) -> None:
    token = world.user_tokens.find(client.headers["Media-User-Token"])
    assert token is not None
    world.user_tokens.revoke(token)
    answer = await renew(client)
    assert answer.status == 401
    assert answer.json()["error"] == "No token found"


async def test_renewals_are_as_strict_as_they_were_seen(client: ExampleClient) -> None:
    """Neither a header of other actions, nor a token of nobody, nor a forged developer token."""
    assert (await client.action("renewMusicToken")).status == 401
    client.headers["X-Apple-Music-User-Token"] = "A" * 86 + "=="
    assert (await client.action("renewMusicToken")).json()["error"] == "No token found"
    client.headers["Authorization"] += "x"
    refused = await client.action("renewMusicToken")
    assert (refused.status, refused.body) == (401, b"")


async def test_what_renewals_bring_can_be_set(
    simulator: Simulator, client: ExampleClient, world: World
) -> None:
    url = f"{simulator.url}/control/renewal"
    old = client.headers["Media-User-Token"]

    async def brought(**settings: object) -> object:
        assert (await client.request("PUT", url, json=settings)).status == 200
        answer = await renew(client)
        return answer.json().get("music-token") if answer.status == 200 else answer.status

    assert await brought(answer="refuse") == 401
    assert await brought(answer="none") is None
    assert await brought(answer="same") == old
    dead = world.user_tokens.find(str(await brought(answer="dead")))
    assert dead is not None
    assert dead.revoked
    new = world.user_tokens.find(str(await brought(answer="new", lifetime=60, revoke_old=True)))
    assert new is not None
    assert new.expires_at <= world.clock() + 60
    assert await brought(answer="new") == 401  # the old one was taken back
    assert (await client.request("PUT", url, json={"answer": "odd"})).status == 400
    assert (await client.request("GET", url)).json()["lifetime"] == 60
    await client.request("POST", f"{simulator.url}/control/reset")
    assert (await client.request("GET", url)).json()["lifetime"] == LIFETIME


async def test_a_logout_takes_the_token_back(client: ExampleClient, world: World) -> None:
    token = world.user_tokens.find(client.headers["Media-User-Token"])
    assert token is not None
    client.headers["Music-User-Token"] = token.value
    assert (await client.action("webPlayerLogout")).json() == {"status": 0}
    assert token.revoked


async def renew(client: ExampleClient) -> Answer:
    client.headers["X-Apple-Music-User-Token"] = client.headers["Media-User-Token"]
    return await client.action("renewMusicToken")


async def test_control_of_playback(simulator: Simulator, client: ExampleClient) -> None:
    url = f"{simulator.url}/control/playback"
    answer = await client.request("PUT", url, json={"variant": "6s-sidx", "layout": "compact"})
    assert answer.json()["variant"] == "6s-256k-iv8-both-sidx"
    for wrong in ({"variant": "99"}, {"layout": "odd"}, {"variant": 1}, {"odd": "1"}):
        assert (await client.request("PUT", url, json=wrong)).status == 400
    assert (await client.request("GET", url)).json()["layout"] == "compact"
    await client.request("POST", f"{simulator.url}/control/reset")
    assert json.loads((await client.request("GET", url)).body)["layout"] == "default"


async def test_the_device_can_be_fetched(simulator: Simulator, client: ExampleClient) -> None:
    answer = await client.request("GET", f"{simulator.url}/control/widevine-device")
    assert answer.body == simulator.widevine_device().read_bytes()
    assert Device.loads(answer.body).security_level == 3


async def test_service_certificate(client: ExampleClient) -> None:
    song = (await client.web_playback("1"))["songList"][0]
    first = await client.request("GET", song["widevine-cert-url"])
    assert first.status == 200
    assert first.body == (await client.request("GET", song["widevine-cert-url"])).body
    assert base64.b64encode(first.body)
