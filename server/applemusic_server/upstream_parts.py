"""Builds upstream: the session to Apple, what asks over it, and the developer tokens it takes."""

from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime

from applemusic_server.config import Settings
from applemusic_server.domain.tracing import Tracer
from applemusic_server.from_settings import developer_tokens_of, endpoints_of
from applemusic_server.telemetry.upstream import UpstreamTelemetry
from applemusic_server.upstream.adaptive_pacer import AdaptivePacer
from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.api_client import ApiClient
from applemusic_server.upstream.catalog import AppleCatalog
from applemusic_server.upstream.catalog_reader import CatalogReader
from applemusic_server.upstream.developer_token import DeveloperTokens
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.listener import AppleListeners
from applemusic_server.upstream.live_source import BroadcastSource
from applemusic_server.upstream.live_stations import AppleStations
from applemusic_server.upstream.lookup import AppleLookup
from applemusic_server.upstream.media_source import AppleMediaSource
from applemusic_server.upstream.playback import ApplePlayback
from applemusic_server.upstream.priority_gate import Priority, PriorityGate
from applemusic_server.upstream.session import open_session
from applemusic_server.upstream.storefronts import AppleStorefronts
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.upstream.transport import Transport
from applemusic_server.upstream.user_tokens import AppleUserTokens


@dataclass(frozen=True, slots=True)
class Upstream:
    """Apple, as the rest of the server asks it.

    Attributes:
        developer_tokens: With which Apple is asked.
        check: What Apple says of them.
        api: How all of the API is asked.
        media_source: Fetches ranges of files.
        stations: Knows where stations can be heard.
        live_source: Fetches what broadcasts are made of.
    """

    endpoints: Endpoints
    transport: Transport
    developer_tokens: DeveloperTokens
    check: DeveloperTokenCheck
    api: ApiClient
    catalog: AppleCatalog
    lookup: AppleLookup
    listeners: AppleListeners
    storefronts: AppleStorefronts
    user_tokens: AppleUserTokens
    media_source: AppleMediaSource
    stations: AppleStations
    live_source: BroadcastSource

    def playback(self, priority: Priority) -> ApplePlayback:
        """Return Apple's playback side, asked at a priority."""
        return ApplePlayback(
            self.transport, self.endpoints, self.developer_tokens, self.check, priority=priority
        )


def open_upstream(
    settings: Settings,
    observer: UpstreamTelemetry,
    tracer: Tracer,
    opened: AsyncExitStack,
    *,
    now: Callable[[], datetime],
    clock: Callable[[], float],
) -> Upstream:
    """Open the session; what has to be closed is put on `opened`. Nobody is asked yet.

    Args:
        settings: Where Apple is, and where its tokens come from.
        observer: Is told of each request.
        tracer: Makes a span of each request.
        opened: Closes the session.
        now: The wall clock, in UTC.
        clock: Monotonic seconds.
    """
    endpoints = endpoints_of(settings)
    session = open_session(endpoints)
    opened.push_async_callback(session.close)
    tokens = developer_tokens_of(settings.developer_token, now, clock)
    addresses = AddressPolicy(endpoints)
    gate, pacer = PriorityGate(), AdaptivePacer(clock=clock)
    _show_queue(observer, gate, pacer)
    transport = Transport(
        session, addresses, gate=gate, pacer=pacer, observer=observer, tracer=tracer, clock=clock
    )
    check = DeveloperTokenCheck(transport, endpoints, clock=clock, now=now)
    api = ApiClient(transport, endpoints, tokens, check)
    return Upstream(
        endpoints=endpoints,
        transport=transport,
        developer_tokens=tokens,
        check=check,
        api=api,
        catalog=AppleCatalog(api),
        lookup=AppleLookup(CatalogReader(api)),
        listeners=AppleListeners(api),
        storefronts=AppleStorefronts(api, clock=clock),
        user_tokens=AppleUserTokens(transport, endpoints, tokens, check),
        media_source=AppleMediaSource(
            session, addresses, observer=observer, tracer=tracer, clock=clock
        ),
        stations=AppleStations(api),
        live_source=BroadcastSource(
            session,
            AddressPolicy(endpoints, settings.playback.live_hosts),
            observer=observer,
            tracer=tracer,
            clock=clock,
        ),
    )


def _show_queue(observer: UpstreamTelemetry, gate: PriorityGate, pacer: AdaptivePacer) -> None:
    def counter(priority: Priority) -> Callable[[], int]:
        return lambda: gate.waiting_requests(priority) + pacer.waiting_requests(priority)

    observer.show({each.name.lower(): counter(each) for each in Priority}, lambda: pacer.rate)
