"""What the documentation's commands run against: `make serve`, on free ports."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_READY_LINES = 20


@dataclass(frozen=True)
class Served:
    """Where the server and the simulator listen."""

    grpc: str
    web: str
    simulator: str

    def in_place_of_the_usual(self, text: str) -> str:
        """The text with the addresses of `make serve` replaced by these."""
        for usual, here in (
            ("127.0.0.1:50051", self.grpc),
            ("127.0.0.1:8780", self.web),
            ("127.0.0.1:8790", self.simulator),
        ):
            text = text.replace(usual, here)
        return text


def environment() -> dict[str, str]:
    """A shell's environment in which the commands are found, as after `activate`."""
    kept = {name: os.environ[name] for name in ("HOME", "PATH", "LANG") if name in os.environ}
    return {**kept, "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{kept.get('PATH', '')}"}


def read_until_ready(process: subprocess.Popen[str]) -> str:
    """What a process prints up to the line that begins with `ready`."""
    assert process.stdout is not None
    said = ""
    for _ in range(_READY_LINES):
        line = process.stdout.readline()
        said += line
        if line.startswith("ready") or not line:
            break
    assert re.search("^ready", said, re.MULTILINE), said
    return said


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    with serving({}) as served:
        yield served


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[Served]:
    """`make serve` with further settings of the server, as its environment names them."""
    command = [sys.executable, "-m", "tools.serve", "--end-with-parent"]
    ports = ["--grpc-port", "0", "--web-port", "0", "--sim-port", "0"]
    with subprocess.Popen(
        command + ports,
        cwd=ROOT,
        env={**environment(), **settings},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            said = read_until_ready(process)
            found = dict(
                re.findall(r"^(gRPC|web|simulator) +(?:http://)?(\S+)", said, re.MULTILINE)
            )
            yield Served(found["gRPC"], found["web"], found["simulator"])
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate()
    assert process.returncode == 0
