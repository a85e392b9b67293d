"""A real PostgreSQL server of the test run's own, on loopback, with a password."""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

_READY = "database system is ready to accept connections"
_SECONDS = 30
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    # What is lost in a crash of the machine is of no interest to a test.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "60",
    "max_wal_size": "64MB",
}


def find_programs() -> Path | None:
    """Return the folder with `initdb` and `postgres`; None when PostgreSQL is not installed."""
    found = shutil.which("initdb")
    if found and shutil.which("postgres"):
        return Path(found).resolve().parent
    # Debian keeps the programs of servers out of the way.
    folders = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda folder: float(folder.parent.name), default=None)


class PostgresServer:
    """Started when entered, stopped and removed when left.

    Attributes:
        user: Owner of everything.
        password: Theirs; the server takes no connection without it.
    """

    user = "tester"

    def __init__(self, programs: Path) -> None:
        """Take the folder with the programs."""
        self._programs = programs
        self.password = secrets.token_urlsafe(24)
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._said: list[str] = []
        # Not pytest's folder: PostgreSQL refuses to run as root, and its user may not enter there.
        self._folder = Path(tempfile.mkdtemp(prefix="applemusic-postgresql-"))
        self._run_as = _run_as(self._folder)

    def __enter__(self) -> Self:
        try:
            self._make_cluster()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop(signal.SIGQUIT)
        self._remove()

    def start(self) -> None:
        """Start and wait until it takes connections; on the port it had, if it ran before."""
        self.port = self.port or _free_port()
        settings = {**_SETTINGS, "port": str(self.port)}
        arguments = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self._said.clear()
        ready = threading.Event()
        self._process = subprocess.Popen(  # noqa: S603 - our own words only
            [*self._command("postgres"), *arguments],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "LC_ALL": "C"},
            cwd=self._folder,
        )
        threading.Thread(target=self._listen, args=(self._process, ready), daemon=True).start()
        if not ready.wait(_SECONDS) or self._process.poll() is not None:
            raise RuntimeError("PostgreSQL did not start:\n" + "".join(self._said))

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT cuts connections and closes cleanly, SIGQUIT is a crash."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(_SECONDS)
            self._process = None

    def pause(self, process: int) -> None:
        """Let the process behind one connection fall silent."""
        os.kill(process, signal.SIGSTOP)

    def resume(self, process: int) -> None:
        """Let it go on."""
        os.kill(process, signal.SIGCONT)

    def url(self, database: str, *, password: bool = True) -> str:
        """Return the URL of a database."""
        who = f"{self.user}:{self.password}" if password else self.user
        return f"postgresql://{who}@127.0.0.1:{self.port}/{database}"

    @property
    def said(self) -> str:
        """What the server wrote since it was started."""
        return "".join(self._said)

    def _make_cluster(self) -> None:
        secret = self._folder / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        subprocess.run(  # noqa: S603 - our own words only
            [
                *self._command("initdb"),
                *("--username", self.user, "--pwfile", str(secret), "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=self._folder,
            timeout=_SECONDS,
        )
        secret.unlink()

    def _command(self, program: str) -> list[str]:
        data = str(self._folder / "data")
        return [*self._run_as, str(self._programs / program), "-D", data]

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stderr is not None
        with process.stderr:
            for line in process.stderr:
                self._said.append(line)
                if re.search(_READY, line):
                    ready.set()
        ready.set()

    def _remove(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _run_as(folder: Path) -> list[str]:
    """Return what runs a program so that it ends with us, and not as root, which it refuses.

    Whoever it runs as comes to own the folder.
    """
    if os.getuid() != 0:
        return ["setpriv", "--pdeathsig=SIGQUIT"] if shutil.which("setpriv") else []
    names = {entry.pw_name for entry in pwd.getpwall()}
    user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
    os.chown(folder, user.pw_uid, user.pw_gid)
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--pdeathsig=SIGQUIT"]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
