"""A real Music Assistant, headless and on loopback, with the provider's folder linked in.

Whoever runs this has it installed and names its interpreter. Nothing of the installation is
changed: it runs from a folder of links, in which `providers` has a few more. The provider is the
folder with its client in it, as `make music-assistant` puts it together.
"""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.support.ma.host import FOLDER
from tools.music_assistant import put_together, requirements

PLAYER_ID = "headless"
TEST_PROVIDERS = Path(__file__).with_name("live_providers")
_START_SECONDS = 90.0
_STOP_SECONDS = 30.0
# What Music Assistant would set up by itself, looking for players in the network.
_NOT_SET_UP = ["airplay", "chromecast", "dlna", "sonos", "bluesound", "heos", "squeezelite"]
_ASK = """
import json, sys, platform
from importlib.metadata import version, PackageNotFoundError
from importlib.util import find_spec
def of(name):
    try: return version(name)
    except PackageNotFoundError: return ""
spec = find_spec("music_assistant")
print(json.dumps({
    "folder": list(spec.submodule_search_locations)[0] if spec else "",
    "client": all(of(each) for each in ("grpcio", "protobuf", "googleapis-common-protos")),
    "python": platform.python_version(),
    "versions": {each: of(each) for each in (
        "music_assistant", "music-assistant-models", "music-assistant-frontend",
        "grpcio", "protobuf")},
}))
"""


class LiveError(Exception):
    """Music Assistant did not do what was asked."""


@dataclass(frozen=True)
class Installation:
    """An installed Music Assistant."""

    python: str
    folder: Path
    versions: dict[str, str]

    @property
    def setup_flows(self) -> bool:
        """Whether providers are set up by flows, not by settings with buttons."""
        return (self.folder / "models" / "setup_flow.py").exists()

    @classmethod
    def of(cls, python: str) -> "Installation":
        """Look at what an interpreter has.

        Raises:
            LiveError: It has no Music Assistant, or not what the client needs: Music Assistant
                would install it, but not everywhere are its indexes within reach.
        """
        done = subprocess.run(  # noqa: S603 - the person who runs the test named it
            [python, "-c", _ASK], capture_output=True, text=True, check=False, cwd="/"
        )
        if done.returncode:
            raise LiveError(f"{python} does not run: {done.stderr[-500:]}")
        found = json.loads(done.stdout)
        if not found["folder"]:
            raise LiveError(f"{python} has no package music_assistant")
        if not found["client"]:
            raise LiveError(f"{python} lacks one of {requirements()}: install them into it")
        return cls(python, Path(found["folder"]), {"python": found["python"], **found["versions"]})

    def link_into(self, folder: Path) -> Path:
        """Make a package of links, with more providers; return what belongs on the path."""
        package = folder / "music_assistant"
        providers = package / "providers"
        providers.mkdir(parents=True)
        for each in self.folder.iterdir():
            if each.name not in {"providers", "__pycache__"}:
                (package / each.name).symlink_to(each)
        for each in (self.folder / "providers").iterdir():
            if each.name != "__pycache__":
                (providers / each.name).symlink_to(each)
        put_together(folder / FOLDER.name)
        for each in (folder / FOLDER.name, *TEST_PROVIDERS.iterdir()):
            if (each / "manifest.json").exists():
                (providers / each.name).symlink_to(each)
        return folder


