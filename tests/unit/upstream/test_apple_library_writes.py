"""How a library is written to: paths, bodies, and what Apple's answers mean."""

import json

import pytest

from applemusic_server.domain.capability import Capability
from applemusic_server.domain.errors import (
    AppleMusicError,
    Reason,
    UnauthenticatedError,
    UnavailableError,
)
from applemusic_server.domain.library_writes import NewPlaylist, Outcome, PlaylistChanges, Row
from applemusic_server.domain.resources import ResourceRef, ResourceType, Song
from applemusic_server.upstream.library_writes import AppleLibraryWrites
from tests.support.apple_server import AppleServer, Upstream, answer, fault, reset

BASE = "/v1/me/library"
PLAYLIST = ResourceRef(ResourceType.PLAYLIST, "p.1")
STOREFRONT = {"data": [{"id": "us", "type": "storefronts"}]}
PROBED = [
    Capability.LIBRARY_REMOVE,
    Capability.PLAYLIST_EDIT,
    Capability.PLAYLIST_EDIT_TRACKS,
    Capability.PLAYLIST_EDIT_REMOVE_TRACKS,
    Capability.PLAYLIST_EDIT_MOVE,
    Capability.PLAYLIST_DELETE,
]


@pytest.fixture
def writes(upstream: Upstream) -> AppleLibraryWrites:
    return AppleLibraryWrites(upstream.api)


@pytest.fixture(autouse=True)
def good_tokens(apple: AppleServer) -> None:
    apple.on("/v1/test", answer())
    apple.on("/v1/me/storefront", answer(STOREFRONT))


def row(item_id: str, kind: ResourceType = ResourceType.SONG) -> Row:
    return Row(ResourceRef(kind, item_id), Song(item_id, item_id))


def written(apple: AppleServer) -> list[tuple[str, str]]:
    return [(each.method, each.path) for each in apple.asked if each.path.startswith(BASE)]


async def test_kinds_are_mixed_and_a_hundred_are_added_at_once(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites
) -> None:
    apple.on(BASE, answer(status=202))
    items = [ResourceRef(ResourceType.SONG, str(each)) for each in range(1, 150)]
    items.append(ResourceRef(ResourceType.PLAYLIST, "pl.1"))
    await writes.add(items, upstream.listener)
    first, second = apple.asked
    assert first.headers["Content-Length"] == "0"
    assert first.query["ids[songs]"].count(",") == 99
    assert second.query["ids[playlists]"] == "pl.1"


async def test_bodies_are_as_apple_documents_them(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites
) -> None:
    made = {"id": "p.9", "type": "library-playlists", "attributes": {"name": "N", "canEdit": True}}
    apple.on(f"{BASE}/playlists", answer({"data": [made]}, status=201))
    new = NewPlaylist("N", "D", (row("5"), row("i.6"), row("7", ResourceType.MUSIC_VIDEO)), "p.f")
    playlist = await writes.create_playlist(new, upstream.listener)
    assert playlist
    assert playlist.id == "p.9"
    assert json.loads(apple.asked[0].body) == {
        "attributes": {"name": "N", "description": "D"},
        "relationships": {
            "tracks": {
                "data": [
                    {"id": "5", "type": "songs"},
                    {"id": "i.6", "type": "library-songs"},
                    {"id": "7", "type": "music-videos"},
                ]
            },
            "parent": {"data": [{"id": "p.f", "type": "library-playlist-folders"}]},
        },
    }
    apple.on(f"{BASE}/playlists", answer(status=201))
    assert await writes.create_playlist(NewPlaylist("N"), upstream.listener) is None
    assert json.loads(apple.asked[-1].body) == {"attributes": {"name": "N"}}


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_every_good_code_means_done(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites, status: int
) -> None:
    for path in ("playlists/p.1", "playlists/p.1/tracks", "playlists/p.1/parent"):
        apple.on(f"{BASE}/{path}", answer(status=status))
    who = upstream.listener
    changes = PlaylistChanges(description="", public=False)
    assert await writes.update_playlist("p.1", changes, who) is Outcome.DONE
    assert json.loads(apple.asked[-1].body) == {
        "attributes": {"description": "", "isPublic": False}
    }
    assert await writes.set_tracks("p.1", [], who) is Outcome.DONE
    assert json.loads(apple.asked[-1].body) == {"data": []}
    assert await writes.append("p.1", [row("5")], who) is Outcome.DONE
    assert await writes.remove_tracks("p.1", [row("i.5").ref], who) is Outcome.DONE
    assert apple.asked[-1].query == {"ids[library-songs]": "i.5", "mode": "all"}
    assert await writes.move(PLAYLIST, "", who) is Outcome.DONE
    assert json.loads(apple.asked[-1].body)["data"][0]["id"] == "p.playlistsroot"
    assert await writes.remove(PLAYLIST, who) is Outcome.DONE
    assert [method for method, _ in written(apple)] == [
        "PATCH", "PUT", "POST", "DELETE", "PUT", "DELETE",
    ]  # fmt: skip


