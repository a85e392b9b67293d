"""Pages that are given again without wording them anew: never an old one."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.accounts import Account
from applemusic_simulator.api.kept_answers import KeptAnswers
from applemusic_simulator.conditions import Fault
from applemusic_simulator.library.api.writer import LibraryWriter
from applemusic_simulator.library.libraries import Libraries
from applemusic_simulator.world import World

Get = Callable[..., Awaitable[tuple[int, Any]]]
ME = "/me/library"
PAGES = (
    f"{ME}/songs?limit=20&include=catalog&extend=dateAdded&extend[songs]=inFavorites",
    f"{ME}/songs?limit=100&offset=60&include=catalog,albums,artists&extend=inFavorites,inLibrary",
    f"{ME}/albums?limit=30&include=catalog,artists,tracks&extend[albums]=inFavorites",
    f"{ME}/artists?limit=30&include=catalog,albums&extend=personalRating",
)
# Bypasses what is kept, and happens to no page.
UNUSED = Fault("api", "lost-page", count=None, subject="no address has this")


async def kept_and_fresh(world: World, get: Get, page: str) -> tuple[Any, Any]:
    """A page as it is given, and as it is worded now."""
    kept = await get(page)
    world.conditions.faults.append(UNUSED)
    fresh = await get(page)
    world.conditions.faults.clear()
    return kept, fresh


def changes(world: World, chance: random.Random) -> dict[str, Callable[[], object]]:
    """Everything that a page of songs, albums or artists may follow from."""
    libraries, opinions = world.libraries, world.social.opinions
    account = world.accounts["demo"]
    library = libraries.of("demo")
    song = chance.choice(list(library.songs()))
    album = chance.choice(library.albums())
    new = chance.choice([s for s in world.catalogue.songs.values() if s.playable])

    def add() -> None:
        library.add_song(new.id, 1.0)

    return {
        "add": lambda: libraries.write("demo", add),
        "remove": lambda: libraries.write("demo", lambda: library.remove_song(song)),
        "remove an album": lambda: library.remove_album(album),
        "favor": lambda: opinions.favor(account, "library-songs", song.id),
        "unfavor": lambda: opinions.unfavor(account, "songs", song.catalog_id),
        "rate": lambda: opinions.rate(account, "library-albums", album.id, chance.choice((1, -1))),
        "dates": lambda: _flip_dates(libraries),
        "later": lambda: None,
        "resize": lambda: libraries.resize("demo", chance.randint(150, 400)),
        "move": lambda: setattr(account, "storefront", chance.choice(("us", "de", "gb"))),
        "reset": world.social.reset,
    }


def _flip_dates(libraries: Libraries) -> None:
    settings = libraries.settings("demo")
    settings.song_dates = not settings.song_dates


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_changes_no_page_is_an_old_one(world: World, get: Get, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(25):
        world.libraries.settings("demo").consistency_delay = chance.choice((0.0, 0.0, 5.0))
        name, change = chance.choice(list(changes(world, chance).items()))
        change()
        # What was written shows after a while, without anybody writing anything.
        world.clock.advance(chance.choice((0.0, 1.0, 10.0)))
        page = chance.choice(PAGES)
        kept, fresh = await kept_and_fresh(world, get, page)
        assert kept == fresh, name


async def test_a_page_is_worded_once(
    world: World, get: Get, monkeypatch: pytest.MonkeyPatch
) -> None:
    worded = 0
    page = LibraryWriter.page

    def counting(writer: LibraryWriter, *args: Any, **more: Any) -> dict[str, Any]:
        nonlocal worded
        worded += 1
        return page(writer, *args, **more)

    monkeypatch.setattr(LibraryWriter, "page", counting)
    first = await get(PAGES[0])
    assert [await get(PAGES[0]) for _ in range(3)] == [first] * 3
    assert worded == 1
    await get(PAGES[0].replace("limit=20", "limit=21"))
    assert worded == 2
    # What follows from more than the songs is worded each time.
    for other in (f"{ME}/playlists", f"{ME}/songs?views=x", f"{ME}/songs?include=station"):
        before = worded
        await get(other)
        await get(other)
        assert worded == before + 2
    # And a fault finds its page, kept or not.
    world.conditions.faults.append(Fault("api", "empty-page"))
    assert await get(PAGES[0]) == (200, {})
    assert await get(PAGES[0]) == first


async def test_two_listeners_have_pages_of_their_own(world: World, get: Get) -> None:
    world.accounts.add(Account("other", storefront="de"))
    team = next(iter(world.developer_tokens))
    token = world.user_tokens.issue("other", team.id)
    mine = await get(PAGES[0])
    theirs = await get(PAGES[0], **{"Music-User-Token": token})
    assert mine[1]["data"][0]["id"] != theirs[1]["data"][0]["id"]
    assert await get(PAGES[0]) == mine


async def test_a_page_past_the_end_stays_missing(get: Get) -> None:
    for _ in range(2):
        assert (await get(f"{ME}/songs?offset=5000"))[0] == 404


def test_what_was_not_asked_for_longest_goes_first() -> None:
    bodies = {name: random.Random(name).randbytes(1000) for name in "abc"}
    kept = KeptAnswers(most_bytes=2500)
    kept.put("a", bodies["a"])
    kept.put("b", bodies["b"])
    assert kept.get("a") == bodies["a"]
    kept.put("c", bodies["c"])
    assert kept.get("b") is None
    assert (kept.get("a"), kept.get("c")) == (bodies["a"], bodies["c"])
    for _ in range(10):
        kept.put("c", bodies["c"])
    assert len(kept) == 2
    kept.put("huge", random.Random(1).randbytes(5000))
    assert len(kept) == 0
