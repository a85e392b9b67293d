"""The HTTP session to Apple and what it must never connect to."""

import ipaddress
import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from applemusic_server.upstream.addresses import AddressPolicy
from applemusic_server.upstream.endpoints import Endpoints

# No limit here, where a request would wait for a connection that a paced stream holds for minutes:
# streams are bounded by playback's own limit, all other requests by the gate.
_MOST_CONNECTIONS = 0
_KEEP_ALIVE_SECONDS = 75.0
_DNS_CACHE_SECONDS = 60


class PublicResolver(AbstractResolver):
    """Resolves names and drops answers that lie in this network: a name of Apple's never does.

    Checking after the lookup is what defeats a name that changes its address in between.

    Args:
        inner: Does the lookup.
        trusted: Names that configuration put there; all their addresses are good.
    """

    def __init__(self, inner: AbstractResolver, trusted: frozenset[str]) -> None:
        self._inner = inner
        self._trusted = trusted

    async def resolve(
        self,
        host: str,
        port: int = 0,
        family: socket.AddressFamily = socket.AF_INET,
    ) -> list[ResolveResult]:
        """Return the public addresses of `host`.

        Raises:
            OSError: There is none.
        """
        found = await self._inner.resolve(host, port, family)
        if host in self._trusted:
            return found
        public = [each for each in found if ipaddress.ip_address(each["host"]).is_global]
        if not public:
            raise OSError(None, "the name has no public address")
        return public

    async def close(self) -> None:
        """Close the inner resolver."""
        await self._inner.close()


def open_session(
    endpoints: Endpoints, *, resolver: AbstractResolver | None = None
) -> aiohttp.ClientSession:
    """Open the one session of the process; the caller closes it. Needs a running event loop.

    No cookies are kept, no proxy is taken from the environment, and names that point into the local
    network are not connected to, unless `endpoints` names them.
    """
    trusted = (
        AddressPolicy(endpoints).configured_hosts() - AddressPolicy(Endpoints()).configured_hosts()
    )
    connector = aiohttp.TCPConnector(
        limit=_MOST_CONNECTIONS,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        ttl_dns_cache=_DNS_CACHE_SECONDS,
        resolver=PublicResolver(resolver or aiohttp.ThreadedResolver(), trusted),
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=True,
    )
