"""The control API of what is one listener's own."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from applemusic_simulator.simulator import Simulator

Ask = Callable[..., Awaitable[tuple[int, Any]]]
AT_FIRST = {
    "write_delay": 0.0,
    "ratings_are_favorites": True,
    "prefixed_rating_ids": False,
    "personal_station_life": 0.0,
}


async def test_settings(control: Ask) -> None:
    assert await control("GET", "/social") == (200, AT_FIRST)
    changed = {**AT_FIRST, "write_delay": 7, "prefixed_rating_ids": True}
    body = {"write_delay": 7, "prefixed_rating_ids": True}
    assert await control("PUT", "/social", body) == (200, changed)
    await control("POST", "/reset")
    assert await control("GET", "/social") == (200, AT_FIRST)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/social", {"write_delay": -1}, 400),
        ("PUT", "/social", {"personal_station_life": "long"}, 400),
        ("PUT", "/social", {"ratings_are_favorites": 1}, 400),
        ("PUT", "/social", {"delay": 1}, 400),
        ("POST", "/permissions", {"capability": "lyrics", "answer": "maybe"}, 400),
        ("POST", "/permissions", {"capability": "dancing", "answer": "allow"}, 400),
        ("POST", "/permissions", {"capability": "lyrics", "answer": "401", "team": "X"}, 404),
        ("POST", "/permissions", {"capability": "lyrics", "answer": "401", "account": "x"}, 404),
        ("POST", "/accounts/nobody/rotate-station", None, 404),
        ("GET", "/accounts/nobody/opinions", None, 404),
        ("PATCH", "/accounts/demo", {"favorites_to_library": "no"}, 400),
    ],
)
async def test_mistakes(control: Ask, method: str, path: str, body: object, status: int) -> None:
    answer = await control(method, path, body)
    assert answer[0] == status
    assert answer[1]["error"]
    assert await control("GET", "/social") == (200, AT_FIRST)
    assert await control("GET", "/permissions") == (200, [])


async def test_opinions_can_be_read(ask: Ask, control: Ask, simulator: Simulator) -> None:
    one, two = list(simulator.world.catalogue.songs)[:2]
    await ask("POST", f"/me/favorites?ids[songs]={one}")
    await ask("PUT", f"/me/ratings/songs/{two}", {"type": "rating", "attributes": {"value": -1}})
    assert await control("GET", "/accounts/demo/opinions") == (
        200,
        {
            "ratings": [
                {"type": "songs", "id": one, "value": 1},
                {"type": "songs", "id": two, "value": -1},
            ],
            "favorites": [{"type": "songs", "id": one}],
        },
    )
    await control("POST", "/reset")
    _, body = await control("GET", "/accounts/demo/opinions")
    assert body == {"ratings": [], "favorites": []}


async def test_everything_begins_anew_after_a_reset(ask: Ask, control: Ask) -> None:
    _, before = await control("GET", "/accounts/demo/radio")
    await control("POST", "/accounts/demo/rotate-station")
    await ask("POST", f"/me/stations/next-tracks/{before['station']}")
    await control("DELETE", "/accounts/demo/plays")
    await control("POST", "/permissions", {"capability": "lyrics", "answer": "403"})
    await control("POST", "/reset")
    assert await control("GET", "/accounts/demo/radio") == (200, before)
    assert before["positions"] == {}
    assert await control("GET", "/permissions") == (200, [])
    _, body = await control("GET", "/accounts/demo/plays")
    assert body["plays"]
