"""Catalogue resources over HTTP: ids, filters, relationships, views, pages, refusals."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.api.index import CatalogueIndex
from applemusic_simulator.api.kinds import make_kinds
from applemusic_simulator.model import Album, Catalogue
from applemusic_simulator.world import World

Get = Callable[..., Awaitable[tuple[int, Any]]]
US = "/catalog/us"


def long_playlist(catalogue: Catalogue) -> str:
    return next(p.id for p in catalogue.playlists.values() if len(p.song_ids) > 100)


def an_album(catalogue: Catalogue, **wanted: object) -> Album:
    fits = (
        album
        for album in catalogue.albums.values()
        if all(getattr(album, name) == value for name, value in wanted.items())
    )
    return next(fits)


def error_of(answer: tuple[int, Any]) -> tuple[int, str, str, str | None]:
    status, body = answer
    (error,) = body["errors"]
    assert error["status"] == str(status)
    return status, error["code"], error["detail"], error.get("source", {}).get("parameter")


async def test_songs_by_id_come_once_in_order_and_the_missing_are_left_out(
    get: Get, catalogue: Catalogue
) -> None:
    one, two = list(catalogue.songs)[:2]
    status, body = await get(f"{US}/songs?ids={two},1,{one},{two}")
    assert status == 200
    assert [song["id"] for song in body["data"]] == [two, one]
    assert await get(f"{US}/songs?ids=1,2") == (200, {"data": []})
    assert error_of(await get(f"{US}/songs/1"))[:2] == (404, "40400")


async def test_values_of_a_song(get: Get, catalogue: Catalogue) -> None:
    song = next(s for s in catalogue.songs.values() if s.featured_artist_ids)
    status, body = await get(f"{US}/songs/{song.id}")
    assert status == 200
    attributes = body["data"][0]["attributes"]
    album = catalogue.albums[song.album_id]
    assert attributes["name"] == song.name
    assert attributes["artistName"] == catalogue.artists[song.artist_id].name
    assert attributes["albumName"] == album.name
    assert attributes["durationInMillis"] == song.duration_ms
    assert attributes["isrc"] == song.isrc
    assert attributes["playParams"] == {"id": song.id, "kind": "song"}
    assert f"/{album.id}?i={song.id}" in attributes["url"]
    artists = body["data"][0]["relationships"]["artists"]["data"]
    assert [artist["id"] for artist in artists] == [song.artist_id, *song.featured_artist_ids]
    assert "attributes" not in artists[0]


async def test_a_withdrawn_song_has_no_play_params_and_an_equivalent_if_released_twice(
    get: Get, catalogue: Catalogue
) -> None:
    withdrawn = next(s for s in catalogue.songs.values() if not s.playable)
    _, body = await get(f"{US}/songs/{withdrawn.id}")
    assert "playParams" not in body["data"][0]["attributes"]
    _, body = await get(f"{US}/songs?filter[equivalents]={withdrawn.id}")
    (equivalent,) = body["data"]
    assert equivalent["attributes"]["isrc"] == withdrawn.isrc
    assert "playParams" in equivalent["attributes"]
    references = body["meta"]["filters"]["equivalents"][withdrawn.id]
    assert [reference["id"] for reference in references] == [equivalent["id"]]


@pytest.mark.parametrize(
    ("kind", "most"), [("songs", 300), ("albums", 100), ("artists", 50), ("playlists", 25)]
)
async def test_too_many_ids_are_refused(get: Get, kind: str, most: int) -> None:
    ids = [str(number) for number in range(1, most + 2)]
    assert (await get(f"{US}/{kind}?ids={','.join(ids[:most])}"))[0] == 200
    status, code, _, parameter = error_of(await get(f"{US}/{kind}?ids={','.join(ids)}"))
    assert (status, code, parameter) == (400, "40005", "ids")


async def test_many_songs_with_include_run_out_of_time(get: Get, catalogue: Catalogue) -> None:
    ids = list(catalogue.songs)
    few, many = ",".join(ids[:150]), ",".join(ids[:151])
    assert (await get(f"{US}/songs?ids={few}&include=albums"))[0] == 200
    assert (await get(f"{US}/songs?ids={many}"))[0] == 200
    for include in ("include=artists,albums", "include[songs]=albums"):
        assert await get(f"{US}/songs?ids={many}&{include}") == (504, None)


async def test_ids_missing_and_empty(get: Get) -> None:
    assert error_of(await get(f"{US}/songs"))[:2] == (400, "40003")
    assert error_of(await get(f"{US}/songs?ids="))[:2] == (400, "40005")
    assert error_of(await get(f"{US}/songs?ids=,"))[:2] == (400, "40005")


async def test_mixed_types_at_once(get: Get, catalogue: Catalogue) -> None:
    song, album = next(iter(catalogue.songs)), next(iter(catalogue.albums))
    _, body = await get(f"{US}?ids[songs]={song}&ids[albums]={album}")
    assert [(item["type"], item["id"]) for item in body["data"]] == [
        ("songs", song),
        ("albums", album),
    ]
    assert error_of(await get(US))[:2] == (400, "40003")


async def test_isrc_finds_every_release_and_lists_them_by_code(
    get: Get, catalogue: Catalogue
) -> None:
    compilation = an_album(catalogue, is_compilation=True)
    isrc = catalogue.songs[compilation.song_ids[0]].isrc
    _, body = await get(f"{US}/songs?filter[isrc]={isrc},QZSIM0000000")
    found = [song["id"] for song in body["data"]]
    assert found == [song.id for song in catalogue.songs.values() if song.isrc == isrc]
    assert len(found) >= 2
    by_code = body["meta"]["filters"]["isrc"]
    assert [reference["id"] for reference in by_code[isrc]] == found
    assert by_code["QZSIM0000000"] == []
    too_many = ",".join(f"QZSIM{number:07}" for number in range(26))
    assert error_of(await get(f"{US}/songs?filter[isrc]={too_many}"))[0] == 400


@pytest.mark.parametrize("zeros", ["", "0", "00"])
async def test_upc_is_matched_without_its_zeros(get: Get, catalogue: Catalogue, zeros: str) -> None:
    album = next(iter(catalogue.albums.values()))
    digits = album.upc.lstrip("0")
    _, body = await get(f"{US}/albums?filter[upc]={zeros}{digits}")
    assert [found["id"] for found in body["data"]] == [album.id]
    assert list(body["meta"]["filters"]["upc"]) == [digits.zfill(13)]


async def test_the_clean_version_is_the_equivalent_where_explicit_is_restricted(
    get: Get, catalogue: Catalogue
) -> None:
    explicit = an_album(catalogue, content_rating="explicit", is_single=False)
    path = f"{US}/albums?filter[equivalents]={explicit.id}"
    _, body = await get(path)
    assert body["data"][0]["id"] == explicit.id
    _, body = await get(f"{path}&restrict=explicit")
    assert body["data"][0]["attributes"]["contentRating"] == "clean"
    assert body["data"][0]["attributes"]["name"] == explicit.name


async def test_a_long_playlist_is_paged_and_next_has_no_limit(
    get: Get, catalogue: Catalogue
) -> None:
    playlist = catalogue.playlists[long_playlist(catalogue)]
    _, body = await get(f"{US}/playlists/{playlist.id}?l=en-US")
    tracks = body["data"][0]["relationships"]["tracks"]
    assert len(tracks["data"]) == 100
    following = f"/v1{US}/playlists/{playlist.id}/tracks?l=en-US&offset=100"
    assert tracks["next"] == following
    _, last = await get(following.removeprefix("/v1"))
    assert "next" not in last
    ids = [song["id"] for song in (*tracks["data"], *last["data"])]
    assert ids == list(playlist.song_ids)
    _, exact = await get(f"{US}/playlists/{playlist.id}/tracks?limit=20&offset=110")
    assert len(exact["data"]) == 20
    assert "next" not in exact
    _, small = await get(f"{US}/playlists/{playlist.id}/tracks?limit=7&offset=14")
    assert [song["id"] for song in small["data"]] == list(playlist.song_ids[14:21])
    assert small["next"] == f"/v1{US}/playlists/{playlist.id}/tracks?offset=21"


async def test_past_the_end_and_empty_are_404_40403(get: Get, catalogue: Catalogue) -> None:
    album = next(iter(catalogue.albums.values()))
    path = f"{US}/albums/{album.id}/tracks"
    expected = (404, "40403", "No related resources found for tracks", None)
    assert error_of(await get(f"{path}?offset={len(album.song_ids)}")) == expected
    video = next(iter(catalogue.music_videos))
    assert error_of(await get(f"{US}/music-videos/{video}/albums"))[:2] == (404, "40403")
    assert error_of(await get(f"{US}/albums/1/tracks"))[:2] == (404, "40400")


def test_page_sizes_are_apples(world: World) -> None:
    kinds = make_kinds(CatalogueIndex(world.catalogue), world.social)
    sizes = {
        (kind.type, name): (found.default, found.most)
        for kind in kinds.values()
        for name, found in kind.relationships.items()
    }
    assert sizes["albums", "tracks"] == (300, 300)
    assert sizes["playlists", "tracks"] == (100, 300)
    assert sizes["artists", "albums"] == sizes["artists", "music-videos"] == (25, 100)
    assert sizes["songs", "artists"] == sizes["albums", "artists"] == (10, 10)


LESS = "Value must be an integer less than or equal to 300, but was: 301"


@pytest.mark.parametrize(
    ("query", "detail", "parameter"),
    [
        ("limit=301", LESS, "limit"),
        ("limit=0", "Value must be an integer greater than or equal to 1", "limit"),
        ("limit=-5", "Value must be an integer greater than or equal to 1", "limit"),
        ("limit=ten", "Value must be an integer", "limit"),
        ("limit=", "Value must be an integer", "limit"),
        ("offset=-1", "Value must be an integer greater than or equal to 0", "offset"),
        ("offset=x", "Value must be an integer", "offset"),
        ("l=nn", "Invalid language tag 'nn'", "l"),
        ("l=fil", "Invalid language tag 'fil'", "l"),
        ("l=english", "Invalid language tag 'english'", "l"),
    ],
)
async def test_wrong_parameters(
    get: Get, catalogue: Catalogue, query: str, detail: str, parameter: str
) -> None:
    answer = await get(f"{US}/playlists/{long_playlist(catalogue)}/tracks?{query}")
    assert error_of(answer) == (400, "40005", detail, parameter)


async def test_the_overflow_of_a_relationships_limit_is_blamed_on_limit(
    get: Get, catalogue: Catalogue
) -> None:
    path = f"{US}/playlists/{long_playlist(catalogue)}"
    assert error_of(await get(f"{path}?limit[tracks]=301"))[3] == "limit"
    assert error_of(await get(f"{path}?limit[tracks]=0"))[3] == "limit[tracks]"
    _, body = await get(f"{path}?limit[tracks]=3")
    assert len(body["data"][0]["relationships"]["tracks"]["data"]) == 3


@pytest.mark.parametrize("tag", ["", "en_US", "de", "de-DE", "zh-Hans-CN"])
async def test_languages_that_pass(get: Get, catalogue: Catalogue, tag: str) -> None:
    path = f"{US}/playlists/{long_playlist(catalogue)}/tracks"
    status, body = await get(f"{path}?l={tag}")
    assert status == 200
    assert body["next"] == f"/v1{path}?l={tag}&offset=100"


async def test_artist_views_inline_and_by_path(get: Get, catalogue: Catalogue) -> None:
    artist = next(
        catalogue.artists[album.artist_id] for album in catalogue.albums.values() if album.is_live
    )
    names = ("top-songs", "full-albums", "singles", "live-albums", "similar-artists")
    path = f"{US}/artists/{artist.id}"
    _, body = await get(f"{path}?views={','.join(names)}&limit[artists:top-songs]=3")
    views = body["data"][0]["views"]
    assert set(views) == set(names)
    assert len(views["top-songs"]["data"]) == 3
    assert views["top-songs"]["next"] == f"/v1{path}/view/top-songs?offset=3"
    for name in names[1:]:
        _, page = await get(f"{path}/view/{name}?with=attributes")
        ids = [item["id"] for item in page["data"]]
        assert ids == [item["id"] for item in views[name]["data"]]
        assert page["attributes"]["title"] == views[name]["attributes"]["title"]
    own = {a["id"] for name in names[1:4] for a in views[name]["data"]}
    assert own == set(artist.album_ids)
    assert error_of(await get(f"{path}/view/compilation-albums"))[:2] == (404, "40403")
    assert error_of(await get(f"{path}/view/nonsense"))[:2] == (400, "40008")
    _, latest = await get(f"{path}/view/latest-release")
    assert [album["id"] for album in latest["data"]] == [artist.album_ids[0]]


async def test_include_gives_whole_resources_and_relate_gives_ids(
    get: Get, catalogue: Catalogue
) -> None:
    song = next(iter(catalogue.songs.values()))
    path = f"{US}/songs/{song.id}"
    _, body = await get(
        f"{path}?include=albums,artists&relate=genres&extend[artists]=editorialNotes"
    )
    relationships = body["data"][0]["relationships"]
    assert relationships["albums"]["data"][0]["attributes"]["name"]
    artist = relationships["artists"]["data"][0]
    assert "editorialNotes" in artist["attributes"]
    assert artist["relationships"]["albums"]["data"]
    assert "attributes" not in relationships["genres"]["data"][0]
    _, body = await get(f"{US}/albums/{song.album_id}?include[songs]=artists")
    track = body["data"][0]["relationships"]["tracks"]["data"][0]
    assert track["relationships"]["artists"]["data"][0]["attributes"]["name"]


async def test_includes_that_go_round_in_circles_end(get: Get, catalogue: Catalogue) -> None:
    song = next(iter(catalogue.songs))
    status, _ = await get(f"{US}/songs/{song}?include[songs]=albums&include[albums]=tracks")
    assert status == 200


async def test_extend_and_fields(get: Get, catalogue: Catalogue) -> None:
    song = next(iter(catalogue.songs))
    _, body = await get(f"{US}/songs/{song}?extend=artistUrl,audioVariants")
    assert body["data"][0]["attributes"]["artistUrl"].startswith(
        "https://music.apple.com/us/artist/"
    )
    assert "lossless" in body["data"][0]["attributes"]["audioVariants"]
    _, body = await get(f"{US}/songs/{song}?fields[songs]=name,isrc")
    assert set(body["data"][0]["attributes"]) == {"name", "isrc"}


async def test_what_does_not_exist(get: Get, catalogue: Catalogue) -> None:
    song = next(iter(catalogue.songs))
    assert await get(f"{US}/podcasts/1") == (404, {"errors": []})
    assert await get(f"{US}/curators?ids=1") == (200, {"data": []})
    assert error_of(await get(f"{US}/record-labels/1"))[:2] == (404, "40400")
    assert error_of(await get(f"/catalog/qq/songs/{song}"))[:2] == (404, "40400")
    assert error_of(await get(f"{US}/songs/{song}/nonsense"))[:2] == (400, "40008")
    assert error_of(await get("/nonsense"))[:2] == (404, "40400")


async def test_artwork_points_at_the_simulator(get: Get, catalogue: Catalogue) -> None:
    album = next(iter(catalogue.albums))
    _, body = await get(f"{US}/albums/{album}")
    artwork = body["data"][0]["attributes"]["artwork"]
    assert artwork["url"].startswith("http://127.0.0.1:")
    assert "/is1-ssl.mzstatic.com/" in artwork["url"]
    assert artwork["url"].endswith("/{w}x{h}bb.jpg")
