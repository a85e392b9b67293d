"""`make demo` and `make serve` on machines that are not quite like the developers'."""

import asyncio
import io
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from applemusic import errors
from tools import demo, serve
from tools.stack import StackError, StackOptions, open_loopback

OPTIONS = StackOptions(cache_dir=Path("unused"), data_dir=Path("unused"))


class Hello(BaseHTTPRequestHandler):
    """Answers each GET with two letters."""

    def do_GET(self) -> None:
        """Answer."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def test_a_proxy_in_the_environment_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with HTTPServer(("127.0.0.1", 0), Hello) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            with open_loopback(f"http://127.0.0.1:{server.server_port}/") as response:
                assert response.read() == b"ok"
        finally:
            server.shutdown()
            thread.join()


def test_a_terminal_without_the_letters_shows_question_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = io.BytesIO()

    async def shows(console: Any, _: Path) -> None:
        console.print("Amber \u2026")

    monkeypatch.setattr(demo, "demo", shows)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    demo.main()
    sys.stdout.flush()

    assert written.getvalue() == b"Amber ?\n"


@pytest.mark.parametrize("error", [StackError("it ended"), errors.ConnectError("gone")])
@pytest.mark.parametrize("asked_to_stop", [True, False])
async def test_ctrl_c_during_the_start_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, error: Exception, *, asked_to_stop: bool
) -> None:
    async def ends(stop: asyncio.Event, _: StackOptions) -> None:
        if asked_to_stop:
            stop.set()
        raise error

    monkeypatch.setattr(serve, "serve_until", ends)
    if asked_to_stop:
        await serve.serve(OPTIONS)
    else:
        with pytest.raises(type(error)):
            await serve.serve(OPTIONS)


@pytest.mark.parametrize(
    ("problem", "helps"),
    [
        ("address already in use", True),
        ("Another server works in the data folder /x", True),
        ("no disk", False),
    ],
)
def test_what_to_do_about_ports_and_folders(problem: str, *, helps: bool) -> None:
    assert ("make serve GRPC_PORT=" in serve.hint(problem)) is helps
