"""Whom to count an address for: the network that one household or one machine has."""

import ipaddress
from typing import Final
from urllib.parse import unquote

# One subscriber has at least so many addresses of IPv6; to count each of them is to count nobody.
_HOME_BITS: Final = 64


def network_of(address: str) -> str:
    """Return an IPv4 address as it is, the /64 of an IPv6 address, and any other text unchanged."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, _HOME_BITS), strict=False))


def network_of_peer(peer: str) -> str:
    """Return the same for a peer as gRPC names it, e.g. `ipv6:[::1]:4711`; a port never counts."""
    kind, _, rest = unquote(peer).partition(":")
    if kind not in {"ipv4", "ipv6"}:
        return kind
    return network_of(rest.rpartition(":")[0].strip("[]"))
