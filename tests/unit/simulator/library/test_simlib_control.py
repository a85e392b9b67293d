"""Libraries, limits and faulty pages by control."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from applemusic_simulator.conditions import Conditions, Fault
from applemusic_simulator.rate_limit import RateLimit
from applemusic_simulator.simulator import Simulator
from applemusic_simulator.world import World

Ask = Callable[..., Awaitable[tuple[int, Any]]]
DEMO = "/libraries/demo"


async def test_size_and_settings(control: Ask, get: Ask) -> None:
    status, found = await control("GET", DEMO)
    assert status == 200
    assert found["albums"] == 30
    status, found = await control("PATCH", DEMO, {"songs": 2_000, "consistency_delay": 1.5})
    assert (status, found["songs"]) == (200, 2_000)
    assert (await get("/me/library/songs?limit=1"))[1]["meta"]["total"] == 2_000
    _, found = await control("PATCH", DEMO, {"undocumented": "403", "create_body": False})
    assert set(found["settings"]["undocumented"].values()) == {"403"}
    assert found["settings"]["consistency_delay"] == 1.5
    _, found = await control("PATCH", DEMO, {"undocumented": {"move": "405"}})
    assert found["settings"]["undocumented"]["move"] == "405"
    assert found["settings"]["undocumented"]["edit"] == "403"
    _, found = await control("PATCH", DEMO, {"songs": None})
    assert found["albums"] == 30
    await control("POST", "/reset")
    _, found = await control("GET", DEMO)
    assert found["settings"]["undocumented"]["edit"] == "allow"


@pytest.mark.parametrize(
    "body",
    [
        {"songs": -1},
        {"songs": 5_000_000},
        {"songs": True},
        {"consistency_delay": -1},
        {"undocumented": "maybe"},
        {"undocumented": {"fly": "allow"}},
        {"undocumented": {"move": []}},
        {"create_body": 1},
        {"colour": "red"},
    ],
)
async def test_mistakes_change_nothing(control: Ask, body: dict[str, Any]) -> None:
    _, before = await control("GET", DEMO)
    status, answer = await control("PATCH", DEMO, body)
    assert status == 400
    assert answer["error"]
    assert (await control("GET", DEMO))[1] == before


async def test_changes_behind_the_back(control: Ask, get: Ask, world: World) -> None:
    library = world.libraries.of("demo")
    _, items = await control("GET", f"{DEMO}/items?limit=1000")
    assert len(items["songs"]) == len(library.song_numbers())
    _, uploads = await control("GET", f"{DEMO}/items?origin=upload")
    assert len(uploads["songs"]) == 9
    gone = items["songs"][0]["id"]
    new = next(s.id for s in world.catalogue.songs.values() if library.song_with(s.id) is None)
    trip = next(key for key, found in items["playlists"].items() if found["name"] == "Road Trip")
    body = {
        "add": {"songs": [new]},
        "remove": [gone],
        "favorite": [new],
        "rows": {trip: [f"a.{new}"]},
        "names": {trip: "Changed"},
    }
    status, sizes = await control("POST", f"{DEMO}/changes", body)
    assert (status, sizes["songs"]) == (200, len(items["songs"]))
    assert (await get(f"/me/library/songs/{gone}"))[1] == {"data": []}
    (playlist,) = (await get(f"/me/library/playlists/{trip}"))[1]["data"]
    assert playlist["attributes"]["name"] == "Changed"
    assert (await get(f"/me/library/playlists/{trip}/tracks"))[1]["meta"]["total"] == 1
    assert (await control("POST", f"{DEMO}/changes", {"remove": ["i.nothing"]}))[0] == 404
    assert (await control("POST", f"{DEMO}/changes", {"add": {"artists": []}}))[0] == 400
    assert (await control("GET", "/libraries/nobody"))[0] == 404


async def test_how_long_the_address_of_an_upload_is_good(control: Ask) -> None:
    assert (await control("GET", "/uploads"))[1] == {"lifetime": 86_399}
    assert await control("PUT", "/uploads", {"lifetime": 90}) == (200, {"lifetime": 90})
    for wrong in ({}, {"lifetime": -1}, {"lifetime": 86_400}, {"lifetime": "1"}, {"life": 1}):
        assert (await control("PUT", "/uploads", wrong))[0] == 400
    assert (await control("GET", "/uploads"))[1] == {"lifetime": 90}


async def test_the_rate_of_a_team(control: Ask, get: Ask) -> None:
    status, found = await control("PUT", "/rate-limit", {"per_second": 0.001, "burst": 2})
    assert (status, found["per_second"]) == (200, 0.001)
    assert [(await get("/test"))[0] for _ in range(3)] == [200, 200, 429]
    assert (await control("GET", "/rate-limit"))[1]["refused"] == 1
    await control("PUT", "/rate-limit", {"per_second": None})
    assert (await get("/test"))[0] == 200
    for wrong in ({"per_second": 0}, {"per_second": 4, "burst": 0.5}, {"per_second": "4"}):
        assert (await control("PUT", "/rate-limit", wrong))[0] == 400


def test_a_rate_limit_fills_again() -> None:
    now = 0.0
    limit = RateLimit(lambda: now)
    limit.set(4)
    assert [limit.take("team") for _ in range(5)] == [True] * 4 + [False]
    assert limit.take("other")
    now = 0.25
    assert [limit.take("team") for _ in range(2)] == [True, False]
    now = 100.0
    assert [limit.take("team") for _ in range(5)] == [True] * 4 + [False]


async def test_faulty_pages(world: World, get: Ask) -> None:
    path = "/me/library/songs?limit=50&offset=50"
    _, good = await get(path)
    faults = world.conditions.faults
    faults.append(Fault("api", "lost-page", subject="offset=50"))
    assert (await get("/me/library/songs?limit=50"))[0] == 200
    status, answer = await get(path)
    assert (status, answer["errors"][0]["code"]) == (404, "40403")
    faults.append(Fault("api", "empty-page"))
    assert await get(path) == (200, {})
    faults.append(Fault("api", "no-next"))
    _, page = await get(path)
    assert page == {name: value for name, value in good.items() if name != "next"}
    faults.append(Fault("api", "short-page"))
    _, page = await get(path)
    assert (len(page["data"]), page["next"]) == (25, good["next"])
    assert await get(path) == (200, good)
    assert not faults


async def test_a_fault_for_pages_waits_for_a_page(world: World, get: Ask) -> None:
    world.conditions.faults.append(Fault("api", "no-next"))
    assert (await get("/me/library/songs?offset=170"))[0] == 200
    assert (await get("/me/account?meta=subscription"))[0] == 200
    assert len(world.conditions.faults) == 1


@given(st.text(max_size=12))
def test_any_offset_has_a_depth(text: str) -> None:
    conditions = Conditions(deep_pages=0.5)
    assert conditions.depth_seconds(text) >= 0
    assert conditions.depth_seconds("2000") == 1.0


async def test_deep_pages_take_longer(world: World, get: Ask, control: Ask) -> None:
    assert (await control("PUT", "/conditions", {"deep_pages": 0.2}))[1]["deep_pages"] == 0.2
    assert (await control("PUT", "/conditions", {"deep_pages": -1}))[0] == 400
    world.requests.clear()
    for offset in (0, 150):
        assert (await get(f"/me/library/songs?offset={offset}"))[0] == 200
    first, deep = list(world.requests)
    assert first.finished_at is not None
    assert deep.finished_at is not None
    assert deep.finished_at - deep.started_at >= 0.03


async def test_a_simulator_with_a_large_library() -> None:
    async with Simulator(seed=1, library_songs=1_234) as simulator:
        assert len(simulator.world.libraries.of("demo").song_numbers()) == 1_234
        simulator.world.reset()
        assert len(simulator.world.libraries.of("demo").song_numbers()) == 1_234
