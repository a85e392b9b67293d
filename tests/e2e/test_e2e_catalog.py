"""The whole catalog through client, server and simulator."""

import asyncio
from collections.abc import AsyncIterable
from datetime import timedelta
from typing import TypeVar

import pytest

from applemusic import errors
from applemusic.models import (
    Album,
    Artist,
    LyricsTiming,
    MusicVideo,
    Playlist,
    ReadOptions,
    Relation,
    ResourceType,
    Song,
    Station,
    View,
)
from applemusic_simulator.api.editors import curator_id, label_id
from applemusic_simulator.model import Catalogue
from applemusic_simulator.social.lyrics import Timing, make_lyrics
from applemusic_simulator.social.permissions import LYRICS
from tests.e2e.conftest import SetUp
from tests.support.stage import Stage

T = TypeVar("T")
WEB = "https://music.apple.com"


async def everything(items: AsyncIterable[T]) -> list[T]:
    return [each async for each in items]


def catalogue_of(stage: Stage) -> Catalogue:
    return stage.simulator.world.catalogue


async def test_suggestions_complete_what_was_typed(stage: Stage) -> None:
    artist = next(iter(catalogue_of(stage).artists.values()))
    found = await stage.music.catalog.search_suggestions(
        artist.name, term_limit=3, types=[ResourceType.ARTIST]
    )
    assert 0 < len(found.suggestions) <= 3
    assert artist.name in [each.name for each in found.top_results if isinstance(each, Artist)]


async def test_search_over_all_types_with_top_results(stage: Stage) -> None:
    artist = next(iter(catalogue_of(stage).artists.values()))
    types = [
        each
        for each in ResourceType
        if each.name not in {"UNKNOWN", "UNSPECIFIED", "GENRE", "PLAYLIST_FOLDER"}
    ]
    assert len(types) == 8
    found = await stage.music.catalog.search(artist.name, types=types, include_top_results=True)
    assert artist.id in [each.id for each in found.artists]
    assert found.songs
    assert found.albums
    assert found.top_results


async def test_charts(stage: Stage) -> None:
    pages = [page async for page in stage.music.catalog.charts(page_size=200)]
    first = {chart.type: chart for chart in pages[0]}
    assert set(first) == {
        ResourceType.SONG,
        ResourceType.ALBUM,
        ResourceType.PLAYLIST,
        ResourceType.MUSIC_VIDEO,
    }
    songs = [
        item.id
        for page in pages
        for chart in page
        if chart.type is ResourceType.SONG
        for item in chart.items
        if isinstance(item, Song)
    ]
    playable = {song.isrc for song in catalogue_of(stage).songs.values() if song.playable}
    assert len(songs) == len(set(songs)) == len(playable)


async def test_charts_of_a_genre_that_there_is_not(stage: Stage) -> None:
    with pytest.raises(errors.InvalidFieldError) as caught:
        await everything(stage.music.catalog.charts(genre_id="999999999"))

    assert "genre_id" in str(caught.value)


async def test_charts_of_a_genre_of_cities_and_of_the_world(stage: Stage) -> None:
    genres = await everything(stage.music.catalog.genres())
    root, *others = genres
    assert root.id == "34"
    songs = [ResourceType.SONG]
    async for charts in stage.music.catalog.charts(types=songs, genre_id=others[0].id):
        (chart,) = charts
        assert all(others[0].name in each.genre_names for each in chart.items)  # type: ignore[union-attr]  # songs
        break
    async for charts in stage.music.catalog.charts(types=songs, include_city_and_global=True):
        extra = [chart for chart in charts if chart.type is ResourceType.PLAYLIST]
        assert extra
        assert all(isinstance(item, Playlist) for chart in extra for item in chart.items)
        break
    with pytest.raises(errors.InvalidFieldError):
        async for _ in stage.music.catalog.charts(types=[ResourceType.STATION]):
            pass


async def test_storefronts_page(stage: Stage) -> None:
    found = await everything(stage.music.catalog.storefronts(page_size=7))
    ids = [each.id for each in found]
    assert ids == sorted(set(ids))
    vietnam = next(each for each in found if each.id == "vn")
    assert vietnam.explicit_content_prohibited
    assert "vi" in vietnam.supported_language_tags


