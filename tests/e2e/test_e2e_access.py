"""Access from end to end: commands of the operator, a running server, the Python client."""

import asyncio
import json
import os
import re
import shutil
import stat
import sys
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import pytest
import structlog
from click.testing import CliRunner, Result

from applemusic import AudioStream, Client, TLSConfig, errors
from applemusic_server.__main__ import main
from applemusic_server.app import Server
from applemusic_server.config_sources import load
from applemusic_server.domain.errors import UnauthenticatedError
from tests.e2e.conftest import SetUp
from tests.support.certificates import Authority
from tests.support.stage import Stage

ALL = ["--scope", "read", "--scope", "control", "--scope", "stream", "--scope", "admin"]


def command(data: Path, *arguments: str) -> Result:
    """Run a command of the operator beside the server."""
    return CliRunner().invoke(
        main,
        ["access-token", *arguments, "--data-dir", str(data)],
        env={"APPLEMUSIC_CONFIG": None},
    )


async def operate(data: Path, *arguments: str) -> str:
    """Run a command that succeeds; the first line that it prints."""
    result = await asyncio.to_thread(command, data, *arguments)
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()[0]


async def create(data: Path, name: str, *arguments: str) -> str:
    return await operate(data, "create", name, *arguments)


async def read_to_the_end(stream: AudioStream) -> None:
    async for _ in stream:
        pass


async def sign_in(stage: Stage, token: str, accounts: Sequence[str]) -> None:
    async with Client(stage.music.target, access_token=token) as admin:
        for account in accounts:
            await admin.auth.submit_music_user_token(
                stage.simulator.music_user_token(), account=account
            )


