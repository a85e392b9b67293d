"""What is asked to learn what a listener may do, and what the answers mean."""

from dataclasses import replace

import pytest

from applemusic_server.domain.capability import PROBED, Capability, CapabilityAnswer
from applemusic_server.domain.errors import AppleMusicError, Reason
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.capabilities import AppleCapabilities
from applemusic_server.upstream.transport import Transport
from tests.support.apple_server import AppleServer, FixedToken, Requests, Upstream, answer, fault

ALLOWED, REFUSED, UNTOLD = CapabilityAnswer
NO_SONG, NO_PLAYLIST = "i.00000000000000", "p.00000000000000"
LIBRARY = "/v1/me/library"
PATHS = {
    Capability.LYRICS: "/v1/catalog/us/songs/1/lyrics",
    Capability.LIBRARY_REMOVE: f"{LIBRARY}/songs/{NO_SONG}",
    Capability.PLAYLIST_EDIT: f"{LIBRARY}/playlists/{NO_PLAYLIST}",
    Capability.PLAYLIST_EDIT_TRACKS: f"{LIBRARY}/playlists/{NO_PLAYLIST}/tracks",
    Capability.PLAYLIST_EDIT_REMOVE_TRACKS: f"{LIBRARY}/playlists/{NO_PLAYLIST}/tracks",
    Capability.PLAYLIST_EDIT_MOVE: f"{LIBRARY}/playlists/{NO_PLAYLIST}/parent",
    Capability.PLAYLIST_DELETE: f"{LIBRARY}/playlists/{NO_PLAYLIST}",
    Capability.ARTIST_FAVORITES: "/v1/catalog/us/artists",
    Capability.ARTIST_FAVORITES_CLEAR: "/v1/me/favorites",
}


class Queues(Requests):
    """Remembers which priority each request had."""

    def __init__(self) -> None:
        super().__init__()
        self.priorities: list[str] = []

    def on_queued(self, priority: str, seconds: float) -> None:
        super().on_queued(priority, seconds)
        self.priorities.append(priority)


async def ask(
    upstream: Upstream, capability: Capability, queues: Queues | None = None
) -> CapabilityAnswer:
    observer = queues or Queues()
    transport = Transport(
        upstream.session, upstream.addresses, observer=observer, sleep=upstream.time.sleep
    )
    api = ApiClient(transport, upstream.endpoints, FixedToken(), upstream.check)
    return await AppleCapabilities(api).ask(capability, replace(upstream.listener, storefront="us"))


def tokens_are_good(apple: AppleServer) -> None:
    apple.on("/v1/test", answer())
    apple.on("/v1/me/storefront", answer({"data": [{"id": "us", "type": "storefronts"}]}))


def test_every_probe_is_tested() -> None:
    assert set(PATHS) == set(PROBED)


@pytest.mark.parametrize("capability", PROBED)
async def test_not_found_is_a_yes_where_it_can_only_be_about_the_item(
    apple: AppleServer, upstream: Upstream, capability: Capability
) -> None:
    apple.on(PATHS[capability], fault(404, "40400"))
    queues = Queues()
    expected = UNTOLD if capability is Capability.ARTIST_FAVORITES_CLEAR else ALLOWED
    assert await ask(upstream, capability, queues) is expected
    assert {each.path for each in apple.asked} == {PATHS[capability]}
    assert set(queues.priorities) == {"background"}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("capability", PROBED)
async def test_a_refusal_of_good_tokens_is_a_no(
    apple: AppleServer, upstream: Upstream, capability: Capability, status: int
) -> None:
    tokens_are_good(apple)
    apple.on(PATHS[capability], fault(status))
    assert await ask(upstream, capability) is REFUSED


@pytest.mark.parametrize("capability", PROBED)
async def test_a_dead_token_is_no_answer(
    apple: AppleServer, upstream: Upstream, capability: Capability
) -> None:
    tokens_are_good(apple)
    apple.on("/v1/me/storefront", fault(403))
    apple.on(PATHS[capability], fault(403))
    with pytest.raises(AppleMusicError) as caught:
        await ask(upstream, capability)
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_REJECTED


async def test_favorites_that_apple_takes_away(apple: AppleServer, upstream: Upstream) -> None:
    apple.on("/v1/me/favorites", answer(status=204))
    assert await ask(upstream, Capability.ARTIST_FAVORITES_CLEAR) is ALLOWED
    assert apple.asked[0].method == "DELETE"
    assert apple.asked[0].query == {"ids[artists]": "1"}
