"""Cover pictures."""

import io

import aiohttp
import av
import pytest

from applemusic_simulator.artwork import LARGEST, artwork
from applemusic_simulator.simulator import Simulator


async def fetch(
    simulator: Simulator, session: aiohttp.ClientSession, path: str
) -> tuple[int, str, bytes]:
    url = f"{simulator.base_urls()['artwork']}/image/thumb/{path}"
    async with session.get(url) as response:
        return response.status, response.content_type, await response.read()


def size_of(picture: bytes) -> tuple[int, int]:
    with av.open(io.BytesIO(picture), "r") as container:
        frame = next(container.decode(video=0))
        return frame.width, frame.height


@pytest.mark.parametrize(
    ("path", "content_type", "size"),
    [
        ("Music/v4/album-1.png/300x300bb.jpg", "image/jpeg", (300, 300)),
        ("Music/v4/album-1.png/300x200bb.png", "image/png", (200, 200)),
        ("Music/v4/album-1.png/301x101cc.jpeg", "image/jpeg", (301, 101)),
        ("Features/v4/ra.1.png/400x400sr.jpg", "image/jpeg", (400, 400)),
        ("Features/v4/ra.1.png/400x400bb.jpg", "image/jpeg", (400, 100)),
        ("Music/v4/album-1.png/1x1bb.png", "image/png", (1, 1)),
        ("Music/v4/album-1.png/9000x9000bb.jpg", "image/jpeg", (LARGEST, LARGEST)),
    ],
)
async def test_sizes(
    simulator: Simulator,
    session: aiohttp.ClientSession,
    path: str,
    content_type: str,
    size: tuple[int, int],
) -> None:
    status, served_type, body = await fetch(simulator, session, path)
    assert (status, served_type) == (200, content_type)
    assert size_of(body) == size


@pytest.mark.parametrize(
    "path",
    [
        "Music/v4/a.png/0x5bb.jpg",
        "Music/v4/a.png/axbbb.jpg",
        "Music/v4/a.png/5x5bb.gif",
        "Music/v4/a.png/999999x5bb.jpg",
        "Nothing/v4/a.png/5x5bb.jpg",
    ],
)
async def test_what_is_no_picture_is_404(
    simulator: Simulator, session: aiohttp.ClientSession, path: str
) -> None:
    assert (await fetch(simulator, session, path))[0] == 404


async def test_each_key_has_its_own_picture_and_always_the_same(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    one, again, other = [
        (await fetch(simulator, session, f"Music/v4/album-{key}.png/64x64bb.png"))[2]
        for key in (1, 1, 2)
    ]
    assert one == again
    assert one != other


async def test_the_template_leads_to_the_picture(
    simulator: Simulator, session: aiohttp.ClientSession
) -> None:
    attributes = artwork(simulator.url, "album-7")
    url = attributes["url"].replace("{w}", "50").replace("{h}", "50")
    async with session.get(url) as response:
        assert size_of(await response.read()) == (50, 50)
    colours = [attributes[name] for name in attributes if name.endswith(("1", "2", "3", "4"))]
    assert len(colours) == 4
    assert all(len(bytes.fromhex(colour)) == 3 for colour in (*colours, attributes["bgColor"]))
