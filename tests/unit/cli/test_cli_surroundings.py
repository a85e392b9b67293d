"""What is odd about where the command runs, or the words that it gets, is said: no defect."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from applemusic.cli.exits import Exit
from tests.support.terminal import Shell

PROGRAM = Path(sys.executable).parent / "applemusic"


def in_sh(line: str) -> "subprocess.CompletedProcess[str]":
    """Run a line of a shell that has the command as `$0`."""
    return subprocess.run(  # noqa: S603 - our own program
        ["/bin/sh", "-c", line, str(PROGRAM)],
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
        env={**os.environ, "APPLEMUSIC_SERVER": "127.0.0.1:1"},
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('"$0" --version <&-', Exit.DONE),
        ('"$0" --version >&-', Exit.DONE),
        ('"$0" --version 2>&-', Exit.DONE),
        ('"$0" status <&- >&-', Exit.UNREACHABLE),
        ('"$0" status <&- >&- 2>&-', Exit.UNREACHABLE),
    ],
)
def test_streams_that_are_closed(line: str, code: Exit) -> None:
    done = in_sh(line)
    assert "Traceback" not in done.stderr
    assert done.returncode == code, done


def test_words_that_are_no_text() -> None:
    done = in_sh("""exec "$0" search "$(printf '\\377')\"""")
    assert (done.returncode, done.stderr) == (
        Exit.USAGE,
        "applemusic: the command line is not in UTF-8.\n",
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk here")
def test_a_full_disk_is_named_without_a_number() -> None:
    done = in_sh('"$0" --help >/dev/full')
    assert (done.returncode, done.stderr) == (1, "applemusic: No space left on device.\n")


@pytest.mark.parametrize(
    "server",
    ["http://127.0.0.1:50051", "127.0.0.1", "music", "music:", "music:0", "music:65536", "a b:1"],
)
async def test_what_is_no_address_is_not_tried(server: str) -> None:
    ran = await Shell(server)("status")
    assert ran.code == Exit.USAGE
    assert "host:port" in ran.err


@pytest.mark.parametrize(
    "server", ["127.0.0.1:1", "localhost:1", "[::1]:1", "dns:///127.0.0.1:1", "unix:/nowhere/s"]
)
async def test_what_is_one_is(server: str) -> None:
    assert (await Shell(server)("status")).code == Exit.UNREACHABLE


@pytest.mark.parametrize("content", ["canary\nsecond line\n", "canary second"])
async def test_a_file_without_an_access_token(tmp_path: Path, content: str) -> None:
    file = tmp_path / "token"
    file.write_text(content)
    ran = await Shell("127.0.0.1:1")("status", "--access-token-file", str(file))
    assert ran.code == Exit.USAGE
    assert "holds no access token" in ran.err
    assert "canary" not in ran.err
