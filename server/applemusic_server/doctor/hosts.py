"""Whether Apple's hosts can be reached: name, connection, certificate."""

import asyncio
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from typing import Final
from urllib.parse import urlsplit

from applemusic_server.application.diagnostic_check import CheckStatus, Finding, fine, skipped
from applemusic_server.domain.errors import Reason
from applemusic_server.upstream.endpoints import Endpoints

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]

# Together less than the time of a check.
_RESOLVE_SECONDS: Final = 3.0
_CONNECT_SECONDS: Final = 3.0
_ALL: Final = "nothing works without it"
_SONGS: Final = "songs do not play without it"
# Which of them there are is not known: that this one is missing need not mean anything.
_UPLOADS: Final = "uploads come from hosts like it, with other numbers"
# What is lost without a host, and whether that is more than a part.
_NEEDED: Final = {
    "api": (_ALL, True),
    "amp_api": ("lyrics and some changes of the library are missing without it", False),
    "play": (_SONGS, True),
    "play_music": (_SONGS, True),
    "cdn": (_SONGS, True),
    "previews": ("previews do not play without it", False),
    "uploads": (_UPLOADS, False),
    "artwork": ("pictures are missing without it", False),
    "musickit": ("nobody can sign in on the page without it", False),
}


@dataclass(frozen=True, slots=True)
class AppleHost:
    """A host of Apple's, and where configuration finds it.

    Attributes:
        name: As Apple calls it, e.g. `api.music.apple.com`.
        base_url: Where it is looked for.
        is_apples: That is Apple's own address, not a simulator's or a proxy's.
        loss: What is lost without it.
        is_essential: Whether that is more than a part.
    """

    name: str
    base_url: str
    is_apples: bool
    loss: str
    is_essential: bool


def apple_hosts(endpoints: Endpoints) -> list[AppleHost]:
    """Return every host, the most important first."""
    usual = Endpoints()
    return [
        AppleHost(
            name=urlsplit(getattr(usual, each.name)).hostname or "",
            base_url=getattr(endpoints, each.name),
            is_apples=getattr(endpoints, each.name) == getattr(usual, each.name),
            loss=_NEEDED[each.name][0],
            is_essential=_NEEDED[each.name][1],
        )
        for each in fields(Endpoints)
    ]


class HostLook:
    """Tries hosts.

    Args:
        resolve: Returns the addresses of a name; raises OSError.
        context: How TLS is spoken; None for the usual way, with the machine's certificates.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        resolve: Resolve | None = None,
        context: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._resolve = resolve or resolve_name
        self._context = context
        self._clock = clock

    async def look(self, host: AppleHost) -> Finding:
        """Try one host; nothing is sent to it but what TLS needs."""
        begun = self._clock()
        url = urlsplit(host.base_url)
        name = url.hostname or ""
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            async with asyncio.timeout(_RESOLVE_SECONDS):
                addresses = await self._resolve(name, port)
        except TimeoutError:
            return _trouble(host, "DNS does not answer", "look into the DNS of this machine")
        except OSError:
            return _trouble(
                host, "DNS knows no such name", "look into the DNS of this machine, and any filter"
            )
        usable = [each for each in addresses if not host.is_apples or _is_public(each)]
        if not usable:
            return _trouble(
                host,
                "DNS answers with an address of this machine or network, which is not Apple's",
                "a DNS filter blocks Apple: let this name through",
            )
        return await self._connect(host, _one_of_each_kind(usable), port, begun)

    async def _connect(
        self, host: AppleHost, addresses: Sequence[str], port: int, begun: float
    ) -> Finding:
        url = urlsplit(host.base_url)
        context = (self._context or ssl.create_default_context()) if url.scheme == "https" else None
        finding: Finding | None = None
        for address in addresses:
            try:
                async with asyncio.timeout(_CONNECT_SECONDS):
                    spoken = await _greet(address, port, context, url.hostname or "")
            except TimeoutError:
                what = f"no connection within {_CONNECT_SECONDS:g} s"
                finding = _trouble(host, what, _NETWORK)
            except ssl.SSLCertVerificationError as error:
                return _trouble(
                    host,
                    f"its certificate is not accepted ({error.verify_message})",
                    "a proxy or filter on the way may open TLS; else the CA certificates of this "
                    "machine are missing or old, or its clock is wrong",
                )
            except ssl.SSLError:
                finding = _trouble(host, "TLS cannot be agreed on", _NETWORK)
            except OSError as error:
                finding = _trouble(host, f"no connection ({error.strerror or 'refused'})", _NETWORK)
            else:
                spent = round((self._clock() - begun) * 1000)
                place = "" if host.is_apples else ", at the address that is configured for it"
                return fine(f"{spoken} in {spent} ms{place}")
        return finding or _trouble(host, "it has no address", _NETWORK)


async def resolve_name(name: str, port: int) -> Sequence[str]:
    """Return the addresses of a name as this machine sees them.

    A lookup that hangs cannot be ended, so it gets a thread that nobody waits for.

    Raises:
        OSError: There are none.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def settle(addresses: list[str] | None) -> None:
        if answer.done():
            return
        if addresses is None:
            answer.set_exception(OSError(f"{name} is not known"))
        else:
            answer.set_result(addresses)

    def work() -> None:
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            addresses = None
        else:
            addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, addresses)

    threading.Thread(target=work, name="resolve", daemon=True).start()
    return await answer


_NETWORK: Final = "look into the network and the firewall of this machine; if they are well, wait"


async def _greet(address: str, port: int, context: ssl.SSLContext | None, name: str) -> str:
    _, writer = await asyncio.open_connection(
        address, port, ssl=context, server_hostname=name if context else None
    )
    try:
        spoken: ssl.SSLObject | None = writer.get_extra_info("ssl_object")
        return f"{spoken.version()}" if spoken is not None else "connected, without TLS,"
    finally:
        writer.transport.abort()


def _one_of_each_kind(addresses: Sequence[str]) -> list[str]:
    """Return the first IPv4 and the first IPv6 address: where one is broken the other counts."""
    first: dict[bool, str] = {}
    for address in addresses:
        first.setdefault(":" in address, address)
    return list(first.values())


def _is_public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_global
    except ValueError:
        return False


def _trouble(host: AppleHost, what: str, remedy: str) -> Finding:
    if host.loss is _UPLOADS:
        return skipped(f"{what}; {host.loss}")
    return Finding(
        CheckStatus.FAILED if host.is_essential else CheckStatus.WARNING,
        f"{what}; {host.loss}",
        remedy,
        Reason.UPSTREAM_UNAVAILABLE,
    )
