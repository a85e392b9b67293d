"""Which addresses this server fetches from: Apple's, and those that configuration names."""

import re
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from yarl import URL

from applemusic_server.domain.errors import FailedPreconditionError, Reason
from applemusic_server.upstream.endpoints import Endpoints

# Hosts that carry media and pictures (reference: the host list, Apple's and observed).
_MEDIA_HOSTS = ("itsliveradio.apple.com",)
_MEDIA_SUFFIXES = (
    ".itunes.apple.com",
    ".music.apple.com",
    ".blobstore.apple.com",
    ".mzstatic.com",
)
# Hosts that may be shown a token. `blobstore` holds what users uploaded, so it is not among them.
_TOKEN_HOSTS = (
    "api.music.apple.com",
    "amp-api.music.apple.com",
    "play.itunes.apple.com",
    "play.music.apple.com",
    "linear.tv.apple.com",
)
_HOST_NAME = re.compile(
    r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
)
_PLAIN_URL = re.compile(r"https?://[!-.0-\[\]-~][!-\[\]-~]{0,8191}", re.IGNORECASE)
# A few songs' addresses, about a kilobyte each.
_REMEMBERED = 64


class Purpose(Enum):
    """What a request carries, which decides where it may go."""

    TOKENS = "tokens"
    MEDIA = "media"
    LIVE = "live"


class AddressPolicy:
    """Decides where a request may go. Remembers what it said of the last few addresses.

    Args:
        endpoints: Their origins are allowed exactly as they are, plain http included; everything
            else has to be https on one of Apple's hosts.
        live_hosts: Of broadcasters; these hosts and all below them carry live audio as well.
    """

    def __init__(self, endpoints: Endpoints, live_hosts: Sequence[str] = ()) -> None:
        token_bases = (endpoints.api, endpoints.amp_api, endpoints.play, endpoints.play_music)
        media = frozenset(URL(base).origin() for base in endpoints.all())
        self._origins = {
            Purpose.TOKENS: frozenset(URL(base).origin() for base in token_bases),
            Purpose.MEDIA: media,
            Purpose.LIVE: media,
        }
        self._live_hosts = tuple(live_hosts)
        # What is said of an address depends on nothing else, and each song asks about some twice.
        self._known = lru_cache(maxsize=_REMEMBERED)(self._checked)

    def check(self, address: str, purpose: Purpose) -> URL:
        """Return the URL to fetch, upgraded to https where it is Apple's.

        The query is kept byte for byte, since it may be signed.

        Raises:
            FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED.
        """
        return self._known(address, purpose)

    def _checked(self, address: str, purpose: Purpose) -> URL:
        if not _PLAIN_URL.fullmatch(address):
            raise refused("")
        try:
            url = URL(address, encoded=True)
            # These look closer than the constructor does, and can raise as well.
            origin, host, port = url.origin(), url.raw_host or "", url.explicit_port
        except ValueError:
            raise refused("") from None
        if "@" in url.raw_authority:
            raise refused(host)
        if origin in self._origins[purpose]:
            return url
        allowed = _is_apple(host, purpose) or (purpose is Purpose.LIVE and self._is_live(host))
        if port is not None or not allowed:
            raise refused(host)
        return url.with_scheme("https")

    def _is_live(self, host: str) -> bool:
        return bool(_HOST_NAME.fullmatch(host)) and any(
            host == each or host.endswith(f".{each}") for each in self._live_hosts
        )

    def configured_hosts(self) -> frozenset[str]:
        """Return the host names and addresses that configuration names."""
        return frozenset(origin.host or "" for origin in self._origins[Purpose.MEDIA])


def _is_apple(host: str, purpose: Purpose) -> bool:
    if not _HOST_NAME.fullmatch(host):
        return False
    if host in _TOKEN_HOSTS:
        return True
    return purpose is not Purpose.TOKENS and (
        host in _MEDIA_HOSTS or host.endswith(_MEDIA_SUFFIXES)
    )


def refused(host: str) -> FailedPreconditionError:
    """Build the error; `host` is shown only when it is a host name or an IP address."""
    shown = host if re.fullmatch(r"[0-9a-z.:-]{1,253}", host) else "unreadable"
    return FailedPreconditionError(
        Reason.UPSTREAM_ADDRESS_REFUSED,
        f"Apple's answer points to {shown}, from where this server does not fetch",
        metadata={"host": shown},
    )


def redirect_target(url: URL, location: str) -> tuple[str, str]:
    """Return where a redirect from `url` leads, yet to be checked, and the host's name.

    Raises:
        FailedPreconditionError: UPSTREAM_ADDRESS_REFUSED, `location` is no address.
    """
    try:
        target = url.join(URL(location, encoded=True))
        return str(target), target.raw_host or ""
    except ValueError:
        raise refused("") from None
