"""`applemusic sign-in` in a terminal, and a sign-in across two replicas."""

import asyncio
import io
import json
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path

import pytest
import structlog

from applemusic import Client
from applemusic.cli.exits import Exit
from applemusic.cli.sign_in import Screen, sign_in
from applemusic.models.sign_in import SignIn, SignInState
from applemusic_server.app import Server
from tests.support.certificates import Authority
from tests.support.http_browser import HttpBrowser, http_browser
from tests.support.settings import settings_for
from tests.support.sign_in import begin, outcome
from tests.support.stage import Stage

SetUp = Callable[..., AbstractAsyncContextManager[Stage]]


@asynccontextmanager
async def command(stage: Stage, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command as a person runs it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "applemusic.cli", "sign-in", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "APPLEMUSIC_SERVER": f"127.0.0.1:{stage.server.grpc_port}"},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def shown(process: asyncio.subprocess.Process) -> str:
    """What it shows until it waits."""
    assert process.stdout is not None
    text = ""
    while "Waiting" not in text:
        line = await process.stdout.readline()
        assert line, text
        text += line.decode()
    return text


async def test_a_terminal_shows_where_to_go_and_waits(stage_of: SetUp) -> None:
    async with (
        stage_of(signed_in=False) as stage,
        http_browser(stage) as phone,
        command(stage, "--account", "anna", "--qr") as process,
    ):
        text = await shown(process)
        code = re.search(r"^  ([A-Z0-9]{4}-[A-Z0-9]{4})$", text, re.MULTILINE)
        link = re.search(r"http://\S+/sign-in#(\S+)", text)
        assert code is not None
        assert link is not None
        assert "█" in text
        stage.secrets |= {code[1], link[1]}

        await phone.start()
        status, answer = await phone.post("code", {"csrf": phone.csrf, "code": code[1]})
        assert status == 200, answer
        phone.csrf = answer["csrf"]
        assert (await phone.finish(stage.simulator.music_user_token()))[0] == 200

        output, errors = await process.communicate()
        assert output.decode() == "Signed in: anna, storefront us.\n"
        assert errors == b""
        assert process.returncode == 0