async def test_codes(stage: Stage) -> None:
    catalogue = catalogue_of(stage)
    song = next(iter(catalogue.songs.values()))
    video = next(iter(catalogue.music_videos.values()))
    album = next(iter(catalogue.albums.values()))
    hyphenated = f"{song.isrc[:2]}-{song.isrc[2:5]}-{song.isrc[5:7]}-{song.isrc[7:]}"
    by_isrc = await stage.music.catalog.lookup_isrc([hyphenated, video.isrc, "ZZZ999999999"])
    assert by_isrc.missing == ("ZZZ999999999",)
    assert [match.isrc for match in by_isrc.items] == [hyphenated, video.isrc]
    assert song.id in [each.id for each in by_isrc.items[0].songs]
    assert video.id in [each.id for each in by_isrc.items[1].music_videos]
    bare = album.upc.lstrip("0")
    by_upc = await stage.music.catalog.lookup_upc([bare, "00" + bare, "99999999"])
    assert [match.upc for match in by_upc.items] == [bare, "00" + bare]
    assert by_upc.missing == ("99999999",)
    with pytest.raises(errors.InvalidFieldError) as caught:
        await stage.music.catalog.lookup_upc([bare, "abc"])
    assert caught.value.violations[0].field == "upcs[1]"


async def test_equivalents_in_another_storefront(stage: Stage) -> None:
    song = next(each for each in catalogue_of(stage).songs.values() if each.playable)
    found = await stage.music.catalog.lookup_equivalents(
        ResourceType.SONG, [song.id, "404"], options=ReadOptions(storefront="de")
    )
    assert [match.id for match in found.items] == [song.id]
    assert isinstance(found.items[0].resources[0], Song)
    assert found.missing == ("404",)
    asked = [entry.path for entry in stage.simulator.world.requests if "songs" in entry.path]
    assert asked[-1].endswith("/v1/catalog/de/songs")
    with pytest.raises(errors.InvalidFieldError):
        await stage.music.catalog.lookup_equivalents(ResourceType.ARTIST, ["1"])


async def test_urls_of_every_kind_resolve(stage: Stage) -> None:
    catalogue, resolve = catalogue_of(stage), stage.music.catalog.resolve_url
    song = next(each for each in catalogue.songs.values() if each.playable)
    shown = await resolve(f"{WEB}/us/album/x/{song.album_id}?i={song.id}&l=en")
    assert isinstance(shown, Song)
    assert shown.id == song.id
    kinds = [
        (f"album/x/{song.album_id}", Album),
        (f"artist/x/{song.artist_id}", Artist),
        (f"playlist/x/{next(iter(catalogue.playlists))}", Playlist),
        (f"station/x/{next(iter(catalogue.stations))}", Station),
        (f"music-video/x/{next(iter(catalogue.music_videos))}", MusicVideo),
    ]
    for path, kind in kinds:
        assert isinstance(await resolve(f"{WEB}/us/{path}"), kind)
    # What the catalog says of itself resolves to itself.
    again = await resolve(shown.url.replace("https", "music"))
    assert again == shown


async def test_the_storefront_of_a_url_wins(stage: Stage) -> None:
    album = next(iter(catalogue_of(stage).albums))
    await stage.music.catalog.resolve_url(
        f"{WEB}/jp/album/{album}", options=ReadOptions(storefront="de")
    )
    assert "/catalog/jp/albums" in list(stage.simulator.world.requests)[-1].path


async def test_urls_that_lead_nowhere(stage: Stage) -> None:
    with pytest.raises(errors.UnsupportedUrlError):
        await stage.music.catalog.resolve_url("https://example.com/us/album/1")
    with pytest.raises(errors.ResourceNotFoundError):
        await stage.music.catalog.resolve_url(f"{WEB}/us/album/404")
    with pytest.raises(errors.ResourceNotFoundError):
        await stage.music.catalog.resolve_url(f"{WEB}/zz/album/404")


async def test_curators_and_labels(stage: Stage) -> None:
    catalogue = catalogue_of(stage)
    playlist = next(each for each in catalogue.playlists.values() if each.type == "editorial")
    curator = await stage.music.catalog.get_curator(curator_id(playlist.curator))
    assert (curator.name, curator.apple) == (playlist.curator, True)
    related = stage.music.catalog.related(curator, Relation.CURATOR_PLAYLISTS)
    assert playlist.id in [
        each.id for each in await everything(related) if isinstance(each, Playlist)
    ]
    album = next(iter(catalogue.albums.values()))
    label = await stage.music.catalog.get_record_label(label_id(album.record_label))
    assert label.name == album.record_label
    latest = await everything(stage.music.catalog.related(label, Relation.LATEST_RELEASES))
    assert all(isinstance(each, Album) for each in latest)


async def test_a_relation_that_the_type_does_not_have(stage: Stage) -> None:
    song = await stage.music.catalog.get_song(stage.song.id)
    with pytest.raises(errors.InvalidFieldError) as caught:
        await everything(stage.music.catalog.related(song, Relation.TOP_RELEASES))
    assert caught.value.violations[0].field == "relation"


async def test_similar_artists(stage: Stage) -> None:
    artist = next(each for each in catalogue_of(stage).artists.values() if each.similar_ids)
    similar = await everything(stage.music.catalog.similar_artists(artist.id))
    assert [each.id for each in similar] == list(artist.similar_ids)


