"""Makes the parts that follow from settings alone; `app` puts them together."""

import time
from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from applemusic_server.config import Settings
from applemusic_server.config_urls import LOOPBACK_HOSTS
from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.ports import ContentDecryption
from applemusic_server.media.widevine import WidevineDecryption, load_device
from applemusic_server.settings.developer_token import DeveloperTokenOrigin, DeveloperTokenSettings
from applemusic_server.upstream.developer_token import (
    DeveloperTokens,
    GivenDeveloperToken,
    MintedDeveloperToken,
    NoDeveloperToken,
)
from applemusic_server.upstream.endpoints import Endpoints
from applemusic_server.upstream.proven_token import TokenMaker
from applemusic_server.upstream.secret_file import SecretFile


def endpoints_of(settings: Settings) -> Endpoints:
    """Return where Apple's hosts are, as the settings have it."""
    defaults = Endpoints()
    return Endpoints(
        **{
            field.name: settings.apple.base_url(
                urlsplit(getattr(defaults, field.name)).hostname or ""
            )
            for field in fields(Endpoints)
        }
    )


def load_decryption(device_file: Path | None) -> ContentDecryption | FailedPreconditionError:
    """Return the Widevine device, or why there is none: everything else works without."""
    try:
        return WidevineDecryption(load_device(device_file))
    except FailedPreconditionError as error:
        return error


def developer_tokens_of(
    settings: DeveloperTokenSettings,
    now: Callable[[], datetime],
    clock: Callable[[], float] = time.monotonic,
) -> DeveloperTokens:
    """Return where the developer tokens come from. No file is opened yet.

    Args:
        settings: Which files.
        now: The time now, in UTC.
        clock: Monotonic seconds.
    """
    return DeveloperTokens(
        _token_maker(settings, now, clock),
        {
            account: _token_maker(origin, now, clock)
            for account, origin in settings.accounts.items()
        },
        clock=now,
    )


def _token_maker(
    origin: DeveloperTokenOrigin, now: Callable[[], datetime], clock: Callable[[], float]
) -> TokenMaker:
    if origin.token_file is not None:
        return GivenDeveloperToken(SecretFile(origin.token_file, clock=clock), clock=now)
    if origin.private_key_file is not None:
        return MintedDeveloperToken(
            team_id=origin.team_id,
            key_id=origin.key_id,
            private_key=SecretFile(origin.private_key_file, clock=clock),
            clock=now,
        )
    return NoDeveloperToken()


def allowed_hosts(settings: Settings) -> tuple[str, ...] | None:
    """Return the names that the pages answer to; None is any.

    Beyond loopback, probes come by the machine's address, so only a given list counts there.
    """
    web = settings.web
    if web.host not in LOOPBACK_HOSTS and not web.allowed_hosts:
        return None
    public = (urlsplit(url).hostname for url in (web.public_url, *web.allowed_origins) if url)
    return tuple(name for name in (*web.allowed_hosts, web.host, *public) if name)
