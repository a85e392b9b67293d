"""Several accounts on one server: nothing of one is ever another's, in any service or cache."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from applemusic import Client, ReadOptions, View, errors
from applemusic.models import FavoriteState, ResourceRef, ResourceType, StationList
from applemusic.models.sync import SyncCheckpoint
from applemusic.v1 import library_service_pb2
from applemusic_server.application.access_tokens import AccessTokens
from applemusic_server.domain.access import Scope
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.storage.database import open_database, sqlite_url
from applemusic_simulator.accounts import Account
from applemusic_simulator.social.lyrics import Timing, make_lyrics
from applemusic_simulator.social.permissions import FAVORITES, LYRICS
from tests.e2e.conftest import SetUp
from tests.support.access_tokens import access_tokens
from tests.support.stage import Stage

# Anna and Carla share a storefront, and so all that is remembered of the catalog.
STOREFRONTS = {"anna": "us", "berta": "de", "carla": "us"}
FULL = ReadOptions(view=View.FULL)


@pytest.fixture
async def house(stage_of: SetUp) -> AsyncIterator[Stage]:
    """Three people who listen."""
    async with stage_of(signed_in=False, playback={"max_account_streams": 1}) as stage:
        await move_in(stage)
        yield stage


async def move_in(stage: Stage) -> None:
    for account, storefront in STOREFRONTS.items():
        stage.simulator.world.accounts.add(Account(account, storefront))
        token = stage.simulator.music_user_token(account)
        await stage.music.auth.submit_music_user_token(token, account=account)


def song_ref(stage: Stage, number: int = 0) -> ResourceRef:
    return ResourceRef(ResourceType.SONG, list(stage.simulator.world.catalogue.songs)[number])


async def test_nobody_is_meant_when_nobody_is_named(house: Stage) -> None:
    music = house.music
    for call in (
        music.auth.get_account(),
        music.library.songs().first(),
        music.favorites.batch_get([song_ref(house)]),
        music.radio.stations(StationList.PERSONAL).first(),
        music.recommendations.groups().first(),
        music.catalog.lyrics(house.song.id),
        house.play(house.song.id),
    ):
        with pytest.raises(errors.AccountRequiredError) as caught:
            await call
        assert caught.value.metadata == {"accounts": "3"}
    assert (await music.server.info()).account == ""
    assert "/us/" in (await music.catalog.get_song(house.song.id)).url


async def test_the_catalog_is_each_one_s_own_storefront_and_language(house: Stage) -> None:
    """Asked in turns and at once, from a cache that is shared."""
    music, song = house.music, house.song.id
    for _ in range(2):
        found = await asyncio.gather(
            *(music.catalog.get_song(song, account=account) for account in STOREFRONTS)
        )
        for account, each in zip(STOREFRONTS, found, strict=True):
            assert f"/{STOREFRONTS[account]}/" in each.url
    german = ReadOptions(language="de-DE")
    spanish = ReadOptions(language="es-MX")
    genres = [
        (await music.catalog.get_song(song, account=account, options=options)).url
        for account, options in (("anna", spanish), ("berta", german), ("carla", ReadOptions()))
    ]
    assert [url.split("/")[3] for url in genres] == ["us", "de", "us"]


async def test_what_one_likes_another_does_not(house: Stage) -> None:
    """Favorites of a moment ago, before Apple shows them, and personal marks in the catalog."""
    house.simulator.world.social.settings.write_delay = 18.0
    music, ref = house.music, song_ref(house)

    async def states(*accounts: str) -> list[FavoriteState]:
        return [
            (await music.favorites.batch_get([ref], account=account))[0].state
            for account in accounts
        ]

    await music.favorites.set([ref], account="anna")
    assert await states(*STOREFRONTS) == [
        FavoriteState.FAVORITE,
        FavoriteState.NONE,
        FavoriteState.NONE,
    ]
    await music.favorites.set([ref], state=FavoriteState.DISLIKED, account="carla")
    house.simulator.world.clock.advance(60)
    assert await states(*STOREFRONTS) == [
        FavoriteState.FAVORITE,
        FavoriteState.NONE,
        FavoriteState.DISLIKED,
    ]
    for _ in range(2):
        seen = [
            (await music.catalog.get_song(ref.id, account=account, options=FULL)).favorite_state
            for account in ("anna", "carla")
        ]
        assert seen[0] is not seen[1] or seen == [FavoriteState.UNKNOWN] * 2


async def test_libraries_are_apart(house: Stage) -> None:
    music, libraries = house.music, house.simulator.world.libraries
    for account, size in (("anna", 30), ("berta", 40), ("carla", 50)):
        libraries.resize(account, size)
    ids: dict[str, set[str]] = {}
    for account in STOREFRONTS:
        songs = await music.library.songs(account=account).to_list()
        ids[account] = {song.id for song in songs}
        assert ids[account] == {song.id for song in libraries.of(account).songs()}
    assert len({frozenset(each) for each in ids.values()}) == 3
    annas = [ResourceRef(ResourceType.SONG, each) for each in ids["anna"] - ids["berta"]]
    batch = await music.library.batch_get(annas[:5], account="berta")
    assert len(batch.items) == 0


def lists(music: Client) -> dict[str, Callable[..., Any]]:
    return {
        "library songs": music.library.songs,
        "library albums": music.library.albums,
        "library artists": music.library.artists,
        "recently added": music.library.recently_added,
        "groups": music.recommendations.groups,
        "recently played": music.recommendations.recently_played_tracks,
        "featured stations": lambda **call: music.radio.stations(StationList.FEATURED, **call),
        "station genres": music.radio.genres,
        "catalog genres": music.catalog.genres,
    }


async def test_page_tokens_are_no_use_to_another(house: Stage) -> None:
    for name, pages in lists(house.music).items():
        async with aclosing(pages(account="anna", page_size=1).pages()) as first:
            page = await anext(first)
        assert page.next_page_token, name
        with pytest.raises(errors.InvalidPageTokenError):
            await pages(account="berta", page_size=1, page_token=page.next_page_token).first()
        assert await pages(account="anna", page_size=1, page_token=page.next_page_token).first()


async def test_a_list_does_not_go_on_in_another_account(stage_of: SetUp) -> None:
    """Nobody is named, and the only account is another one when the next page is asked for."""
    async with stage_of(signed_in=False) as stage:
        tokens = {}
        for account in ("anna", "berta"):
            stage.simulator.world.accounts.add(Account(account, "us"))
            tokens[account] = stage.simulator.music_user_token(account)
        begun = {}
        await stage.music.auth.submit_music_user_token(tokens["anna"], account="anna")
        for name, pages in lists(stage.music).items():
            async with aclosing(pages(page_size=1).pages()) as first:
                begun[name] = (await anext(first)).next_page_token
            assert await pages(page_size=1, page_token=begun[name]).first(), name
        await stage.music.auth.sign_out("anna")
        await stage.music.auth.submit_music_user_token(tokens["berta"], account="berta")
        for name, pages in lists(stage.music).items():
            with pytest.raises(errors.InvalidPageTokenError):
                await pages(page_size=1, page_token=begun[name]).first()
            assert await pages(page_size=1).first(), name


async def test_without_accounts_the_catalog_is_paged(stage_of: SetUp) -> None:
    async with stage_of(signed_in=False) as stage:
        assert len(await stage.music.catalog.genres(page_size=2).to_list()) > 2


async def test_sync_tokens_are_no_use_to_another(house: Stage) -> None:
    tokens = [
        change.sync_token
        async for change in house.music.library.sync(account="anna")
        if isinstance(change, SyncCheckpoint)
    ]
    for token in (tokens[0], tokens[-1]):
        with pytest.raises(errors.SyncTokenInvalidError):
            async for _ in house.music.library.sync(account="berta", sync_token=token):
                pass
    async for _ in house.music.library.sync(account="anna", sync_token=tokens[-1]):
        pass


async def test_radio_belongs_to_who_hears_it(house: Stage) -> None:
    music = house.music
    personal = {
        account: (await music.radio.stations(StationList.PERSONAL, account=account).to_list())[0].id
        for account in STOREFRONTS
    }
    assert len(set(personal.values())) == 3
    genres = await music.radio.genres(account="anna").to_list()
    station = await music.radio.stations(
        StationList.GENRE, genre_id=genres[0].id, account="anna"
    ).first()
    assert station is not None
    begun = await music.radio.next_tracks(station.id, account="anna")
    with pytest.raises(errors.InvalidFieldError) as caught:
        await music.radio.next_tracks(
            station.id, session_token=begun.session_token, account="carla"
        )
    assert [each.field for each in caught.value.violations] == ["session_token"]
    on = await music.radio.next_tracks(
        station.id, session_token=begun.session_token, account="anna"
    )
    assert on.songs


async def test_history_and_recommendations_are_each_one_s_own(house: Stage) -> None:
    history = house.simulator.world.social.history
    for number, account in enumerate(STOREFRONTS):
        history.clear(account)
        history.add(account, ("songs", song_ref(house, number).id))
    for number, account in enumerate(STOREFRONTS):
        tracks = await house.music.recommendations.recently_played_tracks(account=account).to_list()
        assert [each.id for each in tracks] == [song_ref(house, number).id]
    groups = [
        tuple(
            each.id for each in await house.music.recommendations.groups(account=account).to_list()
        )
        for account in STOREFRONTS
    ]
    assert len(set(groups)) == 3


async def test_what_apple_refuses_to_one_it_gives_to_another(house: Stage) -> None:
    music, permissions = house.music, house.simulator.world.social.permissions
    songs = house.simulator.world.catalogue.songs.values()
    sung = next(
        song.id for song in songs if (made := make_lyrics(song)) and made.timing is Timing.WORD
    )
    permissions.set(LYRICS, "403", account="anna")
    permissions.set(FAVORITES, "403", account="berta")

    with pytest.raises(errors.CapabilityRefusedError):
        await music.catalog.lyrics(sung, account="anna")
    assert (await music.catalog.lyrics(sung, account="carla")).lines
    artist = ResourceRef(ResourceType.ARTIST, next(iter(house.simulator.world.catalogue.artists)))
    with pytest.raises(errors.CapabilityRefusedError):
        await music.favorites.set([artist], account="berta")
    await music.favorites.set([artist], account="carla")

    found = {}
    for account in STOREFRONTS:
        capabilities = (await music.server.info(account=account)).capabilities
        assert capabilities is not None
        found[account] = (capabilities.lyrics, capabilities.artist_favorites)
    assert found == {"anna": (False, True), "berta": (True, False), "carla": (True, True)}


async def test_one_s_streams_take_nobody_else_s_place(stage_of: SetUp) -> None:
    slow = {"max_account_streams": 1, "burst_seconds": 1, "lead_seconds": 1, "fill_rate": 1}
    async with stage_of(signed_in=False, playback=slow) as house:
        await move_in(house)
        audio = house.music.audio
        async with audio.stream(house.song.id, account="anna") as first:
            await anext(aiter(first))
            with pytest.raises(errors.StreamLimitReachedError) as caught:
                await house.play(house.songs[1].id, account="anna")
            assert caught.value.metadata == {"limit": "1", "scope": "account"}
            for account in ("berta", "carla"):
                async with audio.stream(house.song.id, account=account) as other:
                    await anext(aiter(other))


async def test_one_s_dead_token_harms_nobody_else(house: Stage) -> None:
    for token in house.simulator.world.user_tokens.of("anna"):
        house.simulator.world.user_tokens.revoke(token)
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await house.play(house.song.id, account="anna")
    with pytest.raises(errors.MusicUserTokenRejectedError):
        await house.music.library.songs(account="anna").first()
    assert (await house.music.auth.get_account("anna")).state.name == "REJECTED"
    assert await house.play(house.song.id, account="berta")
    assert (await house.music.auth.get_account("carla")).state.name == "ACTIVE"
    assert "/us/" in (await house.music.catalog.get_song(house.song.id, account="anna")).url


async def test_who_names_nobody_is_who_the_token_is_for(house: Stage, tmp_path: Path) -> None:
    """Also right after one another, with all that the server remembers of the call before."""
    made = await open_database(sqlite_url(tmp_path / "data" / "server.db"))
    desk = AccessTokens(
        DatabaseAccessTokenStore(made), lambda: datetime.now(UTC), secrets.token_bytes
    )
    clients = {
        account: Client(
            house.music.target,
            access_token=(await desk.create(account, list(Scope), [account])).reveal(),
        )
        for account in STOREFRONTS
    }
    await made.close()
    for _ in range(2):
        for account, music in clients.items():
            song = await music.catalog.get_song(house.song.id)
            assert f"/{STOREFRONTS[account]}/" in song.url
            assert (await music.auth.get_account()).id == account
            assert (await music.server.info()).account == account
            ids = {each.id async for each in music.library.songs()}
            library = house.simulator.world.libraries.of(account)
            assert ids == {each.id for each in library.songs()}
            (station,) = await music.radio.stations(StationList.PERSONAL).to_list()
            assert station.personal
    songs = house.simulator.world.catalogue.songs.values()
    long = max(songs, key=lambda song: song.duration_ms)
    for account, music in clients.items():
        async with music.audio.stream(long.id) as stream:
            await anext(aiter(stream))
            own, others = [
                (await clients[each].server.info()).active_stream_count
                for each in (account, "berta" if account == "anna" else "anna")
            ]
            assert (own, others) == (1, 0)
    for music in clients.values():
        await music.close()


async def test_tokens_of_one_with_nobody_named_show_nothing_to_another(
    house: Stage, tmp_path: Path
) -> None:
    """Two callers name nobody and mean different people; each shows the other's tokens."""
    async with access_tokens(tmp_path / "data", lambda: datetime.now(UTC)) as desk:
        annas, bertas = [
            Client(
                house.music.target,
                access_token=(await desk.create(account, list(Scope), [account])).reveal(),
            )
            for account in ("anna", "berta")
        ]
    own = {each.id for each in house.simulator.world.libraries.of("berta").songs()}
    async with annas, bertas:
        pages: Any = annas.library.songs(page_size=1).pages()
        async with aclosing(pages) as first:
            page_token = (await anext(first)).next_page_token
        with pytest.raises(errors.InvalidPageTokenError):
            await bertas.library.songs(page_token=page_token).first()
        assert {each.id async for each in bertas.library.songs(page_size=10)} == own
        named = bertas.library.songs(account="anna", page_token=page_token)
        with pytest.raises(errors.AccessDeniedError):
            await named.first()
        # Who names the only account means the same as who names none.
        assert await annas.library.songs(account="anna", page_token=page_token).first()
        marks = [each async for each in annas.library.sync() if isinstance(each, SyncCheckpoint)]
        for mark in (marks[0], marks[-1]):
            with pytest.raises(errors.SyncTokenInvalidError):
                async for _ in bertas.library.sync(sync_token=mark.sync_token):
                    pass
        sign_in = await annas.auth.begin_sign_in()
        with pytest.raises(errors.SignInNotFoundError):
            async for _ in bertas.auth.watch_sign_in(sign_in.sign_in_id):
                pass
        with pytest.raises(errors.SignInNotFoundError):
            await bertas.auth.cancel_sign_in(sign_in.sign_in_id)
        with pytest.raises(errors.AccessDeniedError):
            await annas.auth.begin_sign_in(account="berta")


async def test_what_one_writes_another_does_not_find(house: Stage) -> None:
    """Playlists of a moment ago, which Apple does not show yet, and requests that are repeated."""
    music = house.music
    for account in STOREFRONTS:
        house.simulator.world.libraries.settings(account).consistency_delay = 18.0

    async def create(account: str) -> str:
        request = library_service_pb2.CreatePlaylistRequest(
            account=account, name="Mine", request_id="the-same-id-for-all"
        )
        return (await music.stubs.library.CreatePlaylist(request)).playlist.id

    async def playlists(account: str) -> set[str]:
        return {each.id async for each in music.library.playlists(account=account)}

    annas, carlas = await create("anna"), await create("carla")
    assert await create("anna") == annas != carlas
    assert annas in await playlists("anna")
    assert carlas in await playlists("carla")
    for account, others in (("anna", carlas), ("carla", annas), ("berta", annas)):
        assert others not in await playlists(account)
        await music.library.delete_playlist(others, account=account)  # Not theirs, so nothing.
    house.simulator.world.clock.advance(60)
    assert annas in await playlists("anna")
    assert carlas in await playlists("carla")
