"""Whose eyes, which language, which limits."""

from dataclasses import replace

import pytest

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.catalog import Catalog
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.domain.account import SubscriptionState
from applemusic_server.domain.errors import (
    AppleMusicError,
    FailedPreconditionError,
    InvalidArgumentError,
    NotFoundError,
    Reason,
    UnauthenticatedError,
)
from applemusic_server.domain.gateways import ArtistAlbumKind, DeveloperToken, ListenerProfile
from applemusic_server.domain.resources import Album, Playlist, ReadOptions, ResourceType, Song
from applemusic_server.domain.secret import Secret
from tests.support.apple_server import USER_CANARY, FakeTime, FixedToken
from tests.support.application import (
    DE,
    Listeners,
    MemoryStore,
    RecordingCatalog,
    Storefronts,
)

PLAIN = ReadOptions()
FULL = ReadOptions(full=True)
TOKEN = Secret(USER_CANARY)
# A word that is spelled with a zero-width non-joiner.
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"
REJECTED = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_REJECTED, "no")


class NoToken(FixedToken):
    def current(self, account_id: str = "") -> DeveloperToken:
        del account_id
        raise FailedPreconditionError(Reason.DEVELOPER_TOKEN_MISSING, "none")


class Setting:
    def __init__(self) -> None:
        self.store, self.gateway = MemoryStore(), RecordingCatalog()
        self.listeners, self.storefronts = Listeners(), Storefronts()
        self.accounts = Accounts(self.store, self.listeners, FixedToken(), clock=FakeTime().utc)
        self.catalog = Catalog(
            self.gateway, CatalogScopes(self.storefronts, self.accounts, default_storefront="us")
        )


@pytest.fixture
def setting() -> Setting:
    return Setting()


@pytest.fixture
async def german(setting: Setting) -> Setting:
    """One account, in another storefront than the default."""
    setting.listeners.profile_of_all = ListenerProfile(DE, SubscriptionState.ACTIVE)
    await setting.accounts.submit("anna", TOKEN, "")
    return setting


async def test_one_resource(setting: Setting) -> None:
    assert (await setting.catalog.get(Song, "1", "", PLAIN)).name == "One"
    with pytest.raises(NotFoundError) as caught:
        await setting.catalog.get(Album, "1", "", PLAIN)
    assert caught.value.metadata == {"resourceType": "ALBUM", "id": "1"}
    found = await setting.catalog.batch_get(Song, ["1", "2"], "", PLAIN)
    assert found.missing_ids == ("2",)


async def test_storefront_of_options_before_account_before_default(german: Setting) -> None:
    await german.catalog.get(Song, "1", "", PLAIN)
    await german.catalog.get(Song, "1", "anna", ReadOptions(storefront="fr"))
    await german.store.delete("anna")
    await german.catalog.get(Song, "1", "", PLAIN)
    assert [scope.storefront for scope in german.gateway.scopes] == ["de", "fr", "us"]


async def test_with_several_accounts_and_none_named_the_default_counts(german: Setting) -> None:
    await german.accounts.submit("ben", Secret("another-token-000000000000000000000=="), "")
    await german.catalog.get(Song, "1", "", FULL)
    assert german.gateway.scopes[0].storefront == "us"
    assert german.gateway.scopes[0].listener is None
    with pytest.raises(NotFoundError) as caught:
        await german.catalog.get(Song, "1", "carl", PLAIN)
    assert caught.value.reason is Reason.ACCOUNT_NOT_FOUND


async def test_the_listener_counts_in_a_full_view_of_their_own_storefront(german: Setting) -> None:
    await german.catalog.get(Song, "1", "", PLAIN)
    await german.catalog.get(Song, "1", "", FULL)
    await german.catalog.get(Song, "1", "", replace(FULL, storefront="us"))
    shown = [scope.listener.account_id if scope.listener else "" for scope in german.gateway.scopes]
    assert shown == ["", "anna", ""]


async def test_a_dead_user_token_does_not_spoil_a_read(german: Setting) -> None:
    german.gateway.refusal = german.listeners.error = REJECTED
    assert (await german.catalog.get(Song, "1", "", FULL)).name == "One"
    assert german.store.accounts["anna"].rejected
    german.gateway.scopes.clear()
    assert (await german.catalog.get(Song, "1", "anna", FULL)).name == "One"
    assert [scope.listener for scope in german.gateway.scopes] == [None]
    assert german.gateway.scopes[0].storefront == "de"


