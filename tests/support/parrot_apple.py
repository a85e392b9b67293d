"""Apple as it would be if it wanted a report to tell what must not be told."""

from typing import Any, Final, Self

from aiohttp import web

_LONG: Final = 30


class Parrot:
    """Answers everything with what it was sent and what it knows, in every place of an answer.

    Args:
        secrets: What it knows.
    """

    def __init__(self, secrets: list[str]) -> None:
        self.secrets = secrets
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        told = [
            value.removeprefix("Bearer ") for value in request.headers.values() if len(value) > 30
        ]
        told += self.secrets
        path = request.path
        if path.endswith("/charts"):
            song = {
                "id": "123",
                "attributes": {"playParams": {}, "hasLyrics": True, **self.all(told)},
            }
            return web.json_response({"results": {"songs": [{"data": [song]}]}})
        if "webPlayback" in path:
            return web.json_response({"songList": [self.song(told)], **self.all(told)})
        if path.endswith("p.m3u8"):
            return web.Response(text=self.playlist(told))
        if path.endswith("a.mp4"):
            boxes = [self.box(b"free", each.encode()) for each in told]
            boxes.append(self.box(told[-1].encode(), b""))
            headers = {"ETag": f'"{told[0]}"', "X-Told": told[0]}
            return web.Response(body=b"".join(boxes), headers=headers)
        status = 403 if "lyrics" in path else 404 if "/me/" in path else 200
        body = {
            "data": [{"id": told[0], "attributes": self.all(told)}],
            "meta": {"total": told[0], "subscription": {"active": told[0]}},
            "errors": [
                {"code": each, "source": {"parameter": each}, **self.all(told)} for each in told
            ],
            **self.all(told),
        }
        return web.json_response(body, status=status, headers={"Retry-After": told[0]})

    @staticmethod
    def all(told: list[str]) -> dict[str, Any]:
        values = {f"name{index}": each for index, each in enumerate(told)}
        short = {each[:20].strip("=+/"): 1 for each in told}
        return {**dict.fromkeys(told, 1), **short, **values, "detail": told[0], "title": told[-1]}

    def song(self, told: list[str]) -> dict[str, Any]:
        assets = [{"flavor": each, "URL": f"{self.url}/{each}"} for each in told]
        good = {"flavor": "28:ctrp256", "URL": f"{self.url}/x/p.m3u8?sig={told[-1]}"}
        license_url = f"https://{told[-1][:10]}.itunes.apple.com/{told[0]}"
        return {"songId": told[0], "assets": [*assets, good], "hls-key-server-url": license_url}

    @staticmethod
    def playlist(told: list[str]) -> str:
        lines = ["#EXTM3U", *(f"#EXT-X-{each}:{each}" for each in told)]
        lines += [f'#EXT-X-KEY:METHOD={each.upper()},URI="data:{each}"' for each in told]
        lines += [f"#EXT-X-VERSION:{told[0]}", f'#EXT-X-MAP:URI="a.mp4?{told[0]}"']
        return "\n".join([*lines, "#EXTINF:1,", "#EXT-X-BYTERANGE:1@900", "a.mp4", ""])

    @staticmethod
    def box(kind: bytes, body: bytes) -> bytes:
        return (8 + len(body)).to_bytes(4, "big") + kind[:4].ljust(4) + body
