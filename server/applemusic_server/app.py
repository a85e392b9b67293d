"""The composition root: builds the server's parts, starts them in order, stops them in reverse."""

import asyncio
import contextlib
import importlib.metadata
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from prometheus_client import CollectorRegistry
from structlog.typing import FilteringBoundLogger

from applemusic_server.access_setup import AccessSetup
from applemusic_server.application.account_calls import NotedListeners
from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.browse import Browse
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.capability_probes import CapabilityProbes
from applemusic_server.application.catalog import Catalog
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.favorites import Favorites
from applemusic_server.application.library_memory import FavoriteWrites, LibraryMemory
from applemusic_server.application.listening import Listening
from applemusic_server.application.lookup import Lookup
from applemusic_server.application.lyrics import LyricsReading
from applemusic_server.application.radio import Radio
from applemusic_server.application.recent_catalog import RecentCatalog
from applemusic_server.application.recent_writes import RecentWrites
from applemusic_server.application.recommendations import Recommendations
from applemusic_server.application.renewing_playback import RenewingPlayback
from applemusic_server.application.server_checks import ServerFindings
from applemusic_server.application.server_info import ServerFacts, ServerInfoReader
from applemusic_server.application.station_seeds import StationSeeds
from applemusic_server.application.status import StatusReader
from applemusic_server.application.watched_store import WatchedAccountStore
from applemusic_server.config import Settings
from applemusic_server.diagnostic_parts import DiagnosticNeeds, diagnostics_servicer
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError, Reason
from applemusic_server.from_settings import (
    allowed_hosts,
    developer_tokens_of,
    endpoints_of,
    load_decryption,
)
from applemusic_server.library_parts import LibraryNeeds, library_servicers
from applemusic_server.open_storage import open_storage
from applemusic_server.playback_parts import PlaybackNeeds, playback_parts
from applemusic_server.sign_in_parts import is_only_seen_here, make_sign_in_parts
from applemusic_server.status_setup import status_pages
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.storage.capability_answers import DatabaseCapabilityStore
from applemusic_server.telemetry.library import LibraryTelemetry
from applemusic_server.telemetry.metrics import GRPC_CODES, Metrics
from applemusic_server.telemetry.playback import PlaybackTelemetry
from applemusic_server.telemetry.prepare import PrepareTelemetry
from applemusic_server.telemetry.tokens import TokenTelemetry
from applemusic_server.token_parts import Storage, TokenParts
from applemusic_server.upstream.adaptive_pacer import AdaptivePacer
from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.answer_cache import AnswerCache, CacheLimits
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.browse import AppleBrowsing
from applemusic_server.upstream.cached_catalog import CachedBrowsing, CachedCatalog, CachedLookup
from applemusic_server.upstream.capabilities import AppleCapabilities
from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.favorites import AppleFavorites
from applemusic_server.upstream.listener import AppleListeners
from applemusic_server.upstream.lists import ListReader
from applemusic_server.upstream.lookup import AppleLookup
from applemusic_server.upstream.lyrics import AppleLyrics
from applemusic_server.upstream.media_source import AppleMediaSource
from applemusic_server.upstream.playback import ApplePlayback
from applemusic_server.upstream.priority_gate import Priority
from applemusic_server.upstream.radio import AppleRadio
from applemusic_server.upstream.recommendations import AppleRecommendations
from applemusic_server.upstream.session import open_session
from applemusic_server.upstream.storefronts import AppleStorefronts
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Transport
from applemusic_server.upstream.twins import AppleTwins
from applemusic_server.upstream.user_tokens import AppleUserTokens
from applemusic_server.web.application import web_application
from applemusic_server.web.site import Site
from applemusic_server.wire.audio import AudioServicer
from applemusic_server.wire.auth import AuthServicer
from applemusic_server.wire.catalog import CatalogServicer
from applemusic_server.wire.catalog_browse import CatalogBrowseServicer
from applemusic_server.wire.catalog_lists import CatalogListServicer
from applemusic_server.wire.catalog_lookup import CatalogLookupServicer
from applemusic_server.wire.contract import methods, path_of
from applemusic_server.wire.diagnostics import DiagnosticsServicer
from applemusic_server.wire.favorites import FavoritesServicer
from applemusic_server.wire.interceptors.signed_out import SignedOut
from applemusic_server.wire.listener import Limits, Listener
from applemusic_server.wire.radio import RadioServicer
from applemusic_server.wire.recommendations import RecommendationServicer
from applemusic_server.wire.server import ServerServicer
from applemusic_server.wire.sign_in import SignInServicer