async def test_at_a_server_that_wants_a_certificate(stage_of: SetUp, tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.identity("server", ["127.0.0.1"]).write(tmp_path, "server")
    ca = tmp_path / "ca.crt"
    ca.write_bytes(authority.certificate)
    mine = authority.identity("terminal", ["terminal.home.arpa"]).write(tmp_path, "mine")
    tls = {
        "certificate_file": certificate,
        "private_key_file": key,
        "client_ca_file": ca,
        "clients": {"terminal.home.arpa": {"scopes": ["admin"], "accounts": ["anna"]}},
    }
    shows = ("--cert-file", str(mine[0]), "--key-file", str(mine[1]), "--ca-file", str(ca))
    async with (
        stage_of(signed_in=False, tls=tls, grpc={"require_access_token": True}) as stage,
        http_browser(stage) as phone,
        command(stage, "--account", "anna", *shows) as process,
    ):
        link = re.search(r"http://\S+/sign-in#(\S+)", await shown(process))
        assert link is not None
        stage.secrets.add(link[1])
        await phone.open(SignIn(url=f"#{link[1]}"))
        assert (await phone.finish(stage.simulator.music_user_token()))[0] == 200
        output, errors = await process.communicate()
        assert (process.returncode, errors) == (0, b"")
        assert b"Signed in" in output

        async with command(stage, *shows[:2]) as half:
            _, errors = await half.communicate()
        assert half.returncode == Exit.USAGE
        assert b"go together" in errors
        assert b"--cert-file" in errors

        for some, remedy in ((("--ca-file", str(ca)), "--cert-file"), (("--tls",), "--ca-file")):
            async with command(stage, *some) as without:
                _, errors = await without.communicate()
            assert without.returncode == Exit.UNREACHABLE
            assert remedy in errors.decode()
            assert "TLSConfig" not in errors.decode()


async def test_ctrl_c_ends_the_sign_in_at_the_server(stage_of: SetUp) -> None:
    async with (
        stage_of(signed_in=False) as stage,
        http_browser(stage) as phone,
        command(stage) as process,
    ):
        text = await shown(process)
        assert "█" not in text  # no terminal, no QR code
        link = re.search(r"http://\S+/sign-in#(\S+)", text)
        assert link is not None

        process.send_signal(signal.SIGINT)
        _, errors = await process.communicate()

        assert process.returncode == Exit.INTERRUPTED
        assert b"Given up" in errors
        await phone.start()
        status, answer = await phone.post("open", {"csrf": phone.csrf, "ticket": link[1]})
        assert (status, answer["reason"]) == (409, "SIGN_IN_EXPIRED")
        assert "cancelled" in answer["message"]


class Terminal(io.StringIO):
    """Knows when the command waits."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting = asyncio.Event()

    def write(self, text: str) -> int:
        """Take what is shown."""
        if text.startswith("Waiting"):
            self.waiting.set()
        return super().write(text)


async def test_what_can_go_wrong_is_a_sentence(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of(signed_in=False) as stage:
        async with command(stage, "--account", "Not An Id") as process:
            _, errors = await process.communicate()
        assert process.returncode == Exit.USAGE
        assert b"INVALID_FIELD" in errors
        assert errors.count(b"account: ") == 1  # the message names it, and that is enough
        assert b"Traceback" not in errors

        token = tmp_path / "token"
        token.write_text("a-token")
        elsewhere = ("--server", "music.example.test:50051", "--access-token-file", str(token))
        async with command(stage, *elsewhere) as process:
            _, errors = await process.communicate()
        assert process.returncode == Exit.USAGE
        assert b"plain text: give --tls, or --ca-file" in errors

        screen = Terminal()

        async def person() -> None:
            await screen.waiting.wait()
            ticket = screen.getvalue().partition("#")[2].split()[0]
            async with http_browser(stage) as browser:
                await browser.open(SignIn(url=f"#{ticket}"))
                await browser.post("decline", {"csrf": browser.csrf})

        done, _ = await asyncio.gather(sign_in(stage.music, Screen(screen, qr=False)), person())
        assert done is False
        assert screen.getvalue().endswith(
            "Nothing was signed in. The person at the sign-in page declined.\n"
        )


@pytest.fixture
def second_folder(tmp_path: Path) -> Path:
    """Where the other replica keeps what is its own."""
    folder = tmp_path / "second"
    folder.mkdir()
    return folder


async def test_begun_on_one_replica_and_finished_on_another(
    stage_of: SetUp, tmp_path: Path, second_folder: Path
) -> None:
    shared = {
        "url": f"sqlite+aiosqlite:///{tmp_path / 'shared.db'}",
        "encryption_key_file": tmp_path / "key",
    }
    async with stage_of(signed_in=False, storage=shared | {"encryption_key_file": None}) as stage:
        key = tmp_path / "data" / "encryption.key"
        settings = settings_for(
            stage.simulator,
            second_folder,
            stage.simulator.developer_token(),
            widevine=False,
            storage={
                "url": shared["url"],
                "encryption_key_file": key,
                "data_dir": second_folder / "data",
            },
        )
        other = Server(settings, structlog.get_logger(), {})
        await other.start()
        try:
            await _across(stage, other)
        finally:
            await other.stop()


async def _across(stage: Stage, other: Server) -> None:
    begun = await begin(stage, "anna")
    async with (
        http_browser(stage) as browser,
        Client(f"127.0.0.1:{other.grpc_port}") as elsewhere,
        aclosing(stage.music.auth.watch_sign_in(begun.sign_in_id)) as states,  # type: ignore[type-var] # it is a generator
    ):
        there = HttpBrowser(f"http://127.0.0.1:{other.web_port}", browser.http)
        await there.open(begun)
        assert (await anext(states)).state is SignInState.PENDING
        assert (await there.finish(stage.simulator.music_user_token()))[0] == 200

        assert (await anext(states)).state is SignInState.SUCCEEDED
        statuses = [each async for each in elsewhere.auth.watch_sign_in(begun.sign_in_id)]
        assert [each.state for each in statuses] == [SignInState.SUCCEEDED]
        assert await outcome(stage, begun) is SignInState.SUCCEEDED
        assert (await stage.music.auth.get_account("anna")).storefront == "us"


async def test_for_programs_it_is_a_line_per_step(stage_of: SetUp) -> None:
    async with (
        stage_of(signed_in=False) as stage,
        http_browser(stage) as phone,
        command(stage, "--account", "anna", "--json") as process,
    ):
        assert process.stdout is not None
        begun = json.loads(await process.stdout.readline())
        assert begun["event"] == "begun"
        link = begun["url"].partition("#")[2]
        stage.secrets |= {begun["user_code"], link}
        await phone.open(SignIn(url=f"#{link}"))
        assert (await phone.finish(stage.simulator.music_user_token()))[0] == 200
        output, errors = await process.communicate()
        ended = json.loads(output)
        assert (ended["event"], ended["state"]) == ("state", "succeeded")
        assert ended["account"]["id"] == "anna"
        assert (process.returncode, errors) == (0, b"")


async def test_accounts_are_watched_until_ctrl_c(stage_of: SetUp) -> None:
    async with stage_of() as stage:
        program = (sys.executable, "-m", "applemusic.cli", "accounts", "watch", "--json")
        process = await asyncio.create_subprocess_exec(
            *program,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "APPLEMUSIC_SERVER": stage.music.target},
        )
        assert process.stdout is not None
        assert json.loads(await process.stdout.readline())["kind"] == "current"
        await stage.music.auth.sign_out("default")
        assert json.loads(await process.stdout.readline())["kind"] == "signed_out"
        process.send_signal(signal.SIGINT)
        rest, errors = await process.communicate()
        assert (process.returncode, rest, errors) == (Exit.INTERRUPTED, b"", b"")