@pytest.mark.parametrize("status", [401, 403, 405, 501])
async def test_what_one_host_refuses_is_asked_of_the_other(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites, status: int
) -> None:
    apple.on(f"{BASE}/songs/i.1", fault(status), answer(status=204))
    item = ResourceRef(ResourceType.SONG, "i.1")
    assert await writes.remove(item, upstream.listener) is Outcome.DONE
    apple.on(f"{BASE}/songs/i.1", fault(status))
    assert await writes.remove(item, upstream.listener) is Outcome.REFUSED
    apple.on(f"{BASE}/songs/i.1", fault(404))
    assert await writes.remove(item, upstream.listener) is Outcome.MISSING


@pytest.mark.parametrize("status", [401, 403])
async def test_a_dead_user_token_is_no_refusal(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites, status: int
) -> None:
    apple.on(f"{BASE}/songs/i.1", fault(status))
    apple.on("/v1/me/storefront", fault(status))
    with pytest.raises(UnauthenticatedError):
        await writes.remove(ResourceRef(ResourceType.SONG, "i.1"), upstream.listener)


@pytest.mark.parametrize("capability", PROBED)
async def test_a_probe_names_only_what_there_is_not(
    apple: AppleServer,
    upstream: Upstream,
    writes: AppleLibraryWrites,
    capability: Capability,
) -> None:
    for path in ("songs/i.00000000000000", "playlists/p.00000000000000"):
        for more in ("", "/tracks", "/parent"):
            apple.on(f"{BASE}/{path}{more}", fault(404))
    assert await writes.permits(capability, upstream.listener)
    for path in ("songs/i.00000000000000", "playlists/p.00000000000000"):
        for more in ("", "/tracks", "/parent"):
            apple.on(f"{BASE}/{path}{more}", fault(403))
    assert not await writes.permits(capability, upstream.listener)
    assert all("0000000" in path for _, path in written(apple))


async def test_creating_and_appending_are_sent_once(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites
) -> None:
    apple.on(f"{BASE}/playlists", answer(status=502))
    apple.on(f"{BASE}/playlists/p.1/tracks", reset)
    with pytest.raises(UnavailableError):
        await writes.create_playlist(NewPlaylist("N"), upstream.listener)
    with pytest.raises(UnavailableError):
        await writes.append("p.1", [row("5")], upstream.listener)
    assert len(written(apple)) == 2
    apple.on(f"{BASE}/playlists/p.1/tracks", answer(status=500))
    assert await writes.append("p.1", [row("5")], upstream.listener) is Outcome.FAILED


@pytest.mark.parametrize("status", [401, 403, 405])
async def test_refused_creating_is_a_capability(
    apple: AppleServer, upstream: Upstream, writes: AppleLibraryWrites, status: int
) -> None:
    for path in ("", "/playlists", "/playlist-folders"):
        apple.on(BASE + path, fault(status))
    who = upstream.listener
    for work, field in (
        (writes.create_playlist(NewPlaylist("N"), who), "playlist_create"),
        (writes.create_folder("N", "", who), "playlist_create"),
        (writes.add([ResourceRef(ResourceType.SONG, "1")], who), "library_add"),
    ):
        with pytest.raises(AppleMusicError) as caught:
            await work
        assert caught.value.reason is Reason.CAPABILITY_REFUSED
        assert caught.value.metadata == {"capability": field}