VERSION: Final = importlib.metadata.version("applemusic-grpc-server")
# Kept back from the grace for closing what is left, so that the process ends within it.
_CLOSING: Final = timedelta(seconds=1.5)
# How long a catalog read trusts what it knows of an account.
_ACCOUNT_SECONDS: Final = 5.0
# After these nothing that was prepared for the account may be used.
_ENDING_CHANGES: Final = (
    AccountChange.SIGNED_IN,
    AccountChange.REJECTED,
    AccountChange.SIGNED_OUT,
)


class Server:
    """The whole server. Start it once, stop it once."""

    def __init__(
        self,
        settings: Settings,
        log: FilteringBoundLogger,
        environment: Mapping[str, str],
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take what is needed; nothing is opened yet.

        Args:
            settings: How to run.
            log: Where to write.
            environment: For the default of the data folder.
            now: The wall clock, in UTC.
            clock: Monotonic seconds.
        """
        self._settings = settings
        self._log = log
        self._environment = environment
        self._now = now
        self._clock = clock
        self._opened = contextlib.AsyncExitStack()
        self._metrics = Metrics(CollectorRegistry(), VERSION)
        self._library_telemetry = LibraryTelemetry(self._metrics.registry)
        self._playback = PlaybackTelemetry(self._metrics, log, clock)
        self._refused = CapabilityMemory(now)
        self._prepare_telemetry = PrepareTelemetry(self._metrics.registry)
        self._permitted = PermittedAccounts()
        self._liked: FavoriteWrites = RecentWrites(clock)
        self._memory = LibraryMemory(clock, self._liked)
        self._ready = False
        self._cut_drain_short: Callable[[], None] = lambda: None
        self._says_draining: Callable[[], bool] = lambda: False
        self.grpc_port = 0
        self.web_port = 0

    async def start(self) -> None:
        """Start every part, or none.

        Raises:
            AppleMusicError: Storage or a token file cannot be used; the message says why.
            OSError: A port cannot be had.
        """
        # What is started last is the first to stop: callers go before what they call.
        steps: tuple[Callable[[], Awaitable[None]], ...] = (
            self._start_storage,
            self._start_access,
            self._start_upstream,
            self._start_playback,
            self._start_tokens,
            self._start_web,
            self._start_grpc,
        )
        try:
            for step in steps:
                await step()
        except BaseException:
            await self._opened.aclose()
            raise
        self._ready = True
        if is_only_seen_here(self._settings):
            self._log.warning(
                "sign-in links lead to this machine only: set web.public_url to the address of the "
                "pages as browsers see them"
            )

    async def stop(self) -> None:
        """Drain, then close everything; takes at most the configured grace."""
        self._ready = False
        await self._opened.aclose()

    def hurry(self) -> None:
        """Cut a drain that is under way short."""
        self._cut_drain_short()

    async def _start_storage(self) -> None:
        storage = await open_storage(
            self._settings.storage, self._environment, self._log, self._opened
        )
        self._database = storage.database
        self._cipher = storage.cipher
        self._store = WatchedAccountStore(storage.accounts, self._on_change_elsewhere)

    async def _start_access(self) -> None:
        self._access = AccessSetup(
            self._settings,
            DatabaseAccessTokenStore(self._database),
            self._log,
            clock=self._clock,
            now=self._now,
        )
        await self._access.check_exposure()

    async def _start_upstream(self) -> None:
        endpoints = endpoints_of(self._settings)
        session = open_session(endpoints)
        self._opened.push_async_callback(session.close)
        self._developer_tokens = developer_tokens_of(
            self._settings.developer_token, self._now, self._clock
        )
        transport = Transport(
            session,
            AddressPolicy(endpoints),
            pacer=AdaptivePacer(clock=self._clock),
            observer=self._metrics,
            clock=self._clock,
        )
        self._media_source = AppleMediaSource(
            session, AddressPolicy(endpoints), observer=self._metrics, clock=self._clock
        )
        check = DeveloperTokenCheck(transport, endpoints, clock=self._clock, now=self._now)
        self._developer_token_verdicts = check
        api = ApiClient(transport, endpoints, self._developer_tokens, check)
        self._tokens = TokenParts(
            Storage(self._database, self._store),
            user_tokens=AppleUserTokens(transport, endpoints, self._developer_tokens, check),
            listeners=AppleListeners(api),
            developer_tokens=self._developer_tokens,
            check=check,
            telemetry=TokenTelemetry(self._metrics.registry, self._log),
            now=self._now,
            permitted=self._permitted,
        )
        self._tokens.events.listen(self._on_account_change)
        self._accounts = self._tokens.accounts
        self._listeners = AppleListeners(api)
        self._capability_store = DatabaseCapabilityStore(self._database)
        self._probes = CapabilityProbes(
            self._accounts,
            AppleCapabilities(api),
            self._capability_store,
            self._refused,
            now=self._now,
        )
        self._opened.push_async_callback(self._probes.close)
        self._tokens.events.listen(self._probes.account_changed)
        self._sign_in = make_sign_in_parts(
            self._settings,
            database=self._database,
            accounts=self._accounts,
            developer_tokens=self._developer_tokens,
            check=check,
            registry=self._metrics.registry,
            log=self._log,
            now=self._now,
            clock=self._clock,
            web_port=lambda: self.web_port,
        )
        self._apple_catalog = AppleCatalog(api)
        ask = partial(ApplePlayback, transport, endpoints, self._developer_tokens, check)
        self._apple_playback, self._apple_ahead = (
            RenewingPlayback(ask(priority=each), self._tokens.renewals, self._accounts)
            for each in (Priority.PLAYBACK, Priority.PREPARE)
        )
        storefronts = AppleStorefronts(api, clock=self._clock)
        scopes = self._scopes = CatalogScopes(
            storefronts,
            self._accounts,
            default_storefront=self._settings.apple.storefront,
            remember_seconds=_ACCOUNT_SECONDS,
            clock=self._clock,
            permitted=self._permitted,
            recent=RecentCatalog(self._memory),
        )
        self._library_services = self._make_library(api)
        reader, cache = CatalogReader(api), self._answer_cache()
        self._catalog = Catalog(CachedCatalog(self._apple_catalog, cache), scopes)
        self._browse = Browse(CachedBrowsing(AppleBrowsing(reader, api), cache), scopes)
        self._lookup = Lookup(CachedLookup(AppleLookup(reader), cache), self._catalog, scopes)
        self._lyrics = LyricsReading(AppleLyrics(api), self._accounts, self._refused)
        self._listener_services = self._make_listener_services(
            api, Listening(self._accounts, storefronts)
        )

    def _make_library(self, api: ApiClient) -> list[object]:
        return library_servicers(
            LibraryNeeds(
                api=api,
                accounts=self._accounts,
                calls=self._tokens.calls,
                catalog=self._apple_catalog,
                lookup=AppleLookup(CatalogReader(api)),
                database=self._database,
                sealer=self._cipher,
                observer=self._library_telemetry,
                refused=self._refused,
                memory=self._memory,
                clock=self._clock,
                now=self._now,
            )
        )

    def _make_listener_services(self, api: ApiClient, listening: Listening) -> list[object]:
        """Build what serves a listener: favorites, radio, recommendations."""
        lists, twins = ListReader(api), AppleTwins(api)
        radio, recommendations = AppleRadio(api, lists), AppleRecommendations(api, lists)
        seeds = StationSeeds(radio, self._apple_catalog, twins)
        return [
            FavoritesServicer(
                Favorites(listening, AppleFavorites(api), twins, self._refused, self._liked)
            ),
            RadioServicer(Radio(listening, radio, self._apple_catalog, recommendations, seeds)),
            RecommendationServicer(
                Recommendations(listening, recommendations, self._apple_catalog)
            ),
        ]

    def _answer_cache(self) -> AnswerCache:
        cache = self._settings.cache
        limits = CacheLimits(cache.max_entries, cache.max_mebibytes * 2**20, cache.seconds)
        return AnswerCache(limits, self._metrics, clock=self._clock)

    def _on_account_change(self, change: AccountChange, account: Account) -> None:
        self._scopes.forget()
        if change in _ENDING_CHANGES:
            self._forget_songs(account.id)
        if change in (AccountChange.SIGNED_IN, AccountChange.SIGNED_OUT):
            # Whoever signs in under this id may be somebody else.
            self._memory.forget(account.id)
            self._liked.forget(account.id)

    def _forget_songs(self, account_id: str) -> None:
        self._preparer.forget(account_id)
        self._player.forget(account_id)

    def _on_change_elsewhere(self, account_id: str) -> None:
        self._scopes.forget()
        self._forget_songs(account_id)
        self._refused.forget(account_id)

    async def _start_playback(self) -> None:
        decryption = load_decryption(self._settings.widevine.device_file)
        self._device_problem: Reason | None = None
        if isinstance(decryption, FailedPreconditionError):
            self._device_problem = decryption.reason
            self._log.warning(
                "songs do not play", reason=decryption.reason.value, error=decryption.message
            )
        parts = playback_parts(
            PlaybackNeeds(
                settings=self._settings.playback,
                listeners=NotedListeners(self._accounts, self._tokens.calls),
                urgent=self._apple_playback,
                ahead=self._apple_ahead,
                catalog=self._apple_catalog,
                source=self._media_source,
                decryption=decryption,
                observer=self._prepare_telemetry,
                clock=self._clock,
                now=self._now,
            )
        )
        self._player, self._preparer = parts.player, parts.preparer
        self._pcm_works = parts.pcm_works
        self._opened.push_async_callback(parts.preparer.aclose)

    async def _start_tokens(self) -> None:
        self._opened.push_async_callback(self._tokens.stop)
        await self._tokens.start()

    async def _start_web(self) -> None:
        web = self._settings.web
        self._info = self._make_info()
        status = StatusReader(
            self._info,
            self._accounts,
            self._playback.recent,
            self._permitted,
            streams_of=self._player.limits.streams_of,
            now=self._now,
        )
        site = Site(
            web_application(
                self._metrics.registry,
                self._readiness,
                self._refresh_metrics,
                allowed_hosts(self._settings),
                (
                    self._sign_in.pages,
                    status_pages(self._settings, status, self._access.tokens),
                ),
            ),
            self._clock,
        )
        self._opened.push_async_callback(site.stop)
        self.web_port = await site.start(web.host, web.port)

    async def _start_grpc(self) -> None:
        grpc = self._settings.grpc
        self._listener = Listener(
            self._servicers(),
            metrics=self._metrics,
            log=self._log,
            access=self._access.policy(),
            limits=Limits(
                max_concurrent_streams=grpc.max_concurrent_streams,
                max_connections=grpc.max_connections,
                max_concurrent_calls=grpc.max_concurrent_calls,
                max_receive_bytes=grpc.max_receive_bytes,
                max_send_bytes=grpc.max_send_bytes,
                longest_call=timedelta(seconds=grpc.max_call_seconds),
            ),
            permitted=self._permitted,
            credentials=self._access.credentials(),
            reflect=grpc.reflection,
            innermost=(SignedOut(self._tokens.calls),),
        )
        calls = self._listener.calls
        self._cut_drain_short = calls.hurry
        self._says_draining = lambda: calls.draining
        self._know_methods()
        grace = max(timedelta(0), timedelta(seconds=grpc.grace_seconds) - _CLOSING)
        self._opened.push_async_callback(self._listener.stop, grace)
        # Those who watch accounts never leave by themselves: draining must not wait for them.
        self._opened.callback(self._tokens.events.close)
        self.grpc_port = await self._listener.start(grpc.host, grpc.port, grpc.socket)

    def _make_info(self) -> ServerInfoReader:
        playback = self._settings.playback
        return ServerInfoReader(
            ServerFacts(
                version=VERSION,
                start_time=self._now(),
                default_storefront=self._settings.apple.storefront,
                max_streams=playback.max_streams,
                max_account_streams=playback.max_account_streams,
                device_problem=self._device_problem,
            ),
            accounts=self._accounts,
            developer_tokens=self._developer_tokens,
            verdicts=self._developer_token_verdicts,
            observer=self._playback,
            now=self._now,
            draining=self._draining,
            refused=self._refused,
            probes=self._probes,
            permitted=self._permitted,
            streams_of=self._player.limits.streams_of,
            pcm_works=self._pcm_works,
        )

    def _draining(self) -> bool:
        return self._says_draining()

    def _servicers(self) -> list[object]:
        return [
            AudioServicer(self._player, self._preparer, self._playback),
            AuthServicer(self._accounts, self._now),
            self._tokens.servicer(),
            CatalogServicer(self._catalog),
            CatalogListServicer(self._catalog),
            *self._library_services,
            CatalogBrowseServicer(self._browse),
            CatalogLookupServicer(self._lookup, self._lyrics),
            ServerServicer(self._info),
            self._diagnostics(),
            SignInServicer(self._sign_in.sign_ins, self._now),
            *self._listener_services,
        ]

    def _diagnostics(self) -> DiagnosticsServicer:
        return diagnostics_servicer(
            DiagnosticNeeds(
                known=ServerFindings(self._device_problem, is_only_seen_here(self._settings)),
                accounts=self._accounts,
                permitted=self._permitted,
                developer_tokens=self._developer_tokens,
                check=self._developer_token_verdicts,
                listeners=self._listeners,
                capabilities=self._refused,
                kept=self._capability_store,
                now=self._now,
                clock=self._clock,
            )
        )

    def _know_methods(self) -> None:
        """Make the series of all RPCs; of those that answer UNIMPLEMENTED, only that code's."""
        implemented = self._listener.registry.implemented
        for method in methods():
            self._metrics.know_method(
                "server_stream" if method.server_streaming else "unary",
                method.containing_service.full_name,
                method.name,
                GRPC_CODES if path_of(method) in implemented else ("Unimplemented",),
            )

    async def _readiness(self) -> str:
        if not self._ready:
            return "starting or going down"
        try:
            await self._database.check()
        except AppleMusicError as error:
            return str(error.reason)
        return ""

    async def _refresh_metrics(self) -> None:
        self._tokens.refresh_developer_metrics(self._metrics)
        try:
            accounts = await self._store.list()
        except AppleMusicError as error:
            self._log.warning("accounts cannot be read for metrics", reason=error.reason.value)
            return
        self._metrics.set_music_user_token_expiries(
            (account.id, account.token_assumed_expire_time) for account in accounts
        )
        self._tokens.refresh_account_metrics(accounts)


async def run(server: Server, announce: Callable[[str], None], settings: Settings) -> None:
    """Run a server until SIGTERM or SIGINT; a second one cuts the drain short.

    Args:
        server: Not started yet.
        announce: Is told, once everything listens, where.
        settings: For the addresses in that line.
    """
    stopping = asyncio.Event()

    def on_signal() -> None:
        if stopping.is_set():
            server.hurry()
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal)
    await server.start()
    try:
        announce(
            f"ready grpc={settings.grpc.host}:{server.grpc_port} "
            f"web={settings.web.host}:{server.web_port}"
        )
        await stopping.wait()
    finally:
        await server.stop()