@pytest.mark.parametrize("changes", [{"music_user_token": None}, {"team_id": "TEAM000002"}])
async def test_an_unusable_account_still_names_its_storefront(
    german: Setting, changes: dict[str, str | None]
) -> None:
    account = german.store.accounts["anna"]
    await german.store.put(replace(account, **changes))  # type: ignore[arg-type] # either field
    await german.catalog.get(Song, "1", "", FULL)
    assert german.gateway.scopes[0].storefront == "de"
    assert german.gateway.scopes[0].listener is None


async def test_a_missing_developer_token_is_said(german: Setting) -> None:
    accounts = Accounts(german.store, german.listeners, NoToken(), clock=FakeTime().utc)
    scopes = CatalogScopes(german.storefronts, accounts, default_storefront="us")
    catalog = Catalog(german.gateway, scopes)
    with pytest.raises(FailedPreconditionError) as caught:
        await catalog.get(Song, "1", "", FULL)
    assert caught.value.reason is Reason.DEVELOPER_TOKEN_MISSING


async def test_other_refusals_are_passed_on(german: Setting) -> None:
    german.gateway.refusal = UnauthenticatedError(Reason.MUSIC_USER_TOKEN_EXPIRED, "no")
    with pytest.raises(AppleMusicError) as caught:
        await german.catalog.get(Song, "1", "", FULL)
    assert caught.value.reason is Reason.MUSIC_USER_TOKEN_EXPIRED


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("", ""),
        ("en-US", "en-US"),
        ("EN-us", "en-US"),
        ("en", "en-US"),
        ("en-GB", "en-US"),
        ("es", "es-MX"),
        ("zh-CN", "zh-Hans-CN"),
        ("zh-Hant-TW", "zh-Hans-CN"),
        ("pt-PT", "pt-BR"),
        ("nn", ""),
        ("de-DE", ""),
    ],
)
async def test_languages_are_the_storefronts_own(setting: Setting, wanted: str, sent: str) -> None:
    await setting.catalog.get(Song, "1", "", ReadOptions(language=wanted))
    assert setting.gateway.scopes[0].language == sent


async def test_the_accounts_languages_need_no_question(german: Setting) -> None:
    await german.catalog.get(Song, "1", "", ReadOptions(language="de"))
    assert german.gateway.scopes[0].language == "de-DE"
    assert not german.storefronts.asked
    await german.catalog.get(Song, "1", "", ReadOptions(language="es", storefront="us"))
    assert german.gateway.scopes[1].language == "es-MX"
    assert german.storefronts.asked == ["us"]


@pytest.mark.parametrize(
    "options",
    [
        *(
            ReadOptions(language=tag)
            for tag in (
                "en_US",
                "x",
                "e",
                "english-is-good-x",
                "de-",
                "-de",
                "de DE",
                "a" * 99,
                "ж",
            )
        ),
        *(ReadOptions(storefront=each) for each in ("US", "usa", "u", "../", "u\n", "ü1")),
    ],
)
async def test_malformed_options(setting: Setting, options: ReadOptions) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await setting.catalog.get(Song, "1", "", options)
    assert caught.value.metadata["field"] in {"options.language", "options.storefront"}
    assert not setting.gateway.scopes


BAD_IDS = [
    "",
    "..",
    ".",
    "a/b",
    "a,b",
    "1?x=1",
    "1#",
    "x" * 129,
    "ä",
    "1\n",
    "%2e%2e",
    " 1",
    "\x00",
]


