"""Codes and counterparts, against the simulator, recorded answers and odd ones."""

import json

import pytest

from applemusic_server.domain.gateways import CatalogScope
from applemusic_server.domain.resources import Album, MusicVideo, Song
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.lookup import AppleLookup
from applemusic_simulator.simulator import Simulator
from tests.support.apple_server import AppleServer, Upstream, answer
from tests.support.fixtures import recorded

US = CatalogScope("us")


@pytest.fixture
def lookup(reader: CatalogReader) -> AppleLookup:
    return AppleLookup(reader)


@pytest.fixture
def scripted(upstream: Upstream) -> AppleLookup:
    return AppleLookup(CatalogReader(upstream.api, sleep=upstream.time.sleep))


async def test_songs_by_isrc_in_batches(simulator: Simulator, lookup: AppleLookup) -> None:
    songs = list(simulator.world.catalogue.songs.values())[:60]
    codes = list(dict.fromkeys(song.isrc for song in songs))
    asked = [*reversed(codes), "ZZZ992600000", codes[0]]
    found = await lookup.songs_by_isrc(asked, US)
    assert [match.key for match in found.found] == list(reversed(codes))
    assert found.missing == ("ZZZ992600000",)
    for match in found.found:
        assert {song.isrc for song in match.resources} == {match.key}
        assert match.resources[0].artists[0].name
    assert len(simulator.world.requests) == -(-len(set(asked)) // 25)


async def test_a_code_can_belong_to_several(simulator: Simulator, lookup: AppleLookup) -> None:
    by_code: dict[str, list[str]] = {}
    for song in simulator.world.catalogue.songs.values():
        by_code.setdefault(song.isrc, []).append(song.id)
    code, ids = next((code, ids) for code, ids in by_code.items() if len(ids) > 1)
    (match,) = (await lookup.songs_by_isrc([code], US)).found
    assert [song.id for song in match.resources] == ids


async def test_music_videos_by_isrc(simulator: Simulator, lookup: AppleLookup) -> None:
    video = next(iter(simulator.world.catalogue.music_videos.values()))
    (match,) = (await lookup.music_videos_by_isrc([video.isrc], US)).found
    assert video.id in [each.id for each in match.resources]


async def test_the_recorded_isrc_answer(scripted: AppleLookup, apple: AppleServer) -> None:
    body = recorded("get-multiple-catalog-music-videos-by-isrc.json")
    apple.on("/v1/catalog/us/music-videos", answer(body))
    found = await scripted.music_videos_by_isrc(["GB1302001140"], US)
    # The answer names another one that it does not hold.
    assert [each.id for each in found.found[0].resources] == ["1553279848"]
    assert isinstance(found.found[0].resources[0], MusicVideo)


@pytest.mark.parametrize("zeros", [0, 1, 2])
async def test_leading_zeros_of_a_upc_do_not_matter(
    simulator: Simulator, lookup: AppleLookup, zeros: int
) -> None:
    album = next(iter(simulator.world.catalogue.albums.values()))
    asked = "0" * zeros + album.upc.lstrip("0")
    (match,) = (await lookup.albums_by_upc([asked], US)).found
    assert match.key == asked
    assert album.id in [each.id for each in match.resources]


async def test_the_recorded_upc_answer(scripted: AppleLookup, apple: AppleServer) -> None:
    apple.on("/v1/catalog/us/albums", answer(recorded("get-multiple-catalog-albums-by-upc.json")))
    found = await scripted.albums_by_upc(["00602445868162", "602445868162"], US)
    assert [match.key for match in found.found] == ["00602445868162", "602445868162"]
    ids = {tuple(each.id for each in match.resources) for match in found.found}
    assert ids == {("1620500261", "1616728060")}
    assert [each.query["filter[upc]"] for each in apple.asked] == ["0602445868162"]


async def test_a_upc_that_apple_knows_under_another_length(
    scripted: AppleLookup, apple: AppleServer
) -> None:
    album = {"id": "1", "type": "albums", "attributes": {"name": "Old", "upc": "602445868162"}}
    meta = {"filters": {"upc": {"602445868162": [{"id": "1", "type": "albums"}]}}}
    nothing = answer({"data": [], "meta": {"filters": {"upc": {"0602445868162": []}}}})
    apple.on("/v1/catalog/us/albums", nothing, answer({"data": [album], "meta": meta}))
    found = await scripted.albums_by_upc(["602445868162"], US)
    assert found.found[0].resources[0].id == "1"
    asked = [each.query["filter[upc]"] for each in apple.asked]
    assert asked == ["0602445868162", "602445868162"]


async def test_an_unknown_upc_is_missing_after_every_length(
    scripted: AppleLookup, apple: AppleServer
) -> None:
    apple.on("/v1/catalog/us/albums", answer({"data": []}))
    found = await scripted.albums_by_upc(["12345678"], US)
    assert found.missing == ("12345678",)
    assert len(apple.asked) == 3


async def test_equivalents(simulator: Simulator, lookup: AppleLookup) -> None:
    world = simulator.world.catalogue
    de = CatalogScope("de")
    songs = [each.id for each in world.songs.values() if each.playable][:5]
    found = await lookup.equivalents(Song, [*songs, "999999999", songs[0]], de)
    assert [match.key for match in found.found] == songs
    assert found.missing == ("999999999",)
    assert all(match.resources for match in found.found)
    album, video = next(iter(world.albums)), next(iter(world.music_videos))
    assert (await lookup.equivalents(Album, [album], de)).found[0].resources[0].id
    assert (await lookup.equivalents(MusicVideo, [video], de)).found[0].resources[0].id
    assert all("/catalog/de/" in entry.path for entry in simulator.world.requests)


async def test_the_recorded_equivalent_has_another_id(
    scripted: AppleLookup, apple: AppleServer
) -> None:
    body = recorded("get-equivalent-catalog-albums-by-id.json")
    apple.on("/v1/catalog/ly/albums", answer(body))
    found = await scripted.equivalents(Album, ["1616728060"], CatalogScope("ly"))
    (match,) = found.found
    assert (match.key, match.resources[0].id) == ("1616728060", "1620500261")


async def test_a_filter_that_names_what_is_not_there(
    scripted: AppleLookup, apple: AppleServer
) -> None:
    meta = {"filters": {"isrc": {"usrc17607839": [{"id": "404", "type": "songs"}]}}}
    apple.on("/v1/catalog/us/songs", answer(json.dumps({"data": [], "meta": meta})))
    found = await scripted.songs_by_isrc(["USRC17607839"], US)
    assert found.missing == ("USRC17607839",)