async def test_tokens_from_the_command_line_to_the_call(stage_of: SetUp, tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with stage_of(signed_in=False, grpc={"require_access_token": True}) as stage:
        with pytest.raises(errors.AccessTokenMissingError):
            await stage.music.server.info()
        admin = await create(data, "admin", *ALL, "--all-accounts")
        await sign_in(stage, admin, ["anna", "berta", "carla"])
        annas = await create(data, "kitchen", "--account", "anna", "--expires-in", "90d")
        async with Client(stage.music.target, access_token=annas) as music:
            assert [each.id async for each in music.auth.accounts()] == ["anna"]
            assert (await music.auth.get_account()).id == "anna"
            info = await music.server.info()
            assert info.account == "anna"
            assert [each async for each in music.library.songs()]
            await music.catalog.search("a")
            song = stage.song.id
            async with music.audio.stream(song, account="anna") as stream:
                async for _ in stream:
                    break
            for call in (
                music.auth.get_account("berta"),
                music.auth.get_account("nobody"),
                music.server.info(account="berta"),
                music.catalog.get_song(song, account="berta"),
                anext(aiter(music.library.songs(account="berta"))),
            ):
                with pytest.raises(errors.AccessDeniedError) as caught:
                    await call
                assert "account" in caught.value.metadata
            with pytest.raises(errors.AccessDeniedError) as caught:
                await music.auth.sign_out("anna")
            assert caught.value.metadata == {"scope": "admin"}

        listed = json.loads((await asyncio.to_thread(command, data, "list", "--json")).stdout)
        assert [each["name"] for each in listed] == ["admin", "kitchen"]
        table = (await asyncio.to_thread(command, data, "list")).stdout
        assert annas[:16] not in table + json.dumps(listed)
        for secret in (admin, annas):
            assert secret not in repr(stage.log)
            for file in data.iterdir():
                assert secret.encode() not in file.read_bytes()


async def test_a_token_for_several_accounts_and_one_for_nobody(
    stage_of: SetUp, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    async with stage_of(signed_in=False) as stage:
        song = stage.song.id
        for account in ("anna", "berta", "carla"):
            fresh = stage.simulator.music_user_token()
            await stage.music.auth.submit_music_user_token(fresh, account=account)
        two = await create(data, "two", *ALL, "--account", "anna", "--account", "berta")
        async with Client(stage.music.target, access_token=two) as music:
            assert [each.id async for each in music.auth.accounts()] == ["anna", "berta"]
            with pytest.raises(errors.AccountRequiredError) as required:
                await music.auth.get_account()
            assert required.value.metadata == {"accounts": "2"}
            assert (await music.server.info()).account == ""
            await music.catalog.get_song(song)
            with pytest.raises(errors.AccessDeniedError):
                await music.auth.submit_music_user_token(fresh, account="dora")
            with pytest.raises(errors.AccountRequiredError):
                await music.auth.submit_music_user_token(fresh)

        stranger = await create(data, "stranger", "--account", "nobody")
        async with Client(stage.music.target, access_token=stranger) as music:
            assert [each.id async for each in music.auth.accounts()] == []
            with pytest.raises(errors.AccountRequiredError) as required:
                await anext(aiter(music.library.songs()))
            assert required.value.metadata == {"accounts": "0"}
            info = await music.server.info()
            assert (info.account, [each.name for each in info.action_required]) == (
                "",
                ["ACCOUNT_REQUIRED"],
            )
            await music.catalog.get_song(song)  # Nobody's eyes are needed to read the catalog.


async def test_revoking_ends_an_open_stream_within_seconds(stage_of: SetUp, tmp_path: Path) -> None:
    slow = {"burst_seconds": 1, "lead_seconds": 1, "fill_rate": 1}
    async with stage_of(playback=slow) as stage:
        token = await create(tmp_path / "data", "kitchen", "--all-accounts")
        async with Client(stage.music.target, access_token=token) as music:
            long = max(
                stage.simulator.world.catalogue.songs.values(), key=lambda song: song.duration_ms
            )
            async with asyncio.timeout(20), music.audio.stream(long.id) as stream:
                await anext(aiter(stream))
                await operate(tmp_path / "data", "revoke", "kitchen")
                with pytest.raises(errors.AccessTokenInvalidError):
                    await read_to_the_end(stream)
            with pytest.raises(errors.AccessTokenInvalidError):
                await music.server.info()
        # Loopback asks nobody, so who shows no token goes on.
        assert (await stage.music.server.info()).active_stream_count == 0


async def test_tls_and_certificates_with_the_python_client(stage_of: SetUp, tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.identity("server", ["music.example.org"]).write(tmp_path, "server")
    ca = tmp_path / "ca.crt"
    ca.write_bytes(authority.certificate)
    mine = authority.identity("host", ["ma.local"]).write(tmp_path, "mine")
    tls = {
        "certificate_file": certificate,
        "private_key_file": key,
        "client_ca_file": ca,
        "clients": {"ma.local": {"scopes": ["read"], "accounts": ["anna"]}},
    }
    async with stage_of(signed_in=False, tls=tls, grpc={"require_access_token": True}) as stage:
        config = TLSConfig(
            ca_file=ca, cert_file=mine[0], key_file=mine[1], server_name="music.example.org"
        )
        async with Client(stage.music.target, tls=config) as music:
            assert (await music.server.info()).account == ""
            with pytest.raises(errors.AccessDeniedError):
                await music.auth.get_account("berta")
            with pytest.raises(errors.AccessDeniedError):
                await music.auth.sign_out("anna")
        other = authority.identity("host", ["other.local"]).write(tmp_path, "other")
        config = TLSConfig(
            ca_file=ca, cert_file=other[0], key_file=other[1], server_name="music.example.org"
        )
        async with Client(stage.music.target, tls=config) as music:
            with pytest.raises(errors.AccessTokenMissingError, match="other"):
                await music.server.info()
        token = await create(tmp_path / "data", "x", "--scope", "read", "--all-accounts")
        async with Client(stage.music.target, tls=config, access_token=token) as music:
            await music.server.info()


async def test_a_server_that_others_reach_wants_tokens_before_it_starts(tmp_path: Path) -> None:
    # All addresses of the machine, though nothing is ever listened on.
    everywhere = ".".join("0000")
    flags = {
        "storage.data_dir": str(tmp_path),
        "grpc.host": everywhere,
        "grpc.port": 0,
        "web.port": 0,
    }
    log = structlog.wrap_logger(
        structlog.PrintLogger(), processors=[structlog.testing.LogCapture()]
    )
    for more in ({}, {"grpc.require_access_token": True, "grpc.insecure": True}):
        with pytest.raises(UnauthenticatedError) as caught:
            await Server(load({}, flags | more), log, {}).start()
        for way in ("access-token create", "tls.client_ca_file", "127.0.0.1", "--insecure"):
            assert way in caught.value.message
    lines = CliRunner().invoke(
        main, ["config", "check", "--grpc-host", everywhere], env={"APPLEMUSIC_CONFIG": None}
    )
    assert "access-token create" in lines.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["create", "x"], "Say for whom"),
        (["create", "x", "--account", "a", "--all-accounts"], "exclude each other"),
        (["create", "x", "--account", "A!"], "account"),
        (["create", "two words", "--all-accounts"], "a name is"),
        (["create", "x", "--all-accounts", "--expires-in", "soon"], "90d"),
        (["create", "x", "--all-accounts", "--expires-in", "99999w"], "100 years"),
        (["create", "x", "--all-accounts", "--expires-in", "99999999w"], "100 years"),
        (["create", "x", "--all-accounts", "--expires-in", "9" * 5000 + "w"], "100 years"),
        (["create", "x", "--all-accounts", "--expires-in", "0d"], "positive"),
        (["create", "x", "--all-accounts", "--scope", "root"], "root"),
        (["revoke", "nobody"], "no access token 'nobody'"),
    ],
)
def test_commands_say_what_is_wrong(tmp_path: Path, arguments: list[str], said: str) -> None:
    assert command(tmp_path, "create", "there", "--all-accounts").exit_code == 0
    result = command(tmp_path, *arguments)

    assert result.exit_code != 0
    assert said in result.output
    assert "Traceback" not in result.output
    assert not isinstance(result.exception, AssertionError)


