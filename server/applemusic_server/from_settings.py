"""Makes the parts that follow from settings alone; `app` puts them together."""

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from applemusic_server.config import DeveloperTokenSettings, Settings
from applemusic_server.config_urls import LOOPBACK_HOSTS
from applemusic_server.domain.errors import FailedPreconditionError
from applemusic_server.domain.gateways import DeveloperTokenSource
from applemusic_server.domain.ports import ContentDecryption
from applemusic_server.domain.secret import Secret
from applemusic_server.media.widevine import WidevineDecryption, load_device
from applemusic_server.upstream.developer_token import (
    GivenDeveloperToken,
    MintedDeveloperToken,
    NoDeveloperToken,
)
from applemusic_server.upstream.endpoints import Endpoints


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


def developer_token_source(
    settings: DeveloperTokenSettings, now: Callable[[], datetime]
) -> DeveloperTokenSource:
    """Return where the developer token comes from.

    Raises:
        OSError: Its file cannot be read.
    """
    if settings.token_file is not None:
        return GivenDeveloperToken(_secret(settings.token_file), clock=now)
    if settings.private_key_file is not None:
        return MintedDeveloperToken(
            team_id=settings.team_id,
            key_id=settings.key_id,
            private_key=_secret(settings.private_key_file),
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


def _secret(path: Path) -> Secret:
    return Secret(path.read_text(encoding="ascii", errors="replace").strip())
