"""Where a visitor comes from, also through proxies that the operator trusts to say it."""

import ipaddress
from collections.abc import Iterable
from typing import Final

from aiohttp import web

from applemusic_server.domain.caller_network import network_of

_HEADER: Final = "X-Forwarded-For"
_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ClientAddresses:
    """Tells visitors apart, for counting what they try.

    Anybody can send the header: it counts only as far as trusted proxies have written it, each of
    which adds, at the end, whom it was asked by.

    Args:
        trusted: Addresses and networks of the proxies.
    """

    def __init__(self, trusted: Iterable[str] = ()) -> None:
        self._trusted = tuple(ipaddress.ip_network(each, strict=False) for each in trusted)

    def network_of(self, request: web.Request) -> str:
        """Return the address that a request came from, or the /64 of an IPv6 address."""
        remote = request.remote or ""
        found = _address(remote)
        if found is None or not self._trusts(found):
            return network_of(remote)
        told = ",".join(request.headers.getall(_HEADER, [])).split(",")
        for text in reversed(told):
            address = _address(text)
            if address is None:
                break  # Nothing before it was written by a proxy that knows the format.
            found = address
            if not self._trusts(found):
                break
        return network_of(str(found))

    def _trusts(self, address: _Address) -> bool:
        return any(address in network for network in self._trusted)


def _address(text: str) -> _Address | None:
    """Read an address as proxies write it, some with a port."""
    bare = text.strip()
    if bare.startswith("["):
        bare = bare[1:].partition("]")[0]
    elif bare.count(":") == 1:
        bare = bare.partition(":")[0]
    try:
        address = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
