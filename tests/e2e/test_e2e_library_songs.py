"""Playing songs by their library ids: twins, withdrawn ones, bought ones, none."""

import pytest

from applemusic import errors
from applemusic.models import AudioSource, Preparation
from applemusic_simulator.library.items import LibrarySong, Origin
from tests.support.stage import Stage, packets


def songs_of(stage: Stage) -> list[LibrarySong]:
    library = stage.simulator.world.libraries.of("demo")
    return [library.song_of(number) for number in library.song_numbers()]


async def test_a_song_with_a_twin_is_played_as_the_twin(stage: Stage) -> None:
    own = stage.simulator.world.libraries.of("demo").song_with(stage.song.id)
    assert own is not None
    async with stage.music.audio.stream(own.id) as stream:
        audio = b"".join([bytes(chunk) async for chunk in stream])
    assert packets(audio) == packets((await stage.asset(stage.song)).clear_path.read_bytes())
    assert (stream.header.song_id, stream.header.source) == (own.id, AudioSource.CATALOG)


def withdrawn(stage: Stage) -> LibrarySong:
    """A song under an id that the catalog does not know any more, though it has the recording."""
    known = stage.simulator.world.catalogue.songs
    return next(
        song
        for song in songs_of(stage)
        if song.origin is Origin.SUBSCRIPTION and song.catalog_id not in known
    )


async def test_a_withdrawn_song_is_played_as_what_it_is_now(stage: Stage) -> None:
    gone = withdrawn(stage)
    catalogue = stage.simulator.world.catalogue
    current = next(
        song
        for song in catalogue.songs.values()
        if song.name == gone.words.name and song.duration_ms == gone.words.duration_ms
    )
    asset = await stage.asset(current)
    async with stage.music.audio.stream(gone.id) as stream:
        first = bytes(await anext(aiter(stream)))
    assert asset.clear_path.read_bytes().find(first[-1000:]) > 0
    assert stream.header.total_bytes == asset.index.size
    assert (stream.header.song_id, stream.header.source) == (gone.id, AudioSource.CATALOG)
    found = await stage.music.audio.prepare([gone.id])
    while found[0].preparation is not Preparation.READY:
        found = await stage.music.audio.prepared()
        assert not found[0].failure_message


async def test_a_withdrawn_song_without_a_current_version_says_so(stage: Stage) -> None:
    catalogue = stage.simulator.world.catalogue
    lost = next(
        song
        for song in songs_of(stage)
        if song.catalog_id in catalogue.songs and not catalogue.songs[song.catalog_id].playable
    )
    with pytest.raises(errors.ContentWithdrawnError) as caught:
        await stage.play(lost.id)
    assert caught.value.metadata["id"] == lost.id


async def test_a_bought_song_that_the_catalog_does_not_have(stage: Stage) -> None:
    bought = next(
        song for song in songs_of(stage) if song.origin is Origin.PURCHASE and not song.catalog_id
    )
    with pytest.raises(errors.ContentUnavailableError) as caught:
        await stage.play(bought.id)
    assert caught.value.metadata["id"] == bought.id
    assert "bought" in caught.value.message


async def test_a_song_that_is_not_in_the_library(stage: Stage) -> None:
    with pytest.raises(errors.ResourceNotFoundError):
        await stage.play("i.nobodyhasthis")


async def test_when_the_library_fails_the_first_reason_stands(stage: Stage) -> None:
    gone = withdrawn(stage)
    stage.fault("api", "status", status=500, count=None, subject="/me/library")
    with pytest.raises(errors.ContentUnavailableError):
        await stage.play(gone.id)