async def test_a_token_in_a_file_is_for_its_owner_and_works(
    stage_of: SetUp, tmp_path: Path
) -> None:
    async with stage_of(signed_in=False, grpc={"require_access_token": True}) as stage:
        file = tmp_path / "token"
        before = os.umask(0)
        try:
            said = await asyncio.to_thread(
                command, tmp_path / "data", "create", "x", "--all-accounts", "--output", str(file)
            )
        finally:
            os.umask(before)
        assert said.exit_code == 0, said.output
        content = file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert content == content.strip() + "\n"
        assert said.stdout == ""
        assert content.strip() not in said.stderr
        async with Client(stage.music.target, access_token=content.strip()) as music:
            assert (await music.server.info()).server_version


@pytest.mark.parametrize(("lifetime", "shown"), [("36h", " UTC"), ("90d", "")])
def test_an_end_that_is_near_is_told_to_the_minute(
    tmp_path: Path, lifetime: str, shown: str
) -> None:
    made = command(tmp_path, "create", "x", "--all-accounts", "--expires-in", lifetime)
    assert made.exit_code == 0
    ends = command(tmp_path, "list").stdout.splitlines()[1].split("  ")[-1]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d" + (r" \d\d:\d\d UTC" if shown else ""), ends)


def test_a_file_for_a_token_is_never_written_over(tmp_path: Path) -> None:
    file, data = tmp_path / "token", tmp_path / "data"
    file.write_text("precious")
    refused = command(data, "create", "x", "--all-accounts", "--output", str(file))
    assert refused.exit_code == 1
    assert f"{file} is there already" in refused.output
    assert "no token was made. Name a file that is not there" in refused.output
    assert file.read_text() == "precious"
    assert "x" not in command(data, "list").stdout.split()

    unnamed = tmp_path / "none" / "token"
    assert command(data, "create", "x", "--all-accounts", "--output", str(unnamed)).exit_code == 1
    assert "x" not in command(data, "list").stdout.split()

    other = tmp_path / "other"
    arguments = ["create", "two words", "--all-accounts", "--output", str(other)]
    assert command(data, *arguments).exit_code == 1
    assert not other.exists()