async def test_a_full_view_tells_variants_in_lists_too(stage: Stage) -> None:
    full = ReadOptions(view=View.FULL)
    song = next(each for each in catalogue_of(stage).songs.values() if each.playable)
    assert (await stage.music.catalog.get_song(song.id, options=full)).audio_variants
    tracks = await everything(stage.music.catalog.album_tracks(song.album_id, options=full))
    assert all(each.audio_variants for each in tracks if isinstance(each, Song))
    plain = await everything(stage.music.catalog.album_tracks(song.album_id))
    assert not any(each.audio_variants for each in plain if isinstance(each, Song))


def sung(stage: Stage, timing: Timing) -> str:
    return next(
        song.id
        for song in catalogue_of(stage).songs.values()
        if (lyrics := make_lyrics(song)) is not None and lyrics.timing is timing
    )


async def test_lyrics_by_word(stage: Stage) -> None:
    lyrics = await stage.music.catalog.lyrics(sung(stage, Timing.WORD))
    assert lyrics.timing is LyricsTiming.WORD
    assert len(lyrics.plain_text.splitlines()) == len(lyrics.lines) > 4
    assert len(lyrics.lrc.splitlines()) == len(lyrics.enhanced_lrc.splitlines())
    assert lyrics.agents
    line = lyrics.lines[0]
    assert line.start_offset is not None
    assert line.syllables[0].start_offset == line.start_offset
    words = "".join(each.text + " " * each.word_end for each in line.syllables).strip()
    assert line.text.startswith(words)
    starts = [each.start_offset or timedelta(0) for each in lyrics.lines]
    assert starts == sorted(starts)


async def test_lyrics_no_finer_than_wanted(stage: Stage) -> None:
    song = sung(stage, Timing.WORD)
    by_line = await stage.music.catalog.lyrics(song, timing=LyricsTiming.LINE)
    assert by_line.timing is LyricsTiming.LINE
    assert by_line.lrc
    assert not by_line.enhanced_lrc
    untimed = await stage.music.catalog.lyrics(song, timing=LyricsTiming.NONE)
    assert (untimed.timing, untimed.lrc) == (LyricsTiming.NONE, "")
    assert untimed.plain_text == by_line.plain_text


async def test_a_song_without_lyrics(stage: Stage) -> None:
    song = next(each for each in catalogue_of(stage).songs.values() if make_lyrics(each) is None)
    for song_id in (song.id, "404"):
        with pytest.raises(errors.LyricsNotFoundError):
            await stage.music.catalog.lyrics(song_id)


@pytest.mark.parametrize("answer", ["401", "403"])
async def test_refused_lyrics_are_a_capability_that_is_not_there(stage: Stage, answer: str) -> None:
    info = await stage.music.server.info()
    assert info.capabilities is not None
    assert info.capabilities.lyrics
    stage.simulator.world.social.permissions.set(LYRICS, answer)
    song = sung(stage, Timing.WORD)
    with pytest.raises(errors.CapabilityRefusedError) as caught:
        await stage.music.catalog.lyrics(song)
    assert caught.value.metadata == {"capability": "lyrics"}
    info = await stage.music.server.info()
    assert info.capabilities is not None
    assert not info.capabilities.lyrics
    # Apple is left alone from now on, until a person signs in anew.
    stage.simulator.world.requests.clear()
    with pytest.raises(errors.CapabilityRefusedError):
        await stage.music.catalog.lyrics(song)
    assert not list(stage.simulator.world.requests)
    stage.simulator.world.social.permissions.reset()
    await stage.music.auth.submit_music_user_token(stage.simulator.music_user_token())
    assert (await stage.music.catalog.lyrics(song)).lines


async def test_the_catalog_is_remembered_and_asked_for_once(stage: Stage) -> None:
    song = stage.song.id
    stage.simulator.world.requests.clear()
    await asyncio.gather(*(stage.music.catalog.get_song(song) for _ in range(20)))
    await stage.music.catalog.get_song(song)
    assert len(list(stage.simulator.world.requests)) == 1
    name = "applemusic_upstream_cache_total"
    assert await stage.metric(name, result="miss") == 1
    joined = await stage.metric(name, result="joined")
    assert joined + await stage.metric(name, result="hit") == 20
    await stage.music.catalog.get_song(song, options=ReadOptions(language="es-MX"))
    assert await stage.metric(name, result="miss") == 2


async def test_without_an_account_the_catalog_is_read_all_the_same(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False) as stage:
        assert await everything(stage.music.catalog.genres())
        song = stage.song.id
        shown = await stage.music.catalog.resolve_url(f"{WEB}/us/song/{song}")
        assert isinstance(shown, Song)
        with pytest.raises(errors.AccountRequiredError):
            await stage.music.catalog.lyrics(song)
