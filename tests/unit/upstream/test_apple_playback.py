"""Asking to play: every refusal of Apple's, and what is sent."""

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InternalError,
    Reason,
    ResourceExhaustedError,
    UnauthenticatedError,
)
from applemusic_server.domain.gateways import CatalogScope, Listener, PlaybackOffer
from applemusic_server.domain.resources import Availability, Song
from applemusic_server.domain.secret import Secret
from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.playback_codes import CODES
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import (
    AppleServer,
    Responder,
    Upstream,
    answer,
    fault,
    open_upstream,
)
from tests.support.fixtures import fixtures_folder
from tests.support.promises import promised_metadata

OFFER = "/WebObjects/MZPlay.woa/wa/webPlayback"
LICENSE = "/WebObjects/MZPlay.woa/wa/acquireWebPlaybackLicense"
KEY_URI = "data:;base64,AAAAAAECAwQFBgcICQoLDA=="

REASONS = {
    "-1003": Reason.LICENSE_REFUSED,
    "-1004": Reason.DEVICE_LIMIT_REACHED,
    "-1017": Reason.CONTENT_GEO_BLOCKED,
    "-1021": Reason.WIDEVINE_DEVICE_REJECTED,
    "1010": Reason.RESOURCE_NOT_FOUND,
    "2002": Reason.MUSIC_USER_TOKEN_REJECTED,
    "2034": Reason.MUSIC_USER_TOKEN_EXPIRED,
    "3063": Reason.SUBSCRIPTION_REQUIRED,
    "3076": Reason.CONTENT_UNAVAILABLE,
    "3082": Reason.CONTENT_RESTRICTED,
    "3084": Reason.ANOTHER_DEVICE_PLAYING,
    "5002": Reason.UPSTREAM_UNAVAILABLE,
    "180202": Reason.RENDITION_NOT_FOUND,
    "190121": Reason.WIDEVINE_DEVICE_REJECTED,
}


def self_written(name: str) -> Any:
    return json.loads((fixtures_folder() / "self-written" / name).read_text("utf-8"))


def an_offer(upstream: Upstream, song_id: str = "1") -> PlaybackOffer:
    return PlaybackOffer(
        song_id=song_id,
        license_id="99",
        playlist_url=f"{upstream.endpoints.cdn}/list.m3u8",
        license_url=f"{upstream.endpoints.play}{LICENSE}",
        library=song_id.startswith("i."),
    )


def song_list(*assets: dict[str, str], **more: object) -> Responder:
    return answer({"songList": [{"songId": "7", "assets": list(assets), **more}], "status": 0})


def test_the_table_is_whole() -> None:
    assert {code: meaning.reason for code, meaning in CODES.items()} == REASONS


