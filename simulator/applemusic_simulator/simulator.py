"""The simulator as one object: started, asked for tokens, stopped."""

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from aiohttp import web

from applemusic_simulator import hosts
from applemusic_simulator.accounts import DEMO
from applemusic_simulator.app import Routes, create_app
from applemusic_simulator.catalogue import make_catalogue
from applemusic_simulator.developer_tokens import USUAL_LIFETIME, Team
from applemusic_simulator.media.store import default_cache_dir
from applemusic_simulator.media_routes import PlaybackRoutes, make_playback
from applemusic_simulator.user_tokens import LIFETIME
from applemusic_simulator.world import World, make_world

# A hanging or very slow answer must not hold up the end.
_SHUTDOWN_SECONDS = 0.5


class Simulator:
    """Apple's side on loopback.

    Example:
        async with Simulator(seed=1, cache_dir=path) as simulator:
            urls = simulator.base_urls()
            token = simulator.developer_token()

    Args:
        seed: Same seed, same catalogue, music, keys and tokens.
        cache_dir: Where generated audio and the test device are kept between runs; by default in
            the user's cache folder.
        host: Address to listen on.
        port: 0 takes a free one.
        world: Instead of the usual one, e.g. with a test's clock.
        media: Instead of the usual playback, licence and CDN.
        library_songs: How many songs each account's library has; None is the small library of
            about 200. Ignored for a `world` that is given.
    """

    def __init__(
        self,
        seed: int = 1,
        cache_dir: Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        world: World | None = None,
        media: Routes | None = None,
        library_songs: int | None = None,
    ) -> None:
        if world is None:
            world = make_world(make_catalogue(seed), seed)
            world.libraries.songs = library_songs
        self.world = world
        self._host = host
        self._port = port
        self._playback = (
            make_playback(self.world, cache_dir or default_cache_dir()) if media is None else None
        )
        self._media = media or self._playback
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: The port is taken.
        """
        if self.world.libraries.songs is not None:
            self.world.libraries.of(DEMO)  # a large one takes a second, better now than later
        runner = web.AppRunner(
            create_app(self.world, self._media),
            access_log=None,
            handler_cancellation=True,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        self._runner = runner
        try:
            await web.TCPSite(runner, self._host, self._port).start()
        except OSError:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close every connection and stop listening; does nothing when stopped."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """`http://127.0.0.1:<port>`, without a slash at the end."""
        if self._runner is None:
            raise RuntimeError("the simulator is not started")
        host, port = self._runner.addresses[0][:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def base_urls(self) -> dict[str, str]:
        """What replaces `https://<host>` for each of Apple's hosts, by short name."""
        return hosts.base_urls(self.url)

    @property
    def team(self) -> Team:
        """The registered developer team."""
        return next(iter(self.world.developer_tokens))

    def developer_token(self, lifetime: float = USUAL_LIFETIME, origins: Sequence[str] = ()) -> str:
        """A developer token of the registered team, `lifetime` seconds long."""
        return self.world.developer_tokens.mint(self.team, lifetime, origins)

    def music_user_token(self, account: str = DEMO, lifetime: float = LIFETIME) -> str:
        """A new music user token of an account for the registered team."""
        if account not in self.world.accounts:
            raise KeyError(account)
        return self.world.user_tokens.issue(account, self.team.id, lifetime)

    @property
    def playback(self) -> PlaybackRoutes:
        """The usual playback, with its files and its device.

        Raises:
            RuntimeError: It was replaced by other `media`.
        """
        if self._playback is None:
            raise RuntimeError("this simulator was given other media")
        return self._playback

    def widevine_device(self) -> Path:
        """The `.wvd` file of the one device that gets licences here, made at first use."""
        return self.playback.test_device().path

    async def build_audio(self, count: int) -> None:
        """Make the files of the first `count` playable songs now rather than when asked for."""
        playable = (song for song in self.world.catalogue.songs.values() if song.playable)
        await self.playback.store.build(islice(playable, count), self.world.playback.variant)
