"""docs/grpcurl.md has a line for every RPC, and every line works with real grpcurl or buf."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from applemusic_server.wire.contract import methods
from tests.docs.conftest import ROOT, Served, environment, serving
from tests.docs.test_docs_commands import need_grpcurl
from tests.support.certificates import Authority
from tests.support.docs_pages import Block, blocks_of, statements
from tests.support.stage import samples
from tools.stack import Stack, StackOptions

pytestmark = pytest.mark.timeout(240)

PAGE = ROOT / "docs" / "grpcurl.md"
_RPC = re.compile(r"^(?!#).*\b(?:grpcurl|buf curl) .*applemusic\.v1\.(\w+/\w+)")
# Looks into the contract; buf has its own ways for that (`--list-methods`, `buf build`).
_GRPCURL_ONLY = re.compile(r"\bgrpcurl .*(?: list\b| describe\b|-msg-template|-expand-headers)")
_MARK = "-- line done, status"
_DEADLINE_EXCEEDED = 64 + 4  # as grpcurl says it
_BYTES_PER_SECOND = 44_100 * 2 * 4  # two channels of floats


@dataclass(frozen=True)
class Ran:
    """A line of the page, and what came of it."""

    line: str
    status: int
    said: str
    complained: str

    @property
    def rpc(self) -> str:
        """`Service/Method`; empty when it calls none."""
        found = _RPC.match(self.line)
        return found[1] if found else ""


def needs_a_token(block: Block) -> bool:
    return "$(cat token)" in block.text


def page_blocks() -> list[Block]:
    found = [block for block in blocks_of(PAGE) if block.language == "sh"]
    assert not any(block.not_run for block in found)
    return found


def lines(*blocks: Block) -> list[str]:
    return [line for block in blocks for line in statements(block)]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder to run in that looks like a clone; what a test needs besides lies elsewhere."""
    need_grpcurl()
    folder = tmp_path / "clone"
    folder.mkdir()
    (folder / "proto").symlink_to(ROOT / "proto")
    return folder


@pytest.fixture
def own() -> Iterator[Served]:
    """A server of its own: the page changes the library."""
    with serving({}) as served:
        yield served


def run(commands: list[str], folder: Path) -> list[Ran]:
    """Run lines one after another in one shell; each is to fill the variable that it sets."""
    script = ["set -u -o pipefail"]
    for command in commands:
        sets = re.match(r"(\w+)=\$\(", command)
        script += [
            command + (f' && [ -n "${sets[1]}" ]' if sets else ""),
            f'printf "\\n{_MARK} %s\\n" $? | tee /dev/stderr',
        ]
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    mark = re.compile(rf"^{_MARK} (\d+)\n", re.MULTILINE)
    said, complained = mark.split(done.stdout), mark.split(done.stderr)
    assert len(said) == len(complained) == 2 * len(commands) + 1, done.stderr
    return [
        Ran(command, int(said[2 * number + 1]), said[2 * number], complained[2 * number])
        for number, command in enumerate(commands)
    ]


def check(ran: Ran) -> None:
    """A line succeeds and answers something; where it sets a limit, that may end its stream."""
    report = f"{ran.line}\n{ran.status}\n{ran.said[:2000]}{ran.complained}"
    if "-max-time" in ran.line and ran.status == _DEADLINE_EXCEEDED:
        assert "Code: DeadlineExceeded" in ran.complained, report
    else:
        assert (ran.status, ran.complained.strip()) == (0, ""), report
    if re.search(r"(^\w+=\$\(|\(\) \{|> [\w.-]+\)?$)", ran.line) is None:
        assert ran.said.strip(), report
    if ran.rpc and not may_be_empty(ran.rpc):
        assert re.sub(r"\s", "", ran.said) != "{}", report
    assert not re.search(r'"(missing|refused|absent)_?\w+"', ran.said, re.IGNORECASE), report


def may_be_empty(rpc: str) -> bool:
    """True when a good answer says nothing: it has no fields but those of what went wrong."""
    (method,) = (each for each in methods() if f"{each.containing_service.name}/{each.name}" == rpc)
    return all(field.name in {"refused_ids", "absent_ids"} for field in method.output_type.fields)


def test_every_rpc_has_a_line() -> None:
    """No grpcurl is needed to see that one is missing, is there no more, or is misplaced."""
    headings = re.split(r"^## (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    shown = {
        f"{service}/{found[1].partition('/')[2]}"
        for service, text in zip(headings[1::2], headings[2::2], strict=True)
        for line in text.replace("\\\n", " ").splitlines()
        if (found := _RPC.match(line)) and found[1].startswith(f"{service}/")
    }
    assert shown == {f"{each.containing_service.name}/{each.name}" for each in methods()}