async def test_a_catalog_song_is_asked_for_as_the_web_player_does(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on(OFFER, answer(self_written("web-playback-catalog.json")))
    offer = await upstream.playback.offer("1000000001", upstream.listener)
    assert offer.playlist_url == "https://aod-ssl.itunes.apple.com/itunes-assets/SIM/ctrp256.m3u8"
    assert offer.license_id == "1000000001"
    assert offer.license_url == f"https://play.itunes.apple.com{LICENSE}"
    assert not offer.library
    (asked,) = apple.asked
    assert json.loads(asked.body) == {"salableAdamId": "1000000001"}
    assert asked.headers["Authorization"] == f"Bearer {upstream.token.value}"
    assert asked.headers["Media-User-Token"] == upstream.listener.music_user_token.reveal()
    assert asked.headers["Origin"] == "https://music.apple.com"
    assert asked.headers["Content-Type"] == "application/json;charset=utf-8"


async def test_a_library_song_is_asked_for_by_its_library_id(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on(OFFER, song_list({"flavor": "28:ctrp256", "URL": "https://x"}))
    offer = await upstream.playback.offer("i.abc", upstream.listener)
    assert json.loads(apple.asked[0].body) == {"universalLibraryId": "i.abc", "isLibrary": True}
    assert (offer.song_id, offer.license_id, offer.library) == ("i.abc", "7", True)
    assert offer.license_url == f"{upstream.endpoints.play}{LICENSE}"


@pytest.mark.parametrize("duration", [183_000, None, -5, 10**15, "183000"])
async def test_an_upload_is_a_plain_file(
    apple: AppleServer, upstream: Upstream, duration: object
) -> None:
    metadata = {"itemName": "Take 1", **({} if duration is None else {"duration": duration})}
    asset = {"URL": "https://store-1.blobstore.apple.com/a?X-Amz-Signature=s", "metadata": metadata}
    apple.on(OFFER, answer({"songList": [{"songId": -1, "assets": [asset]}], "status": 0}))
    offer = await upstream.playback.offer("i.abc", upstream.listener)
    assert offer.file_url == asset["URL"]
    assert not offer.playlist_url
    assert "Signature" not in repr(offer)
    assert timedelta(0) <= offer.duration <= timedelta(days=12)
    if duration == 183_000:
        assert offer.duration == timedelta(seconds=183)


async def test_a_rendition_is_preferred_to_a_plain_file(
    apple: AppleServer, upstream: Upstream
) -> None:
    plain = {"URL": "https://x"}
    apple.on(OFFER, song_list(plain, {"flavor": "28:ctrp256", "URL": "https://y"}))
    offer = await upstream.playback.offer("i.abc", upstream.listener)
    assert (offer.file_url, offer.playlist_url) == ("", "https://y")


@pytest.mark.parametrize(
    ("flavors", "chosen"),
    [
        (["28:cbcp256", "28:ctrp256", "32:ctrp64"], "28:ctrp256"),
        (["32:ctrp64", "30:ctrp128", "28:cbcp256"], "30:ctrp128"),
        (["32:ctrp64"], "32:ctrp64"),
    ],
)
async def test_the_flavor_is_the_known_one_else_the_best_like_it(
    apple: AppleServer, upstream: Upstream, flavors: list[str], chosen: str
) -> None:
    apple.on(OFFER, song_list(*({"flavor": each, "URL": each} for each in flavors)))
    assert (await upstream.playback.offer("1", upstream.listener)).playlist_url == chosen


@pytest.mark.parametrize(
    "responder",
    [
        answer({"songList": [], "status": 0}),
        answer({"status": 0}),
        answer({}),
        song_list(),
        song_list({"flavor": "28:cbcp256", "URL": "https://x"}),
        song_list({"flavor": "28:ctrp256", "URL": ""}),
        answer({"songList": [{"songId": -1, "assets": [{"URL": ""}]}]}),
    ],
)
async def test_nothing_to_play(
    apple: AppleServer, upstream: Upstream, responder: Responder
) -> None:
    apple.on(OFFER, responder)
    with pytest.raises(FailedPreconditionError) as caught:
        await upstream.playback.offer("1", upstream.listener)
    assert caught.value.reason is Reason.RENDITION_NOT_FOUND
    assert caught.value.metadata == {"id": "1"}


@pytest.mark.parametrize("code", REASONS)
async def test_each_code_has_its_reason_in_every_spelling(
    apple: AppleServer, upstream: Upstream, code: str
) -> None:
    bodies: list[dict[str, object]] = [
        {"failureType": code, "customerMessage": "canary"},
        {"failureType": int(code), "dialog": {"message": "canary"}},
        {"failureType": code, "status": int(code), "failureMessage": "canary"},
        {"status": int(code)},
        {"license": "", "errorCode": int(code), "status": int(code)},
        {"errorCode": code},
    ]
    for body in bodies:
        for status in (200, 400, 403, 404, 500):
            apple.on(OFFER, answer(body, status=status))
            apple.on(LICENSE, answer(body, status=status))
            for ask in (
                upstream.playback.offer("1", upstream.listener),
                upstream.playback.license(an_offer(upstream), KEY_URI, b"c", upstream.listener),
            ):
                with pytest.raises(AppleMusicError) as caught:
                    await ask
                assert caught.value.reason is REASONS[code]
                assert caught.value.metadata["appleCode"] == code
                promised = promised_metadata()[caught.value.reason]
                assert promised <= caught.value.metadata.keys()
                assert caught.value.metadata.get("account", "anna") == "anna"
                assert "canary" not in str(caught.value)
                if isinstance(caught.value, ResourceExhaustedError):
                    assert caught.value.retry_after is not None
    assert not upstream.time.waits


@pytest.mark.parametrize(
    ("responder", "at_offer", "at_license"),
    [
        (answer({"failureType": "9999"}), Reason.UPSTREAM_REFUSED, Reason.LICENSE_REFUSED),
        (answer({"failureType": True}), Reason.UPSTREAM_RESPONSE_INVALID, None),
        (answer("<html>", content_type="text/html"), Reason.UPSTREAM_RESPONSE_INVALID, None),
        (answer(b""), Reason.UPSTREAM_RESPONSE_INVALID, None),
        (answer({"songList": {}, "license": 3}), Reason.UPSTREAM_RESPONSE_INVALID, None),
        (answer({"songList": [3], "license": "&"}), Reason.UPSTREAM_RESPONSE_INVALID, None),
        (answer(status=401), Reason.MUSIC_USER_TOKEN_REJECTED, None),
        (fault(403, "40300"), Reason.MUSIC_USER_TOKEN_REJECTED, None),
        (answer({"status": 403}, status=403), Reason.MUSIC_USER_TOKEN_REJECTED, None),
        (answer({"status": 500}, status=500), Reason.UPSTREAM_UNAVAILABLE, None),
        (answer(status=404), Reason.UPSTREAM_REFUSED, None),
        (
            answer(status=302, headers={"Location": "http://169.254.169.254/"}),
            Reason.UPSTREAM_ADDRESS_REFUSED,
            None,
        ),
    ],
)
async def test_other_refusals(
    apple: AppleServer,
    upstream: Upstream,
    responder: Responder,
    at_offer: Reason,
    at_license: Reason | None,
) -> None:
    apple.on("/v1/test", answer())
    apple.on(OFFER, responder)
    apple.on(LICENSE, responder)
    with pytest.raises(AppleMusicError) as caught:
        await upstream.playback.offer("1", upstream.listener)
    assert caught.value.reason is at_offer
    with pytest.raises(AppleMusicError) as caught:
        await upstream.playback.license(an_offer(upstream), KEY_URI, b"c", upstream.listener)
    assert caught.value.reason is (at_license or at_offer)


async def test_a_dead_developer_token_is_not_the_listeners_fault(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/v1/test", answer(status=401))
    apple.on(OFFER, answer(status=401))
    with pytest.raises(FailedPreconditionError) as caught:
        await upstream.playback.offer("1", upstream.listener)
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_REJECTED


async def test_a_licence_is_exchanged(apple: AppleServer, upstream: Upstream) -> None:
    apple.on(LICENSE, answer(self_written("license-success.json")))
    offer = an_offer(upstream, "i.abc")
    got = await upstream.playback.license(offer, KEY_URI, b"\x00challenge", upstream.listener)
    assert (got.message, got.renew_after) == (b"SIMULATED", None)
    assert "SIMULATED" not in repr(got)
    assert json.loads(apple.asked[0].body) == {
        "challenge": base64.b64encode(b"\x00challenge").decode(),
        "key-system": "com.widevine.alpha",
        "uri": KEY_URI,
        "adamId": "99",
        "isLibrary": True,
        "user-initiated": True,
    }


@pytest.mark.parametrize(
    ("told", "seconds"),
    [(0, None), (-1, None), (3600, 3600), (10**9, 86400), ("soon", None), (None, None), ([], None)],
)
async def test_when_a_licence_is_to_be_renewed(
    apple: AppleServer, upstream: Upstream, told: object, seconds: int | None
) -> None:
    apple.on(LICENSE, answer({"license": "U0lN", "errorCode": 0, "renew-after": told}))
    got = await upstream.playback.license(an_offer(upstream), KEY_URI, b"c", upstream.listener)
    assert got.renew_after == (None if seconds is None else timedelta(seconds=seconds))


async def test_tokens_go_to_no_licence_server_but_apples(upstream: Upstream) -> None:
    for url in ("https://evil.example/x", "https://store-001.blobstore.apple.com/x"):
        offer = PlaybackOffer("1", "1", "https://x", url)
        with pytest.raises(FailedPreconditionError) as caught:
            await upstream.playback.license(offer, KEY_URI, b"c", upstream.listener)
        assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED


def test_a_signed_address_is_not_shown(upstream: Upstream) -> None:
    offer = replace(an_offer(upstream), playlist_url="https://aod.example/p.m3u8?sig=canary")
    assert "canary" not in f"{offer!r}{offer}"


async def test_the_playlist_is_fetched_without_tokens(
    apple: AppleServer, upstream: Upstream
) -> None:
    apple.on("/list.m3u8", answer("#EXTM3U\n", content_type="application/x-mpegURL"))
    assert await upstream.playback.playlist(an_offer(upstream)) == "#EXTM3U\n"
    assert "Authorization" not in apple.asked[0].headers
    assert "Media-User-Token" not in apple.asked[0].headers


async def test_a_media_host_gets_no_tokens_wherever_it_is(apple: AppleServer) -> None:
    apple.on("/list.m3u8", answer("#EXTM3U\n"))
    built = open_upstream(Endpoints(cdn=apple.url))
    async with built.session:
        offer = PlaybackOffer("1", "1", f"{apple.url}/list.m3u8", f"{apple.url}{LICENSE}")
        assert await built.playback.playlist(offer)
        with pytest.raises(FailedPreconditionError) as caught:
            await built.playback.license(offer, KEY_URI, b"c", built.listener)
    assert caught.value.reason is Reason.UPSTREAM_ADDRESS_REFUSED
    assert len(apple.asked) == 1


@pytest.mark.parametrize(
    ("responder", "reason"),
    [
        (answer(status=404), Reason.RENDITION_NOT_FOUND),
        (answer(status=403), Reason.UPSTREAM_REFUSED),
        (answer(status=500), Reason.UPSTREAM_UNAVAILABLE),
        (answer(b"\xff\xfe"), Reason.UPSTREAM_RESPONSE_INVALID),
        (answer(b"x" * (1024 * 1024 + 1)), Reason.UPSTREAM_RESPONSE_INVALID),
    ],
)
async def test_playlist_failures(
    apple: AppleServer, upstream: Upstream, responder: Responder, reason: Reason
) -> None:
    apple.on("/list.m3u8", responder)
    with pytest.raises(AppleMusicError) as caught:
        await upstream.playback.playlist(an_offer(upstream))
    assert caught.value.reason is reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "songList",
                    "assets",
                    "flavor",
                    "URL",
                    "songId",
                    "failureType",
                    "status",
                    "license",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(body=JSON)
async def test_any_json_is_an_offer_or_a_refusal(
    apple: AppleServer, upstream: Upstream, body: object
) -> None:
    try:
        raw = answer(json.dumps(body).encode())
    except ValueError:
        return
    apple.on(OFFER, raw)
    try:
        await upstream.playback.offer("1", upstream.listener)
    except (AppleMusicError, InternalError) as error:
        assert error.reason in {  # noqa: PT017 - either outcome is right
            *REASONS.values(),
            Reason.UPSTREAM_REFUSED,
            Reason.UPSTREAM_RESPONSE_INVALID,
        }


async def test_the_simulator_plays(
    simulator: Simulator, simulated: Upstream, catalog: AppleCatalog
) -> None:
    listener = Listener("anna", Secret(simulator.music_user_token()), "us")
    songs = await catalog.fetch(
        Song, list(simulator.world.catalogue.songs)[:50], CatalogScope("us")
    )
    song_id = next(each.id for each in songs.items if each.availability is Availability.CATALOG)
    offer = await simulated.playback.offer(song_id, listener)
    assert offer.license_id == song_id
    text = await simulated.playback.playlist(offer)
    assert text.startswith("#EXTM3U")
    with pytest.raises(AppleMusicError) as caught:
        await simulated.playback.license(offer, KEY_URI, b"no challenge", listener)
    assert caught.value.reason in {Reason.LICENSE_REFUSED, Reason.UPSTREAM_REFUSED}


async def test_the_simulator_refuses(simulator: Simulator, simulated: Upstream) -> None:
    song_id = next(iter(simulator.world.catalogue.songs))
    with pytest.raises(UnauthenticatedError) as caught:
        await simulated.playback.offer(song_id, Listener("anna", Secret("x" * 60), "us"))
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_REJECTED
    simulator.world.accounts["demo"].subscribed = False
    listener = Listener("anna", Secret(simulator.music_user_token()), "us")
    with pytest.raises(AppleMusicError) as refused:
        await simulated.playback.offer(song_id, listener)
    assert refused.value.reason is Reason.SUBSCRIPTION_REQUIRED