@dataclass
class LiveHost:
    """A running Music Assistant.

    Attributes:
        notes: Where the headless player writes what came when.
        sounds: What it heard first of each item, by its number; in memory alone.
    """

    url: str
    process: asyncio.subprocess.Process
    log: Path
    notes: Path
    session: aiohttp.ClientSession
    sounds: dict[int, bytes] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)

    async def command(self, command: str, **arguments: Any) -> Any:
        """Ask for something over its API, as its own pages do.

        Raises:
            LiveError: It refused.
        """
        body = {"message_id": command, "command": command, "args": arguments}
        async with self.session.post(
            f"{self.url}/api", json=body, headers=self.headers
        ) as response:
            text = await response.text()
            if response.status != 200:
                raise LiveError(f"{command}: {response.status} {text[:2000]}")
            return json.loads(text)

    async def add(
        self, domain: str, values: dict[str, Any], *, by_flow: bool, choice: str = ""
    ) -> str:
        """Add a provider as its pages do; return the instance's id.

        Args:
            domain: The provider.
            values: What is entered: all of it, or in the first step.
            by_flow: This Music Assistant sets providers up by flows.
            choice: The account, which is asked for in the step after.

        Raises:
            LiveError: It refused.
        """
        if not by_flow:
            added = await self.command(
                "config/providers/save", provider_domain=domain, values=values
            )
            return str(added["instance_id"])
        step = await self.command("config/providers/setup", provider_domain=domain)
        answers = {"server": values, "account": {"choice": choice}}
        while step["type"] == "form" and not step["errors"]:
            step = await self.command(
                "config/flows/submit", flow_id=step["flow_id"], values=answers[step["step_id"]]
            )
        if step["type"] != "finish":
            raise LiveError(f"the setup of {domain} ended with {step}")
        return str(step["result"]["instance_id"])

    async def until(
        self, what: Callable[[], Any], *, seconds: float = 30.0, every: float = 0.2
    ) -> Any:
        """Ask again and again until the answer is true."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = what()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(every)
        raise LiveError(f"nothing after {seconds:g} s; the log ends with:\n{self.tail()}")

    def events(self) -> list[dict[str, Any]]:
        """What the headless player noted."""
        if not self.notes.exists():
            return []
        return [json.loads(line) for line in self.notes.read_text("utf-8").splitlines()]

    def forget(self) -> None:
        """Begin the notes anew."""
        self.notes.write_text("")

    def tail(self, lines: int = 40) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-lines:])

    async def sign_up(self) -> None:
        """Make the first user, as the first visit does."""
        body = {"username": "tester", "password": "not a secret", "device_name": "test"}
        async with self.session.post(f"{self.url}/setup", json=body) as response:
            found = await response.json()
            if not found.get("success"):
                raise LiveError(f"/setup: {found}")
        self.headers["Authorization"] = f"Bearer {found['token']}"

    async def settled(self) -> None:
        """Wait until it has loaded what it loads at the start: before 2.8 it does not say so."""
        before: list[str] = []
        for _ in range(100):
            await asyncio.sleep(1)
            now = sorted(each["instance_id"] for each in await self.command("providers"))
            if now and now == before:
                return
            before = now

    async def stop(self) -> int:
        """End it as a service manager does; return its exit code."""
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), _STOP_SECONDS)
            except TimeoutError:
                self.process.kill()
                await self.process.wait()
        return self.process.returncode or 0


@asynccontextmanager
async def running(
    installation: Installation, folder: Path, environment: dict[str, str] | None = None
) -> AsyncIterator[LiveHost]:
    """Run Music Assistant on loopback, with an empty data folder, until the block ends."""
    ports = free_ports(2)
    await asyncio.to_thread(prepare, installation, folder, ports)
    notes, log = folder / "notes.jsonl", folder / "music-assistant.log"
    sounds: dict[int, bytes] = {}

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = int(await reader.readline())
        sounds[number] = b""
        while data := await reader.read(65536):
            sounds[number] += data
        writer.close()

    ear = await asyncio.start_server(hear, "127.0.0.1", 0)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(installation.python, "-m", "music_assistant", "--log-level", "debug"),
            *("--data-dir", str(folder / "data"), "--cache-dir", str(folder / "cache")),
            cwd=folder,
            env={
                **os.environ,
                "HOME": str(folder / "home"),
                # The client of this repository, not one that may be installed with the others.
                "PYTHONPATH": os.pathsep.join(
                    (str(folder / "linked"), str(folder / "linked" / FOLDER.name / "client"))
                ),
                "PATH": os.pathsep.join((os.environ["PATH"], str(folder / "tools"))),
                "HEADLESS_PLAYER_LOG": str(notes),
                "HEADLESS_PLAYER_EAR": str(ear.sockets[0].getsockname()[1]),
                "SILENT_MUSIC_FILE": str(folder / "silence.mp4"),
                **(environment or {}),
            },
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{ports[0]}"
    async with ear, aiohttp.ClientSession(trust_env=False) as session:
        host = LiveHost(url, process, log, notes, session, sounds)
        try:
            await host.until(lambda: _up(host), seconds=_START_SECONDS)
            await host.sign_up()
            await host.settled()
            yield host
        finally:
            await host.stop()


def prepare(installation: Installation, folder: Path, ports: Sequence[int]) -> None:
    """Lay out what it runs from."""
    for name in ("data", "cache", "home", "tools"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    installation.link_into(folder / "linked")
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        from imageio_ffmpeg import get_ffmpeg_exe  # noqa: PLC0415 - where there is no other

        ffmpeg = get_ffmpeg_exe()
    (folder / "tools" / "ffmpeg").symlink_to(ffmpeg)
    subprocess.run(  # noqa: S603 - the program just found
        [
            *(ffmpeg, "-v", "error", "-f", "lavfi", "-i", "anullsrc=r=44100:cl=stereo", "-t", "12"),
            *(
                "-c:a",
                "aac",
                "-b:a",
                "256k",
                "-movflags",
                "frag_keyframe+empty_moov+default_base_moof",
            ),
            *("-frag_duration", "6000000", str(folder / "silence.mp4")),
        ],
        check=True,
        timeout=60,
    )
    settings = {
        "core": {
            "webserver": _core("webserver", ports[0], f"http://127.0.0.1:{ports[0]}"),
            "streams": _core("streams", ports[1], ""),
            "metadata": {"domain": "metadata", "values": {"enable_online_metadata": False}},
        },
        "default_providers_setup": _NOT_SET_UP,
    }
    (folder / "data" / "settings.json").write_text(json.dumps(settings))


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _core(domain: str, port: int, url: str) -> dict[str, Any]:
    values: dict[str, Any] = {"bind_ip": "127.0.0.1", "bind_port": port}
    values |= {"base_url": url} if url else {"publish_ip": "127.0.0.1"}
    return {"domain": domain, "values": values}


async def _up(host: LiveHost) -> bool:
    if host.process.returncode is not None:
        raise LiveError(f"it ended with {host.process.returncode}:\n{host.tail()}")
    try:
        async with host.session.get(f"{host.url}/info") as response:
            found = await response.json()
            # Before 2.8 it says nothing of the kind: it answers when it is up.
            return bool(found.get("status", "running") == "running")
    except (aiohttp.ClientError, OSError):
        return False
