"""Which URLs and networks the settings take."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "::1", "localhost"})
# Addresses of pages stand in headers, where other characters would mean something else.
_HOST_NAME: Final = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}")
_PLAIN: Final = re.compile(r"[A-Za-z0-9:/._~%@\[\]-]+")


def checked_base_url(value: str) -> str:
    """Return a URL that tokens may be sent to, or the empty text, as it is.

    Raises:
        ValueError: It is something else. The message does not repeat it: it may hold a password.
    """
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "is not an http or https URL"
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "a base URL has no user, query or fragment"
        raise ValueError(msg)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        msg = "tokens are sent there, so http is for loopback only; use https"
        raise ValueError(msg)
    return value


def checked_base_urls(value: Mapping[str, str]) -> Mapping[str, str]:
    """Return base URLs by host, as they are.

    Raises:
        ValueError: One of them is none; the message names its host.
    """
    for host, url in value.items():
        try:
            if not url:
                msg = "is empty"
                raise ValueError(msg)  # noqa: TRY301 - said with the host, as the others
            checked_base_url(url)
        except ValueError as error:
            msg = f"{host}: {error}"
            raise ValueError(msg) from None
    return value


def checked_web_url(value: str) -> str:
    """Return an address that a browser can be sent to, without a slash at its end.

    Raises:
        ValueError: It is something else, and not the empty text either.
    """
    if not value:
        return value
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        msg = "is not an http or https URL"
        raise ValueError(msg)
    if parts.username or parts.password or parts.query or parts.fragment:
        msg = "an address of the pages has no user, query or fragment"
        raise ValueError(msg)
    if not _PLAIN.fullmatch(value):
        msg = "an address of the pages has no blanks, quotes, commas or semicolons"
        raise ValueError(msg)
    if "//" in parts.path:
        msg = "the path of the pages has an empty part: two slashes, one after the other"
        raise ValueError(msg)
    return value.rstrip("/")


def checked_origins(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return origins as browsers write them.

    Raises:
        ValueError: One of them is none.
    """
    return tuple(_origin(each) for each in value)


def checked_frame_ancestors(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return origins, or `self` as it is.

    Raises:
        ValueError: One of them is neither.
    """
    return tuple(each if each == "self" else _origin(each) for each in value)


def checked_host_names(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return names of hosts in lower case.

    Raises:
        ValueError: One of them is none: a host of the internet has a dot in its name and is not
            written with a scheme, a port or a path.
    """
    names = tuple(each.lower() for each in value)
    if not all(_HOST_NAME.fullmatch(each) for each in names):
        msg = "a host name looks like radio.example.org: no scheme, port, path or address"
        raise ValueError(msg)
    return names


def checked_networks(value: tuple[str, ...]) -> tuple[str, ...]:
    """Return addresses and networks, as they are.

    Raises:
        ValueError: One of them is none, or they are all addresses there are.
    """
    for each in value:
        try:
            network = ipaddress.ip_network(each, strict=False)
        except ValueError:
            msg = "is not an address or a network, e.g. 172.30.32.2 or 10.0.0.0/8"
            raise ValueError(msg) from None
        if network.prefixlen == 0:
            msg = "trusts everybody: name the proxies"
            raise ValueError(msg)
    return value


def _origin(value: str) -> str:
    if not value:
        msg = "an origin is empty"
        raise ValueError(msg)
    checked_web_url(value)
    if urlsplit(value).path not in {"", "/"}:
        msg = "an origin has no path"
        raise ValueError(msg)
    return value.rstrip("/").lower()
