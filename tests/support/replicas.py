"""Servers as processes on one PostgreSQL, behind a proxy, as a cluster runs them."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from applemusic_server.storage.key_file import KeyFile
from applemusic_simulator.simulator import Simulator
from tests.support.databases import Databases
from tests.support.nginx import find_nginx, free_port, until_it_listens
from tools.stack import Process

# nginx tries the next replica when one is not there, and when one goes before it has answered: all
# calls of gRPC are POST, which nginx repeats only when it is told that it may (docs/kubernetes.md).
# What a replica answers, refusals too, is its word.
_PROXY = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log notice;
daemon off;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream replicas {{
{replicas}
    keepalive 16;
  }}
  server {{
    listen 127.0.0.1:{port} http2;
    http2_max_concurrent_streams 256;
    client_max_body_size 0;
    location / {{
      grpc_pass grpc://replicas;
      grpc_next_upstream error timeout non_idempotent;
      grpc_read_timeout 1h;
      grpc_send_timeout 1h;
    }}
    location ~ ^/applemusic\\.v1\\.LibraryService/(Move|Remove)PlaylistTracks$ {{
      grpc_pass grpc://replicas;
    }}
  }}
}}
"""


@dataclass
class Replica:
    """One server.

    Attributes:
        grpc_port: Where it serves, whenever it runs.
        web_port: Where its metrics are.
    """

    grpc_port: int
    web_port: int
    environment: dict[str, str]
    _process: Process | None = field(default=None, repr=False)

    @property
    def process(self) -> Process:
        """The process that runs now, or ran last."""
        if self._process is None:
            raise RuntimeError("the replica was not started")
        return self._process

    async def start(self) -> None:
        """Run until it is ready."""
        self._process = await Process.start(
            "applemusic_server", "serve", environment=self.environment
        )
        await self._process.ready(r"^ready grpc=")

    async def stop(self) -> None:
        """End it by SIGTERM, and wait until it has."""
        code = await self.process.stop()
        assert code == 0, f"a replica ended with {code}:\n{self.process.tail()}"


@asynccontextmanager
async def replicas(
    count: int, simulator: Simulator, databases: Databases, folder: Path, **settings: str
) -> AsyncIterator[list[Replica]]:
    """Run servers that share a database and a key.

    Args:
        settings: Of all of them, as SECTION__KEY="value".
    """
    environment = {
        **await _shared(simulator, databases, folder),
        **{f"APPLEMUSIC_{name}": value for name, value in settings.items()},
    }
    found = []
    for _ in range(count):
        ports = free_port(), free_port()
        own = {"APPLEMUSIC_GRPC__PORT": str(ports[0]), "APPLEMUSIC_WEB__PORT": str(ports[1])}
        found.append(Replica(*ports, {**environment, **own}))
    started: list[Replica] = []
    try:
        for each in found:
            await each.start()
            started.append(each)
        yield found
    finally:
        for each in started:
            if each.process.child.returncode is None:
                each.process.child.kill()  # how one goes down was tried; now nobody scrapes
            await each.process.stop()


async def _shared(simulator: Simulator, databases: Databases, folder: Path) -> dict[str, str]:
    password, token = folder / "password", folder / "developer-token"
    for path, value in (
        (password, databases.server.password),
        (token, simulator.developer_token()),
    ):
        path.touch(mode=0o600)
        path.write_text(value)
    key = KeyFile(folder / "shared.key")
    key.create()
    return {
        "APPLEMUSIC_STORAGE__URL": databases.server.url(await databases.empty(), password=False),
        "APPLEMUSIC_STORAGE__PASSWORD_FILE": str(password),
        "APPLEMUSIC_STORAGE__ENCRYPTION_KEY_FILE": str(key.path),
        "APPLEMUSIC_DEVELOPER_TOKEN__TOKEN_FILE": str(token),
        "APPLEMUSIC_WIDEVINE__DEVICE_FILE": str(simulator.widevine_device()),
        "APPLEMUSIC_APPLE__ROOT_URL": simulator.url,
        "APPLEMUSIC_LOG__FORMAT": "json",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }


@asynccontextmanager
async def proxy(behind: list[Replica], folder: Path) -> AsyncIterator[str]:
    """Run nginx before them; yield the address for gRPC."""
    program, port = find_nginx(), free_port()
    configuration = folder / "nginx.conf"
    lines = [
        f"    server 127.0.0.1:{each.grpc_port} max_fails=1 fail_timeout=1s;" for each in behind
    ]
    configuration.write_text(
        _PROXY.format(folder=folder, port=port, replicas="\n".join(lines)), encoding="utf-8"
    )
    process = await asyncio.create_subprocess_exec(
        *(program, "-p", str(folder), "-c", str(configuration)), stderr=asyncio.subprocess.PIPE
    )
    try:
        await until_it_listens(process, port)
        yield f"127.0.0.1:{port}"
    finally:
        if process.returncode is None:
            process.terminate()
        await process.communicate()