@pytest.mark.parametrize("bad", BAD_IDS)
async def test_ids_that_could_leave_their_place(setting: Setting, bad: str) -> None:
    catalog = setting.catalog
    calls = [
        catalog.get(Song, bad, "", PLAIN),
        catalog.batch_get(Song, ["1", bad], "", PLAIN),
        catalog.album_tracks(bad, "", PLAIN, limit=0, offset=0),
        catalog.playlist_tracks(bad, "", PLAIN, limit=0, offset=0),
        catalog.artist_albums(bad, ArtistAlbumKind.ALL, "", PLAIN, limit=0, offset=0),
        catalog.artist_top_songs(bad, "", PLAIN, limit=0, offset=0),
        catalog.similar_artists(bad, "", PLAIN, limit=0, offset=0),
    ]
    for call in calls:
        with pytest.raises(InvalidArgumentError):
            await call
    assert not setting.gateway.scopes


async def test_every_bad_id_of_a_batch_is_named(setting: Setting) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await setting.catalog.batch_get(Song, ["1", "/", "2", ""], "", PLAIN)
    assert [each.field for each in caught.value.violations] == ["ids[1]", "ids[3]"]


async def test_batches_have_the_contracts_limits(setting: Setting) -> None:
    await setting.catalog.batch_get(Song, ["1"] * 1500, "", PLAIN)
    for kind, count in ((Song, 0), (Song, 1501), (Playlist, 251)):
        with pytest.raises(InvalidArgumentError):
            await setting.catalog.batch_get(kind, ["1"] * count, "", PLAIN)


@pytest.mark.parametrize(
    ("name", "default", "most"),
    [
        ("album_tracks", 100, 300),
        ("playlist_tracks", 100, 300),
        ("artist_top_songs", 10, 100),
        ("similar_artists", 15, 100),
    ],
)
async def test_page_sizes(setting: Setting, name: str, default: int, most: int) -> None:
    method = getattr(setting.catalog, name)
    for size in (0, 1, most, most + 1, 2**31 - 1):
        await method("1", "", PLAIN, limit=size, offset=7)
    expected = [(default, 7), (1, 7), (most, 7), (most, 7), (most, 7)]
    assert setting.gateway.limits == expected
    for limit, offset in ((-1, 0), (1, -1), (1, 2**31)):
        with pytest.raises(InvalidArgumentError):
            await method("1", "", PLAIN, limit=limit, offset=offset)


async def test_search(setting: Setting) -> None:
    search = setting.catalog.search
    await search("  a \t b ", [], "", PLAIN, limit=0, offset=0, top_results=True)
    video = ResourceType.MUSIC_VIDEO
    await search(PERSIAN, [video, video], "", PLAIN, limit=99, offset=5, top_results=True)
    assert setting.gateway.limits == [(10, 0), (25, 5)]
    usual = (
        ResourceType.SONG,
        ResourceType.ALBUM,
        ResourceType.ARTIST,
        ResourceType.PLAYLIST,
    )
    assert setting.gateway.searches == [
        ("a b", usual, True),
        (PERSIAN, (video,), False),
    ]


@pytest.mark.parametrize("term", ["", "  \n", "x" * 501, "a\x00b", "a\x1bb"])
async def test_terms_without_words(setting: Setting, term: str) -> None:
    with pytest.raises(InvalidArgumentError) as caught:
        await setting.catalog.search(term, [], "", PLAIN, limit=0, offset=0, top_results=False)
    assert caught.value.metadata == {"field": "term"}


async def test_types_that_cannot_be_searched_for(setting: Setting) -> None:
    types = [ResourceType.SONG, ResourceType.GENRE]
    with pytest.raises(InvalidArgumentError) as caught:
        await setting.catalog.search("a", types, "", PLAIN, limit=0, offset=0, top_results=False)
    assert caught.value.metadata == {"field": "types[1]"}


async def test_an_account_is_remembered_until_it_changes_or_grows_old(german: Setting) -> None:
    time = FakeTime()
    scopes = CatalogScopes(
        german.storefronts,
        german.accounts,
        default_storefront="us",
        remember_seconds=5,
        clock=time.monotonic,
    )
    assert (await scopes.scope("", PLAIN)).storefront == "de"
    await german.store.delete("anna")
    assert (await scopes.scope("", PLAIN)).storefront == "de"
    time.seconds = 5
    assert (await scopes.scope("", PLAIN)).storefront == "us"
    await german.accounts.submit("anna", TOKEN, "")
    assert (await scopes.scope("", PLAIN)).storefront == "us"
    scopes.forget()
    assert (await scopes.scope("", PLAIN)).storefront == "de"
