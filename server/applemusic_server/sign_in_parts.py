"""Puts the parts of signing in together; `app` starts and stops them with the rest."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry
from structlog.typing import FilteringBoundLogger

from applemusic_server.application.accounts import Accounts
from applemusic_server.application.attempts import AttemptLimit, Rate
from applemusic_server.application.sign_in_visits import SignInVisits
from applemusic_server.application.sign_ins import SignInBell, SignInPlaces, SignIns
from applemusic_server.config import Settings
from applemusic_server.config_urls import LOOPBACK_HOSTS
from applemusic_server.domain.access import PermittedAccounts
from applemusic_server.domain.gateways import DeveloperToken, DeveloperTokenSource
from applemusic_server.storage.database import Database
from applemusic_server.storage.sign_ins import DatabaseSignIns
from applemusic_server.telemetry.sign_ins import SignInTelemetry
from applemusic_server.upstream.token_check import DeveloperTokenCheck
from applemusic_server.web.client_address import ClientAddresses
from applemusic_server.web.page import PageRules
from applemusic_server.web.sign_in import MusicKit, SignInPages
from applemusic_server.web.visitors import Visitors

_SCRIPT_HOST: Final = "js-cdn.music.apple.com"
# Whom MusicKit asks is not documented: scripts come from one host only, and what they say may go
# to Apple only.
_APPLE: Final = "https://*.apple.com"
_ASKED_HOSTS: Final = (
    "api.music.apple.com",
    "amp-api.music.apple.com",
    "authorize.music.apple.com",
    "buy.itunes.apple.com",
    "play.itunes.apple.com",
    _SCRIPT_HOST,
)
# Codes: 1.1e11 of them, at most 100 open at a time. At one try a second guessers find one in 35
# years; each replica counts for itself, so that two allow twice as many.
_CODES: Final = Rate(10, 12.0)
_CODES_OF_ALL: Final = Rate(60, 1.0)
_TOKENS: Final = Rate(10, 30.0)
_TOKENS_OF_ALL: Final = Rate(60, 1.0)
_WILDCARDS: Final = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - compared, not bound to


@dataclass(frozen=True, slots=True)
class SignInParts:
    """What the rest of the server needs of them."""

    sign_ins: SignIns
    pages: SignInPages


def make_sign_in_parts(
    settings: Settings,
    *,
    database: Database,
    accounts: Accounts,
    developer_tokens: DeveloperTokenSource,
    check: DeveloperTokenCheck,
    registry: CollectorRegistry,
    log: FilteringBoundLogger,
    now: Callable[[], datetime],
    clock: Callable[[], float],
    web_port: Callable[[], int],
    permitted: PermittedAccounts,
) -> SignInParts:
    """Build them.

    Args:
        settings: How to run.
        database: Where sign-ins are kept.
        accounts: What they lead to.
        developer_tokens: For MusicKit.
        check: Knows whether Apple accepts them.
        registry: Where sign-ins are counted.
        log: Takes a line per sign-in that ended.
        now: The wall clock, in UTC.
        clock: Monotonic seconds.
        web_port: The port of the pages, once they are served.
        permitted: Knows who makes the call under way.
    """

    async def developer_token(account_id: str) -> DeveloperToken:
        # The account's own where it has one: a user token is good for the team that asked for it.
        token = developer_tokens.current(account_id)
        await check.require_good(token.value)
        return token

    store, bell = DatabaseSignIns(database), SignInBell()
    observer = SignInTelemetry(registry)
    web = settings.web
    sign_ins = SignIns(
        store,
        accounts,
        developer_token=developer_token,
        places=lambda: sign_in_places(settings, web_port()),
        bell=bell,
        observer=observer,
        now=now,
        new_secret=_new_secret,
        choose=secrets.choice,
        life=timedelta(seconds=settings.sign_in.seconds),
        permitted=permitted,
    )
    visits = SignInVisits(
        store,
        accounts,
        developer_token=developer_token,
        bell=bell,
        observer=observer,
        codes=AttemptLimit(_CODES, _CODES_OF_ALL, clock),
        tokens=AttemptLimit(_TOKENS, _TOKENS_OF_ALL, clock),
        now=now,
    )
    visitors = Visitors(web.public_url, web.allowed_origins, (*web.allowed_hosts, web.host))
    pages = SignInPages(
        visits,
        visitors,
        musickit_of(settings),
        prefix=urlsplit(web.public_url).path,
        new_secret=_new_secret,
        log=log,
        addresses=ClientAddresses(web.trusted_proxies),
    )
    return SignInParts(sign_ins, pages)


def musickit_of(settings: Settings) -> MusicKit:
    """Return where Apple's script is, and what a page with it may load."""
    apple = settings.apple
    bases = {host: apple.base_url(host) for host in _ASKED_HOSTS}
    # A configured base may have a path; with a slash at its end it stands for all below it.
    other = tuple(f"{base}/" for host, base in bases.items() if base != f"https://{host}")
    asked = other if len(other) == len(bases) else (*other, _APPLE)
    rules = PageRules(
        scripts=(f"{bases[_SCRIPT_HOST]}/",),
        connects=asked,
        frames=asked,
        ancestors=settings.web.frame_ancestors,
    )
    return MusicKit(bases[_SCRIPT_HOST], rules, settings.sign_in.app_name)


def sign_in_places(settings: Settings, port: int) -> SignInPlaces:
    """Return where the pages are, as browsers see them."""
    web = settings.web
    host = "127.0.0.1" if web.host in _WILDCARDS else web.host
    shown = f"[{host}]" if ":" in host else host
    base = web.public_url or f"http://{shown}:{port}"
    return SignInPlaces(sign_in_url=f"{base}/sign-in", link_url=f"{base}/link")


def is_only_seen_here(settings: Settings) -> bool:
    """Whether the address in links is this machine's loopback, although others reach the pages."""
    return settings.web.host not in LOOPBACK_HOSTS and (
        not settings.web.public_url and settings.web.host in _WILDCARDS
    )


def _new_secret() -> str:
    """Return 256 random bits in 43 URL-safe characters."""
    return secrets.token_urlsafe(32)
