"""Trying Apple's hosts: names, connections, certificates; nobody but this machine is asked."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from applemusic_server.application.diagnostic_check import CheckStatus, Finding
from applemusic_server.doctor import hosts
from applemusic_server.doctor.hosts import AppleHost, HostLook, apple_hosts, resolve_name
from applemusic_server.upstream.endpoints import Endpoints
from tests.support.certificates import Authority

NAME = "api.music.apple.com"
API = apple_hosts(Endpoints())[0]
Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


def resolving(*addresses: str) -> Resolve:
    async def resolve(name: str, port: int) -> Sequence[str]:
        del name, port
        if not addresses:
            raise OSError
        return addresses

    return resolve


@asynccontextmanager
async def listening(context: ssl.SSLContext | None = None) -> AsyncIterator[AppleHost]:
    """A host that is configured to be on this machine."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", 0, ssl=context)
    async with server:
        port = server.sockets[0].getsockname()[1]
        scheme = "http" if context is None else "https"
        yield replace(API, base_url=f"{scheme}://{NAME}:{port}", is_apples=False)


def identified(folder: Path, authority: Authority, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority.identity(name, (name,)).write(folder, "host"))
    return context


def trusting(authority: Authority) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=authority.certificate.decode())


async def look(host: AppleHost, resolve: Resolve, context: ssl.SSLContext | None = None) -> Finding:
    return await HostLook(resolve, context, lambda: 0.0).look(host)


def test_every_host_of_apples_is_tried() -> None:
    found = apple_hosts(Endpoints(api="http://127.0.0.1:1"))
    assert len(found) == len(Endpoints().all())
    assert [host.is_apples for host in found].count(False) == 1
    assert all(host.loss for host in found)


async def test_a_host_that_answers(tmp_path: Path) -> None:
    authority = Authority()
    here = resolving("127.0.0.1")
    async with listening(identified(tmp_path, authority, NAME)) as host:
        found = await look(host, here, trusting(authority))
    assert found.status is CheckStatus.OK
    assert found.message.startswith("TLSv1.3 in 0 ms")

    async with listening() as host:
        found = await look(host, here)
    assert found.status is CheckStatus.OK
    assert "without TLS" in found.message


@pytest.mark.parametrize("mistake", ["stranger", "name"])
async def test_a_certificate_that_is_not_apples(tmp_path: Path, mistake: str) -> None:
    authority = Authority()
    shown = identified(tmp_path, authority, NAME if mistake == "stranger" else "example.org")
    trusted = trusting(Authority("Another") if mistake == "stranger" else authority)
    async with listening(shown) as host:
        found = await look(host, resolving("127.0.0.1"), trusted)

    assert found.status is CheckStatus.FAILED
    assert "its certificate is not accepted" in found.message
    assert "CA certificates" in found.remedy


async def test_an_address_that_is_broken_does_not_hide_a_good_one() -> None:
    async with listening() as host:
        found = await look(host, resolving("::1", "127.0.0.1"))
    assert found.status is CheckStatus.OK


@pytest.mark.parametrize(
    ("resolve", "said"),
    [
        (resolving(), "DNS knows no such name"),
        (resolving("127.0.0.1", "192.168.1.2", "fe80::1%eth0"), "of this machine or network"),
        (resolving("0.0.0.0"), "of this machine or network"),  # noqa: S104 - a filter's answer
    ],
)
async def test_names_that_lead_nowhere(resolve: Resolve, said: str) -> None:
    found = await look(API, resolve)
    assert found.status is CheckStatus.FAILED
    assert said in found.message
    assert "nothing works without it" in found.message
    assert found.remedy


async def test_what_only_a_part_needs_is_a_warning_and_an_upload_host_nothing() -> None:
    found = {host.name: await look(host, resolving()) for host in apple_hosts(Endpoints())}
    statuses = {name: finding.status for name, finding in found.items()}
    assert statuses["play.itunes.apple.com"] is CheckStatus.FAILED
    assert statuses["amp-api.music.apple.com"] is CheckStatus.WARNING
    assert statuses["store-001.blobstore.apple.com"] is CheckStatus.SKIPPED


async def test_nobody_listens_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    host = replace(API, base_url=f"http://{NAME}:{port}", is_apples=False)
    found = await look(host, resolving("127.0.0.1"))
    assert found.status is CheckStatus.FAILED
    assert "no connection" in found.message


async def test_a_name_server_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(name: str, port: int) -> Sequence[str]:
        del name, port
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(hosts, "_RESOLVE_SECONDS", 0.01)
    assert "DNS does not answer" in (await look(API, hang)).message


async def test_this_machine_resolves_names() -> None:
    assert "127.0.0.1" in await resolve_name("127.0.0.1", 80)
    with pytest.raises(OSError, match="is not known"):
        await resolve_name("a..b", 80)


def test_one_address_of_each_kind_is_tried() -> None:
    addresses = ["2a01::1", "2a01::2", "17.0.0.1", "17.0.0.2"]
    assert hosts._one_of_each_kind(addresses) == ["2a01::1", "17.0.0.1"]
    assert hosts._one_of_each_kind(addresses[2:]) == ["17.0.0.1"]
