"""Who may use the sign-in pages: under which names they answer, and whose posts they take."""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from aiohttp import web

from applemusic_server.domain.secret import Secret

LOOPBACK_NAMES: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_BROWSER: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_COOKIE_SECONDS: Final = 3600


class Visitors:
    """Tells our own pages' requests from others'.

    A name can be made to point to any address by whoever owns it (DNS rebinding), so only names
    that the operator chose are answered to; an address is nobody's to point elsewhere.

    Args:
        public_url: Address of the pages as browsers see them; empty when they see this server.
        origins: Further ones, without a path.
        hosts: Further host names.
    """

    def __init__(
        self, public_url: str, origins: Iterable[str] = (), hosts: Iterable[str] = ()
    ) -> None:
        ours = [each for each in (public_url, *origins) if each]
        self._origins = frozenset(origin_of(each) for each in ours)
        self._hosts = (
            LOOPBACK_NAMES
            | {urlsplit(each).hostname or "" for each in ours}
            | {each.lower() for each in hosts}
        )

    def knows_host(self, request: web.Request) -> bool:
        """Whether a request came for a name or an address of ours."""
        host = host_name(request.headers.get("Host", ""))
        return host in self._hosts or _is_address(host)

    def is_own_post(self, request: web.Request) -> bool:
        """Whether one of our own pages sent a post: browsers say truly which origin did."""
        origin = request.headers.get("Origin", "").lower()
        if origin in self._origins:
            return True
        # No proxy in between that we know of: the origin is what the request came to.
        return origin == f"{request.scheme}://{request.headers.get('Host', '').lower()}"


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers write it."""
    parts = urlsplit(url)
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = parts.hostname or ""
    shown = f"[{host}]" if ":" in host else host
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{shown}{port}"


def host_name(host: str) -> str:
    """Return the name in a Host header without the port."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def browser_of(request: web.Request) -> Secret:
    """Return what a browser is known by; empty when it has no cookie of ours."""
    value = request.cookies.get(_cookie_name(request), "")
    return Secret(value if _BROWSER.fullmatch(value) else "")


def remember_browser(
    request: web.Request, response: web.Response, browser: Secret, *, framed: bool = False
) -> None:
    """Let a browser keep what it is known by; scripts cannot read it, other sites not send it.

    Args:
        request: A post of our own page, so that its origin is known.
        response: Takes the cookie.
        browser: The secret; an empty one takes the cookie away.
        framed: Other sites may show the page in a frame. Browsers keep strict cookies away there;
            with TLS they take one that is for this page in that frame alone (partitioned).
    """
    secure = _is_secure(request)
    attributes = (
        f"{_cookie_name(request)}={browser.reveal()}",
        f"Max-Age={_COOKIE_SECONDS if browser else 0}",
        "Path=/",
        "HttpOnly",
        *(("Secure",) if secure else ()),
        *(("SameSite=None", "Partitioned") if secure and framed else ("SameSite=Strict",)),
    )
    # By hand: the standard library knows `Partitioned` from Python 3.14 on.
    response.headers.add("Set-Cookie", "; ".join(attributes))


def csrf_token(browser: Secret) -> str:
    """Return what a page of this browser adds to its posts, which no other site can know."""
    return hmac.new(browser.reveal().encode(), b"csrf", hashlib.sha256).hexdigest()


def is_csrf_token(given: str, browser: Secret) -> bool:
    """Whether a post carries the token of its browser."""
    return bool(browser) and hmac.compare_digest(given.encode(), csrf_token(browser).encode())


def _is_secure(request: web.Request) -> bool:
    return request.headers.get("Origin", "").startswith("https:")


def _cookie_name(request: web.Request) -> str:
    """Return a name that servers on other ports of the same host do not share."""
    origin = request.headers.get("Origin", "").lower()
    place = hashlib.sha256(origin.encode()).hexdigest()[:8]
    return f"{'__Host-' if _is_secure(request) else ''}applemusic_sign_in_{place}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