async def test_grpcurl_and_the_probe_over_tls(stage_of: SetUp, tmp_path: Path) -> None:
    """Tools that are not ours: what docs/access.md says of them."""
    folders = f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}"
    grpcurl = shutil.which("grpcurl", path=folders)
    if grpcurl is None:
        pytest.skip("there is no grpcurl: `make setup` builds it where Go is")
    authority = Authority()
    certificate, key = authority.identity("server", ["127.0.0.1", "localhost"]).write(
        tmp_path, "server"
    )
    ca = tmp_path / "ca.crt"
    ca.write_bytes(authority.certificate)
    tls = {"certificate_file": certificate, "private_key_file": key}
    async with stage_of(signed_in=False, tls=tls, grpc={"require_access_token": True}) as stage:
        token = await create(tmp_path / "data", "tool", "--scope", "read", "--all-accounts")

        async def ask(*arguments: str) -> tuple[int, str]:
            process = await asyncio.create_subprocess_exec(
                *(grpcurl, "-cacert", str(ca)),
                *arguments,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            said, _ = await process.communicate()
            return process.returncode or 0, said.decode()

        bearer = ("-H", f"authorization: Bearer {token}")
        target = stage.music.target
        assert "applemusic.v1.AudioService" in (await ask(*bearer, target, "list"))[1]
        code, said = await ask(target, "list")
        assert code != 0
        assert "access token" in said
        method = "applemusic.v1.ServerService/GetServerInfo"
        assert '"server_version"' in (await ask(*bearer, target, method))[1]
        health = "grpc.health.v1.Health/Check"
        assert "SERVING" in (await ask(*bearer, target, health))[1]

        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "applemusic_server", "health", "--address", target),
            *("--tls-certificate-file", str(certificate), "--tls-private-key-file", str(key)),
            stdout=asyncio.subprocess.PIPE,
        )
        said_by_probe, _ = await process.communicate()
        assert (process.returncode, said_by_probe) == (0, b"SERVING\n")


async def test_the_pages_follow_the_rules_of_access(stage_of: SetUp, tmp_path: Path) -> None:
    async with stage_of(signed_in=False, grpc={"require_access_token": True}) as stage:
        admin = await create(tmp_path / "data", "admin", *ALL, "--all-accounts")
        await sign_in(stage, admin, ["anna", "berta"])
        annas = await create(tmp_path / "data", "annas", "--scope", "read", "--account", "anna")
        url = f"http://127.0.0.1:{stage.server.web_port}"
        async with aiohttp.ClientSession(url) as session:

            async def get(path: str, token: str) -> tuple[int, str]:
                headers = {"Authorization": f"Bearer {token}"} if token else {}
                async with session.get(path, headers=headers) as response:
                    return response.status, await response.text()

            assert [(await get(path, ""))[0] for path in ("/", "/metrics", "/readyz")] == [
                401,
                401,
                200,
            ]
            _, page = await get("/", annas)
            assert "anna" in page
            assert "berta" not in page
            _, page = await get("/", admin)
            assert "berta" in page
            assert (await get("/metrics", annas))[0] == 403
            assert "applemusic_build_info" in (await get("/metrics", admin))[1]
            await operate(tmp_path / "data", "revoke", "annas")
            async with asyncio.timeout(20):
                while (await get("/", annas))[0] == 200:  # until the two seconds are over
                    pass
            for secret in (
                stage.simulator.music_user_token(),
                stage.simulator.developer_token(),
                admin,
            ):
                assert secret not in page


async def test_a_token_of_the_configuration_opens_a_server_that_has_no_other(
    stage_of: SetUp, tmp_path: Path
) -> None:
    """As clusters have it: nobody has run a command before the server starts."""
    token = f"amg_{'1' * 12}_{'c' * 64}"
    file = tmp_path / "kitchen"
    file.touch(mode=0o600)
    file.write_text(token)
    given = {"kitchen": {"token_file": str(file), "scopes": ["read", "admin"]}}
    async with stage_of(
        signed_in=False,
        grpc={"require_access_token": True, "host": "0.0.0.0"},  # noqa: S104 - as in a container
        access={"tokens": given},
    ) as stage:
        stage.secrets.add(token)
        with pytest.raises(errors.AccessTokenMissingError):
            await stage.music.server.info()
        async with Client(stage.music.target, access_token=token) as music:
            await music.server.info()
            file.unlink()
            with pytest.raises(errors.AccessTokenInvalidError):
                await until_refused(music)


async def until_refused(music: Client) -> None:
    """Call until the server has noticed."""
    async with asyncio.timeout(10):
        while True:
            await music.server.info()