def test_every_line(home: Path, own: Served) -> None:
    """In their order; the answers are of the kind that the RPC gives."""
    page = lines(*(block for block in page_blocks() if not needs_a_token(block)))
    ran = run([own.in_place_of_the_usual(line) for line in page], home)
    for each in ran:
        check(each)
    of = {each.rpc: [other for other in ran if other.rpc == each.rpc] for each in ran}

    whole, _, live = of["AudioService/AudioStream"]
    assert re.findall(r'^  "(header|summary)"', whole.said, re.MULTILINE) == ["header", "summary"]
    song = samples((home / "song.m4a").read_bytes())
    assert len(song) / _BYTES_PER_SECOND == pytest.approx(11.559, abs=0.1)
    assert live.said.count('"chunk"') > 1
    assert '"SIGN_IN_STATE_PENDING"' in of["AuthService/WatchSignIn"][0].said
    assert of["AuthService/WatchAccounts"][0].said.count('"ACCOUNT_EVENT_KIND_CURRENT"') == 2
    changes = of["LibraryService/SyncLibrary"][-1]
    assert '"checkpoint"' in changes.said
    assert '"upsert"' not in changes.said
    assert '"upsert"' in (home / "albums.json").read_text("utf-8")
    assert (home / "guest.json").stat().st_mode & 0o077 == 0
    # As the page says: answers follow the source of the contract.
    versions = [each.said for each in of["ServerService/GetServerInfo"]]
    assert sum('"serverVersion"' in said for said in versions) == 3
    assert sum('"server_version"' in said for said in versions) == 1


def _in_json_names(line: str) -> str:
    """What is taken out of an answer, by its name in JSON: `field signInId`."""

    def renamed(found: re.Match[str]) -> str:
        return re.sub(r"_(\w)", lambda letter: letter[1].upper(), found[0])

    return re.sub(r"\bfield \w+", renamed, line)


def test_every_rpc_by_buf_curl(home: Path, own: Served) -> None:
    """The same lines, with `buf curl` in grpcurl's place, which writes names as JSON does."""
    page = lines(*(block for block in page_blocks() if not needs_a_token(block)))
    calls = [_in_json_names(line) for line in page if _GRPCURL_ONLY.search(line) is None]
    instead = f'grpcurl() {{ "{sys.executable}" "{ROOT}/tests/docs/grpcurl_by_buf.py" "$@"; }}'
    ran = run([instead, *(own.in_place_of_the_usual(line) for line in calls)], home)
    for each in ran[1:]:
        check(each)
    called = {each.rpc for each in ran if each.rpc}
    assert called == {f"{each.containing_service.name}/{each.name}" for each in methods()}


def test_files_of_the_contract_replace_reflection(home: Path) -> None:
    page = lines(*(block for block in page_blocks() if not needs_a_token(block)))
    with_files = [line for line in page if re.search(r"-proto(set)? |--schema ", line)]
    assert len(with_files) == 4
    with serving({"APPLEMUSIC_GRPC__REFLECTION": "false"}) as served:
        tried = [served.in_place_of_the_usual(line) for line in (page[0], *with_files)]
        refused, *ran = run(tried, home)
    assert "does not support the reflection API" in refused.complained
    for each in ran:
        check(each)


async def test_tokens_tls_and_the_socket(home: Path, tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.identity("server", ["127.0.0.1"]).write(tmp_path, "server")
    (home / "ca.crt").write_bytes(authority.certificate)
    data, socket = tmp_path / "data", tmp_path / "grpc.sock"
    settings = {
        "APPLEMUSIC_TLS__CERTIFICATE_FILE": str(certificate),
        "APPLEMUSIC_TLS__PRIVATE_KEY_FILE": str(key),
        "APPLEMUSIC_GRPC__SOCKET": str(socket),
        "APPLEMUSIC_GRPC__REQUIRE_ACCESS_TOKEN": "true",
    }
    cache = ROOT / "build" / "simulator-cache"
    async with Stack(StackOptions(cache, data, server_settings=settings)) as stack:
        create = ("create", "me", "--all-accounts", "--output", str(home / "token"))
        command = ("-m", "applemusic_server", "access-token", *create, "--data-dir", str(data))
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, stdout=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == 0
        page = [
            line.replace("music.home.arpa:50051", stack.grpc_address).replace(
                "/run/applemusic/grpc.sock", str(socket)
            )
            for line in lines(*filter(needs_a_token, page_blocks()))
        ]
        without = [re.sub(r"(-H '[^']+'|-H @<\(.*?\)\"\)) ", "", line) for line in page]
        ran = await asyncio.to_thread(run, page, home)
        refused = await asyncio.to_thread(run, without, home)
    for each in ran:
        check(each)
        assert re.search(r'"server_?version"', each.said, re.IGNORECASE), each
    for each in refused:
        assert each.status != 0, each
        assert "access token" in each.complained, each
