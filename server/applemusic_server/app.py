"""The composition root: builds the server's parts, starts them in order, stops them in reverse."""

import asyncio
import contextlib
import importlib.metadata
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Final

from structlog.typing import FilteringBoundLogger

from applemusic_server.access_setup import AccessSetup
from applemusic_server.application.accounts import AccountChange
from applemusic_server.application.capability_memory import CapabilityMemory
from applemusic_server.application.catalog_scopes import CatalogScopes
from applemusic_server.application.library_memory import FavoriteWrites, LibraryMemory
from applemusic_server.application.listening import Listening
from applemusic_server.application.recent_catalog import RecentCatalog
from applemusic_server.application.recent_writes import RecentWrites
from applemusic_server.application.server_checks import ServerFindings
from applemusic_server.application.server_info import ServerFacts, ServerInfoReader
from applemusic_server.application.status import StatusReader
from applemusic_server.capability_parts import capability_parts
from applemusic_server.catalog_parts import CatalogNeeds, catalog_servicers
from applemusic_server.config import Settings
from applemusic_server.diagnostic_parts import DiagnosticNeeds, diagnostics_servicer
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.account import Account
from applemusic_server.domain.errors import AppleMusicError, FailedPreconditionError, Reason
from applemusic_server.freed_memory import CrowdWatch
from applemusic_server.from_settings import load_decryption
from applemusic_server.grpc_parts import Grpc, GrpcNeeds, start_grpc
from applemusic_server.library_parts import LibraryNeeds, library_servicers
from applemusic_server.listener_parts import listener_servicers
from applemusic_server.open_storage import open_storage
from applemusic_server.playback_parts import PlaybackNeeds, playback_parts
from applemusic_server.sign_in_parts import is_only_seen_here, make_sign_in_parts
from applemusic_server.status_setup import status_pages
from applemusic_server.storage.access_tokens import DatabaseAccessTokenStore
from applemusic_server.telemetry.tracing import Tracing
from applemusic_server.telemetry_parts import TelemetryParts, tracing_of
from applemusic_server.token_parts import Storage, TokenParts
from applemusic_server.upstream_parts import open_upstream
from applemusic_server.web.last_scrape import LastScrape
from applemusic_server.web_parts import start_web
from applemusic_server.wire.audio import AudioServicer
from applemusic_server.wire.auth import AuthServicer
from applemusic_server.wire.diagnostics import DiagnosticsServicer
from applemusic_server.wire.plugin_services import PluginServices
from applemusic_server.wire.server import ServerServicer
from applemusic_server.wire.sign_in import SignInServicer

