"""Starts the files of an image as a container engine would, and looks at what they do."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.stage_replay import Built, enter_command

_IMPORTS = "import asyncpg, av, grpc, pywidevine, segno, applemusic, applemusic_server"
_LONGEST = 30.0


class TrialError(Exception):
    """The image does not do what it should."""


class Trial:
    """One image, read-only, with nothing but a loopback, and a folder for each of its volumes."""

    def __init__(self, built: Built, work: Path) -> None:
        """Make the volumes: an engine gives a new one the owner and mode of the image's folder."""
        self._built = built
        self._writable = {"/tmp": work / "tmp"}  # noqa: S108 - of the image
        (work / "tmp").mkdir(parents=True)
        (work / "tmp").chmod(0o1777)
        for volume in built.volumes:
            there = built.inside(volume).stat()
            folder = work / volume.strip("/")
            folder.mkdir(mode=there.st_mode & 0o7777)
            os.chown(folder, there.st_uid, there.st_gid)
            self._writable[volume] = folder

    def run(self) -> Iterator[str]:
        """Try the server's image; yield what is good.

        Raises:
            TrialError: Something is not.
        """
        yield self._libraries()
        self._ask("python", "-c", _IMPORTS)
        yield "everything that is optional can be imported: playback, PCM, PostgreSQL, sign-in"
        if "configuration is good" not in self._ask("applemusic-server", "config", "check"):
            raise TrialError("the image's own configuration is not good")
        yield "its configuration is good"
        with self._started({}) as refused:
            said = refused.communicate(timeout=_LONGEST)[0]
            _expect(refused.returncode, 1, said)
            if "nobody has an access token" not in said:
                raise TrialError(f"it should ask for an access token:\n{said}")
        yield "without an access token it does not start, and says so"
        token = ["access-token", "create", "trial", "--all-accounts", "--output", "/data/token"]
        self._ask("applemusic-server", *token)
        yield from self._serves()

    def simulator(self) -> str:
        """Try the simulator's image; return what is good."""
        with self._started({}) as process:
            _until_ready(process)
            _stop(process)
        return "the simulator starts, and ends on SIGTERM"

    def _serves(self) -> Iterator[str]:
        with self._started({}) as process:
            _until_ready(process)
            status = Path(f"/proc/{_inner(process)}/status").read_text("utf-8")
            facts = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
            if facts["Uid"].split() != ["65532"] * 4 or facts["NoNewPrivs"] != "1":
                raise TrialError(f"it has powers that it should not have:\n{status}")
            if int(facts["CapEff"], 16) or int(facts["CapPrm"], 16):
                raise TrialError(f"it has capabilities:\n{status}")
            yield "it serves, offline, as user 65532 without a capability, on a read-only root"
            health = ["nsenter", f"--net=/proc/{_inner(process)}/ns/net", "--"]
            command = self._command(self._built.health, offline=False)
            done = subprocess.run([*health, *command], capture_output=True, text=True, check=False)
            _expect(done.returncode, 0, done.stdout + done.stderr)
            yield f"HEALTHCHECK says {done.stdout.strip()}"
            _stop(process)
        yield "SIGTERM to process 1 ends it with 0"
        left = sorted(path.name for path in self._writable["/tmp"].iterdir())  # noqa: S108 - see above
        if left:
            raise TrialError(f"it left files in /tmp: {left}")
        yield "it left nothing in /tmp"

    def _libraries(self) -> str:
        script = (
            "find /opt -name '*.so*' -type f | while read -r file; do "
            'ldd "$file" 2>/dev/null | grep \'not found\' | sed "s#^#$file:#"; done'
        )
        missing = self._ask("/bin/sh", "-c", script)
        if missing.strip():
            raise TrialError(f"libraries are missing:\n{missing}")
        return "every library finds those that it needs"

    def _command(self, command: list[str], *, offline: bool = True) -> list[str]:
        return enter_command(
            self._built,
            command,
            environment=self._built.environment,
            read_only=True,
            offline=offline,
            writable=self._writable,
        )

    def _ask(self, *command: str) -> str:
        done = subprocess.run(
            self._command(list(command)), capture_output=True, text=True, check=False
        )
        _expect(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    @contextmanager
    def _started(self, environment: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
        built = self._built
        command = self._command([*built.entry_point, *built.command])
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, **environment},
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.kill()


def _until_ready(process: "subprocess.Popen[str]") -> None:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.startswith("ready "):
            return
    raise TrialError("it did not start:\n" + "".join(said))


def _stop(process: "subprocess.Popen[str]") -> None:
    os.kill(_inner(process), signal.SIGTERM)
    said = process.communicate(timeout=_LONGEST)[0]
    _expect(process.returncode, 0, said)


def _inner(process: "subprocess.Popen[str]") -> int:
    """The process that `unshare` started: number 1 of its own."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8")
    return int(children.split()[0])


def _expect(code: int | None, wanted: int, said: str) -> None:
    if code != wanted:
        raise TrialError(f"exit code {code}, not {wanted}:\n{said[-4000:]}")
