"""A server whose Apple is simulated, as child processes."""

import json
import os
import tempfile
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from applemusic.blocking import Client
from applemusic.testing.errors import ControlError
from applemusic.testing.process import Process

_PREFIX: Final = "APPLEMUSIC_"
_CONTROL_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedServerOptions:
    """How a `SimulatedServer` is started. The defaults suit most."""

    seed: int = 1
    """The same seed makes the same catalogue, music and tokens."""
    library_songs: int | None = None
    """How many songs the listener's library has; None for a small one of about 200."""
    sign_in: bool = True
    """Sign the simulator's listener `demo` in."""
    widevine: bool = True
    """Give the server the simulator's test device, with which songs of the catalog play."""
    cache_dir: Path | None = None
    """Where generated music is kept for the next time; None for the user's cache."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further settings of the server, as its environment names them without `APPLEMUSIC_`, e.g.
    `{"LOG__LEVEL": "debug"}`.
    """
    start_seconds: float = 60.0
    """How long each of the two processes may take to start."""


class SimulatedServer:
    """The server and the simulator of Apple's side, on free ports of loopback, for tests.

        with SimulatedServer() as server, Client(server.target) as music:
            print(music.catalog.search("interlude").songs[0].name)

    Needs the distributions `applemusic-grpc-server[playback]` and `applemusic-simulator` as well.
    Takes about three seconds to start, and a few more for the first song played, which is made
    then. Both processes end with this one, whatever ends it.

    Args:
        options: How to start them.
    """

    def __init__(self, options: SimulatedServerOptions | None = None) -> None:
        self.options = options or SimulatedServerOptions()
        self._running = ExitStack()
        self._folder = Path()
        self._credentials: dict[str, Any] = {}
        self._simulator: Process | None = None
        self._server: Process | None = None
        self._target = self._web_url = self._simulator_url = self._account = ""

    @property
    def target(self) -> str:
        """What a client connects to: `127.0.0.1:port`."""
        return self._target

    @property
    def web_url(self) -> str:
        """Where the server's pages and metrics are."""
        return self._web_url

    @property
    def simulator_url(self) -> str:
        """Where the simulator is."""
        return self._simulator_url

    @property
    def account(self) -> str:
        """Id of the account that is signed in; empty without `sign_in`."""
        return self._account

    @property
    def music_user_token(self) -> str:
        """The simulated listener's music user token, to sign in with."""
        return str(self._credentials["music_user_token"])

    def start(self) -> None:
        """Start both, and sign in. `with` does it.

        Raises:
            NotInstalledError: One of them is not installed.
            NotReadyError: One of them did not start.
        """
        with ExitStack() as started:
            folder = tempfile.TemporaryDirectory(prefix="applemusic-testing-")
            self._folder = Path(started.enter_context(folder))
            self._start_simulator(started)
            started.callback(self._stop_server)
            self._start_server()
            if self.options.sign_in:
                self._account = self.sign_in()
            self._running = started.pop_all()

    def stop(self) -> None:
        """Stop both and forget their data. `with` does it."""
        self._running.close()

    def restart_server(self) -> None:
        """Stop the server and start it anew with the same data and the same address."""
        self._stop_server()
        self._start_server(port=self._target.rpartition(":")[2])

    def sign_in(self, account: str = "", music_user_token: str = "") -> str:
        """Sign a listener in, and return the account's id.

        Args:
            account: Id of the account; empty for the server's choice.
            music_user_token: Of a listener of the simulator; empty for that of `demo`.
        """
        with Client(self.target) as music:
            token = music_user_token or self.music_user_token
            return music.auth.submit_music_user_token(token, account=account).id

    def fault(self, endpoint: str, kind: str = "status", **details: Any) -> None:
        """Have the simulator fail: `server.fault("api", status=503, count=None)`.

        Args:
            endpoint: Where: `api`, `webPlayback`, `license`, `cdn` ...
            kind: How: `status`, `reset`, `hang`, `cut`, or what the simulator's page lists.
            **details: `status`, `code`, `count` (None is for ever), `share`, `subject`, and
                `after_bytes`.

        Raises:
            ControlError: There is no such endpoint or kind.
        """
        self.control("POST", "/faults", {"endpoint": endpoint, "kind": kind, **details})

    def reset(self) -> None:
        """Make the simulator as it was at the start: no faults, nothing of what was changed."""
        self.control("POST", "/reset")

    def control(self, method: str, path: str, body: Any = None) -> Any:
        """Use the simulator's control API, and return what it answers.

        Args:
            method: `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
            path: Below `/control`, e.g. `/clock/advance`.
            body: To send as JSON; None sends none.

        Raises:
            ControlError: It was refused.
        """
        request = urllib.request.Request(  # noqa: S310 - the simulator on this machine
            f"{self.simulator_url}/control{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        # Never the proxy that the environment may name.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_CONTROL_SECONDS) as answer:
                content = answer.read()
        except urllib.error.HTTPError as error:
            with error:
                why = error.read().decode(errors="replace")
            raise ControlError(f"{method} /control{path}: {error.code} {why}") from error
        return json.loads(content) if content else None

    def output(self) -> list[str]:
        """Return the last lines of the simulator and of the server, the server's log among them."""
        processes = (self._simulator, self._server)
        return [line for process in processes if process is not None for line in process.output()]

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _start_simulator(self, started: ExitStack) -> None:
        options, file = self.options, self._folder / "simulator.json"
        arguments = ["--port", "0", "--seed", str(options.seed), "--write-credentials", str(file)]
        if options.library_songs is not None:
            arguments += ["--library-songs", str(options.library_songs)]
        if options.cache_dir is not None:
            arguments += ["--cache-dir", str(options.cache_dir)]
        process = Process.start("applemusic-simulator", *arguments, environment=os.environ)
        started.callback(process.stop)
        ready = process.ready(r"^ready (http://\S+)", options.start_seconds)
        self._simulator, self._simulator_url = process, ready.group(1)
        self._credentials = json.loads(file.read_text("utf-8"))

    def _start_server(self, port: str = "0") -> None:
        process = Process.start("applemusic-server", "serve", environment=self._environment(port))
        self._server = process
        ready = process.ready(r"^ready grpc=(\S+) web=(\S+)", self.options.start_seconds)
        self._target, self._web_url = ready.group(1), f"http://{ready.group(2)}"

    def _stop_server(self) -> None:
        if self._server is not None:
            self._server.stop()

    def _environment(self, port: str) -> dict[str, str]:
        """Return the server's: ours without settings of a server that somebody uses."""
        token = self._folder / "developer-token"
        if not token.exists():
            token.touch(mode=0o600)
            token.write_text(self._credentials["developer_token"], "utf-8")
        settings = {
            "GRPC__PORT": port,
            "WEB__PORT": "0",
            "STORAGE__DATA_DIR": str(self._folder / "data"),
            "DEVELOPER_TOKEN__TOKEN_FILE": str(token),
            "APPLE__ROOT_URL": self._simulator_url,
        }
        if self.options.widevine:
            settings["WIDEVINE__DEVICE_FILE"] = self._credentials["widevine_device"]
        settings |= self.options.settings
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_PREFIX)}
        return kept | {f"{_PREFIX}{name}": value for name, value in settings.items()}