VERSION: Final = importlib.metadata.version("applemusic-grpc-server")
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
        plugin: PluginServices | None = None,
        tracing: Tracing | None = None,
    ) -> None:
        """Take what is needed; nothing is opened yet.

        Args:
            settings: How to run.
            log: Where to write.
            environment: For the default of the data folder.
            now: The wall clock, in UTC.
            clock: Monotonic seconds.
            plugin: What a host of plugins calls besides; see `GrpcNeeds`.
            tracing: Takes the place of what the settings ask for.
        """
        self._settings = settings
        self._plugin = plugin
        self._log = log
        self._environment = environment
        self._now = now
        self._clock = clock
        self._opened = contextlib.AsyncExitStack()
        self._telemetry = TelemetryParts(
            settings, VERSION, log, clock, tracing or tracing_of(settings, environment, VERSION)
        )
        self._refused = CapabilityMemory(now)
        self._permitted = PermittedAccounts()
        self._liked: FavoriteWrites = RecentWrites(clock)
        self._memory = LibraryMemory(clock, self._liked)
        self._ready = False
        self._last_scrape = LastScrape(settings.web.last_scrape_seconds)
        self._grpc: Grpc | None = None
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
            self._make_accounts,
            self._make_services,
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
        """Drain, then close everything; takes at most the configured grace and last scrape."""
        self._ready = False
        await self._opened.aclose()

    def hurry(self) -> None:
        """Cut a drain that is under way short."""
        self._last_scrape.hurry()
        if self._grpc is not None:
            self._grpc.calls.hurry()

    async def _start_storage(self) -> None:
        self._telemetry.start(self._opened)
        storage = await open_storage(
            self._settings.storage,
            self._environment,
            self._log,
            self._opened,
            self._telemetry.database,
        )
        self._database = storage.database
        self._cipher = storage.cipher
        self._stored_accounts = storage.accounts
        self._storage_health = storage.health
        self._telemetry.watch_storage(storage.database, storage.health, self._opened)

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
        self._apple = open_upstream(
            self._settings,
            self._telemetry.metrics.upstream,
            self._telemetry.tracing.tracer,
            self._opened,
            now=self._now,
            clock=self._clock,
        )

    async def _make_accounts(self) -> None:
        apple = self._apple
        self._tokens = TokenParts(
            Storage(self._database, self._stored_accounts),
            user_tokens=apple.user_tokens,
            listeners=apple.listeners,
            developer_tokens=apple.developer_tokens,
            check=apple.check,
            telemetry=self._telemetry.tokens,
            now=self._now,
            permitted=self._permitted,
        )
        self._tokens.events.listen(self._on_account_change)
        self._accounts = self._tokens.accounts
        self._capabilities = capability_parts(
            self._accounts, apple.api, self._database, self._refused, self._opened, now=self._now
        )
        self._tokens.events.listen(self._capabilities.probes.account_changed)
        self._refused.on_change(self._tokens.events.touched)
        self._sign_in = make_sign_in_parts(
            self._settings,
            database=self._database,
            accounts=self._accounts,
            developer_tokens=apple.developer_tokens,
            check=apple.check,
            registry=self._telemetry.registry,
            log=self._log,
            now=self._now,
            clock=self._clock,
            web_port=lambda: self.web_port,
            permitted=self._permitted,
        )

    async def _make_services(self) -> None:
        apple = self._apple
        self._scopes = CatalogScopes(
            apple.storefronts,
            self._accounts,
            default_storefront=self._settings.apple.storefront,
            remember_seconds=_ACCOUNT_SECONDS,
            clock=self._clock,
            permitted=self._permitted,
            recent=RecentCatalog(self._memory),
        )
        self._services = [
            *catalog_servicers(
                CatalogNeeds(
                    settings=self._settings.cache,
                    apple=apple,
                    accounts=self._accounts,
                    scopes=self._scopes,
                    refused=self._refused,
                    observer=self._telemetry.metrics.upstream,
                    clock=self._clock,
                )
            ),
            *library_servicers(
                LibraryNeeds(
                    api=apple.api,
                    accounts=self._accounts,
                    calls=self._tokens.calls,
                    catalog=apple.catalog,
                    lookup=apple.lookup,
                    database=self._database,
                    sealer=self._cipher,
                    observer=self._telemetry.library,
                    refused=self._refused,
                    memory=self._memory,
                    clock=self._clock,
                    now=self._now,
                )
            ),
            *listener_servicers(
                apple.api,
                Listening(self._accounts, apple.storefronts),
                apple.catalog,
                self._refused,
                self._liked,
            ),
        ]

    async def _start_playback(self) -> None:
        decryption = load_decryption(self._settings.widevine.device_file)
        self._device_problem: Reason | None = None
        if isinstance(decryption, FailedPreconditionError):
            self._device_problem = decryption.reason
            self._log.warning(
                "songs do not play", reason=decryption.reason.value, error=decryption.message
            )
        self._telemetry.metrics.widevine_device.set(self._device_problem is None)
        parts = playback_parts(
            PlaybackNeeds(
                settings=self._settings.playback,
                apple=self._apple,
                accounts=self._accounts,
                calls=self._tokens.calls,
                renewals=self._tokens.renewals,
                decryption=decryption,
                observer=self._telemetry.prepare,
                tracer=self._telemetry.tracing.tracer,
                clock=self._clock,
                now=self._now,
            )
        )
        self._player, self._preparer = parts.player, parts.preparer
        self._pcm_works = parts.pcm_works
        self._opened.push_async_callback(parts.preparer.aclose)
        watch = CrowdWatch(lambda: parts.player.limits.streams)
        watch.start(asyncio.get_running_loop())
        self._opened.callback(watch.stop)

    async def _start_tokens(self) -> None:
        self._opened.push_async_callback(self._tokens.stop)
        await self._tokens.start()

    async def _start_web(self) -> None:
        self._info = self._make_info()
        status = StatusReader(
            self._info,
            self._accounts,
            self._apple.developer_tokens,
            self._telemetry.playback.recent,
            self._permitted,
            streams_of=self._player.limits.streams_of,
            now=self._now,
            storage=self._storage_health,
        )
        self.web_port = await start_web(
            self._settings,
            (self._sign_in.pages, status_pages(self._settings, status, self._access.tokens)),
            self._opened,
            render_metrics=self._telemetry.render,
            readiness=self._readiness,
            refresh_metrics=self._refresh_metrics,
            clock=self._clock,
            last_scrape=self._last_scrape,
        )

    async def _start_grpc(self) -> None:
        needs = GrpcNeeds(
            settings=self._settings.grpc,
            metrics=self._telemetry.metrics,
            log=self._log,
            access=self._access,
            tokens=self._tokens,
            permitted=self._permitted,
            line=self._telemetry.line,
            tracer=self._telemetry.call_tracer,
            plugin=self._plugin,
        )
        self._grpc = await start_grpc(needs, self._servicers(), self._opened)
        # Who hears a broadcast never leaves: draining must not wait for them either.
        self._opened.callback(self._player.drain)
        self.grpc_port = self._grpc.port

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
            developer_tokens=self._apple.developer_tokens,
            verdicts=self._apple.check,
            observer=self._telemetry.playback,
            now=self._now,
            draining=self._draining,
            refused=self._refused,
            probes=self._capabilities.probes,
            permitted=self._permitted,
            streams_of=self._player.limits.streams_of,
            pcm_works=self._pcm_works,
        )

    def _draining(self) -> bool:
        return self._grpc is not None and self._grpc.calls.draining

    def _servicers(self) -> list[object]:
        return [
            AudioServicer(self._player, self._preparer, self._telemetry.playback),
            AuthServicer(self._accounts, self._now),
            self._tokens.servicer(),
            *self._services,
            ServerServicer(self._info),
            self._diagnostics(),
            SignInServicer(self._sign_in.sign_ins, self._now),
        ]

    def _diagnostics(self) -> DiagnosticsServicer:
        return diagnostics_servicer(
            DiagnosticNeeds(
                known=ServerFindings(self._device_problem, is_only_seen_here(self._settings)),
                accounts=self._accounts,
                permitted=self._permitted,
                developer_tokens=self._apple.developer_tokens,
                check=self._apple.check,
                listeners=self._apple.listeners,
                capabilities=self._refused,
                kept=self._capabilities.kept,
                now=self._now,
                clock=self._clock,
                storage=self._storage_health,
            )
        )

    async def _refresh_metrics(self) -> None:
        await self._telemetry.refresh()
        await self._tokens.refresh_metrics(self._telemetry.metrics, self._telemetry.accounts)

    async def _readiness(self) -> str:
        if not self._ready:
            return "starting or going down"
        try:
            await self._database.check()
        except AppleMusicError as error:
            return str(error.reason)
        return ""
