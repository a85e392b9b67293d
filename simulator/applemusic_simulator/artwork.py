"""Cover pictures: each key has its own colours and shapes, drawn when asked for."""

import asyncio
import colorsys
import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.errors import not_found
from applemusic_simulator.network import add_endpoint
from applemusic_simulator.world import World

# Apple scales up no further than the original; ours is smaller, drawing takes time.
LARGEST = 1200
_CACHED = 64
_SIZE = re.compile(r"(\d{1,5})x(\d{1,5})([a-z]{0,2})\.(jpg|jpeg|png)")
_CODECS = {"jpg": ("mjpeg", "yuvj420p"), "jpeg": ("mjpeg", "yuvj420p"), "png": ("png", "rgb24")}
_SQUARE, _WIDE, _VIDEO = (3000, 3000), (4320, 1080), (640, 360)
_RATIOS = {"Music": _SQUARE, "Features": _WIDE, "Video": _VIDEO}

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Palette:
    """Background, accent and two text colours of one picture."""

    background: Colour
    accent: Colour
    light: Colour
    dim: Colour


def artwork(
    origin: str,
    key: str,
    *,
    kind: str = "Music",
    fill: str = "bb",
    colours: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The `artwork` attribute as Apple words it, its URL template pointing at the simulator.

    Args:
        origin: The simulator's own address, see `hosts.origin_of`.
        key: What the picture is for, e.g. `album-1603780000`.
        kind: `Music` (square), `Features` (wide, stations) or `Video`.
        fill: `bb` keeps the shape inside the asked box, `sr`, `mv` and others cut it to the box.
        colours: Those of the key, if the caller knows them.
    """
    width, height = _RATIOS[kind]
    return {
        "width": width,
        "height": height,
        "url": f"{origin}/{hosts.ARTWORK}/image/thumb/{kind}/v4/{key}.png/{{w}}x{{h}}{fill}.jpg",
        **(colours_of(key) if colours is None else colours),
    }


def colours_of(key: str) -> dict[str, str]:
    """What `artwork` says of a picture's colours."""
    palette = palette_of(key)
    texts = (palette.light, palette.accent, palette.dim, _mix(palette.dim, palette.accent, 0.5))
    return {
        "bgColor": _hexadecimal(palette.background),
        **{f"textColor{index}": _hexadecimal(text) for index, text in enumerate(texts, 1)},
    }


def palette_of(key: str) -> Palette:
    """The colours that follow from a key."""
    digest = hashlib.sha256(key.encode()).digest()
    hue, shift = digest[0] / 256, 0.25 + digest[1] / 512
    return Palette(
        background=_colour(hue, 0.65, 0.28),
        accent=_colour(hue + shift, 0.75, 0.95),
        light=_colour(hue + shift, 0.15, 0.98),
        dim=_colour(hue + shift, 0.2, 0.78),
    )


def draw(key: str, width: int, height: int) -> npt.NDArray[np.uint8]:
    """A gradient with discs, as rows x columns x RGB."""
    palette = palette_of(key)
    chance = np.random.default_rng(int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big"))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = x / max(width, height), y / max(width, height)
    angle = chance.uniform(0, 2 * np.pi)
    along = np.clip((x * np.cos(angle) + y * np.sin(angle)) * 0.5 + 0.5, 0, 1)[..., None]
    background, accent = np.array(palette.background), np.array(palette.accent)
    picture = background * (1 - 0.55 * along) + accent * 0.55 * along
    for _ in range(int(chance.integers(3, 7))):
        centre_x, centre_y, radius = (
            chance.uniform(0, 1),
            chance.uniform(0, 1),
            chance.uniform(0.05, 0.35),
        )
        inside = (np.hypot(x - centre_x, y - centre_y) < radius)[..., None]
        shade = np.array(palette.light if chance.random() < 0.5 else palette.accent)  # noqa: PLR2004 - half
        picture = np.where(inside, picture * 0.6 + shade * 0.4, picture)
    return np.asarray(picture, dtype=np.uint8)


def encode(picture: npt.NDArray[np.uint8], extension: str) -> bytes:
    """A picture as a JPEG or PNG file."""
    codec, pixels = _CODECS[extension]
    height, width = picture.shape[:2]
    context = av.CodecContext.create(codec, "w")
    if not isinstance(context, av.VideoCodecContext):
        raise TypeError(codec)
    context.width, context.height, context.pix_fmt = width, height, pixels
    context.time_base = Fraction(1)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=pixels)
    return b"".join(bytes(packet) for packet in (*context.encode(frame), *context.encode(None)))


class ArtworkRoutes:
    """`GET /is1-ssl.mzstatic.com/image/thumb/<kind>/v4/<key>.png/<w>x<h><fill>.<jpg|png>`.

    Args:
        world: Only its conditions matter here.
    """

    def __init__(self, world: World) -> None:
        del world
        self._picture = functools.lru_cache(_CACHED)(_picture)

    def add_routes(self, app: web.Application) -> None:
        """Serve the pictures under the endpoint name `artwork`."""
        path = f"/{hosts.ARTWORK}/image/thumb/{{kind}}/v4/{{key}}.png/{{size}}"
        add_endpoint(app, "artwork", "GET", path, self._serve)

    async def _serve(self, request: web.Request) -> web.Response:
        match = _SIZE.fullmatch(request.match_info["size"])
        ratio = _RATIOS.get(request.match_info["kind"])
        if match is None or ratio is None or 0 in (int(match[1]), int(match[2])):
            raise not_found()
        width, height = _fit((int(match[1]), int(match[2])), ratio, crop=match[3] not in ("", "bb"))
        body = await asyncio.to_thread(
            self._picture, request.match_info["key"], width, height, match[4]
        )
        return web.Response(
            body=body,
            content_type="image/png" if match[4] == "png" else "image/jpeg",
            headers={"Cache-Control": "public, max-age=31536000"},
        )


def _picture(key: str, width: int, height: int, extension: str) -> bytes:
    return encode(draw(key, width, height), extension)


def _fit(box: tuple[int, int], source: tuple[int, int], *, crop: bool) -> tuple[int, int]:
    scale = min(1.0, LARGEST / max(box))
    width, height = max(1, round(box[0] * scale)), max(1, round(box[1] * scale))
    if crop:
        return width, height
    ratio = min(width / source[0], height / source[1])
    return max(1, round(source[0] * ratio)), max(1, round(source[1] * ratio))


def _colour(hue: float, saturation: float, value: float) -> Colour:
    red, green, blue = colorsys.hsv_to_rgb(hue % 1, saturation, value)
    return round(red * 255), round(green * 255), round(blue * 255)


def _mix(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _hexadecimal(colour: Colour) -> str:
    red, green, blue = colour
    return f"{red:02x}{green:02x}{blue:02x}"
