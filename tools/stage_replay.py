"""Does the steps of a Dockerfile's stages, each in a folder that looks like its own machine."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.dockerfile import BuildContext, DockerfileError, Instruction, Stage

_ENTER = Path(__file__).with_name("enter_root.py")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# What an engine hands on to the steps, or what stands in its own configuration.
_FROM_OUTSIDE = ("PIP_", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_", "REQUESTS_CA_BUNDLE")


@dataclass(frozen=True)
class Base:
    """What stands for a base image: its name, and the folders that it is made of, topmost first."""

    name: str
    layers: tuple[Path, ...]


@dataclass
class Built:
    """A stage whose steps are done, and what an engine would remember of it.

    Attributes:
        root: Its files.
        layers: The folders that they are made of, topmost first.
    """

    root: Path
    layers: tuple[Path, ...]
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": _PATH})
    arguments: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    folder: str = "/"
    user: int = 0
    volumes: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    entry_point: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)

    def inside(self, path: str) -> Path:
        """Where a path of the image is found from outside."""
        return self.root / os.path.normpath(Path(self.folder) / path).lstrip("/")


class StageReplay:
    """Does stages once each, those first that others are made from."""

    def __init__(
        self, stages: Mapping[str, Stage], context: BuildContext, base: Base, work: Path
    ) -> None:
        self._stages = stages
        self._context = context
        self._base = base
        self._work = work
        self._built: dict[str, Built] = {}

    def build(self, name: str) -> Built:
        """Do a stage's steps.

        Raises:
            DockerfileError: A step cannot be understood, or an engine would refuse it.
            subprocess.CalledProcessError: A step failed.
        """
        if name in self._built:
            return self._built[name]
        stage = self._stages[name]
        if stage.base == self._base.name:
            below = None
        elif stage.base in self._stages:
            below = self.build(stage.base)
        else:
            raise DockerfileError(f"{stage.base}: not the base that is replayed")
        built = self.mounted(name, below)
        for instruction in stage.instructions:
            print(
                f"{name}: {instruction.keyword} {' '.join(instruction.rest.split())[:100]}",
                flush=True,
            )
            self._do(instruction, built)
        self._built[name] = built
        return built

    def mounted(self, name: str, below: Built | None = None) -> Built:
        """Begin a stage: its files are those below, and what it changes is its own."""
        below = below or Built(Path(), self._base.layers)
        folder = self._work / name
        upper, hidden, root = (folder / each for each in ("files", "work", "root"))
        for each in (upper, hidden, root):
            each.mkdir(parents=True)
        lower = ":".join(map(str, below.layers))
        options = f"lowerdir={lower},upperdir={upper},workdir={hidden}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", options, str(root)], check=True)
        return Built(
            root,
            (upper, *below.layers),
            environment=dict(below.environment),
            folder=below.folder,
            user=below.user,
        )

    def _do(self, instruction: Instruction, built: Built) -> None:
        match instruction.keyword:
            case "RUN":
                self._run(instruction, built)
            case "COPY":
                self._copy(instruction, built)
            case "WORKDIR":
                built.folder = instruction.rest
                built.inside(".").mkdir(parents=True, exist_ok=True)
            case _:
                _remember(instruction, built)

    def _run(self, instruction: Instruction, built: Built) -> None:
        outside = {
            name: value
            for name, value in os.environ.items()
            if name.upper().startswith(_FROM_OUTSIDE)
        }
        command = enter_command(
            built,
            ["/bin/sh", "-c", instruction.rest],
            environment={**outside, "HOME": "/root", **built.environment},
        )
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = (done.stdout + done.stderr)[-4000:]
            raise DockerfileError(
                f"line {instruction.line}: RUN ends with {done.returncode}:\n{said}"
            )

    def _copy(self, instruction: Instruction, built: Built) -> None:
        *sources, target = instruction.words()
        place = built.inside(target)
        if origin := instruction.flags.get("from"):
            tree = self.build(origin).inside(sources[0])
            shutil.copytree(tree, place, symlinks=True, dirs_exist_ok=True)
            return
        for source in sources:
            for path in self._context.files(source):
                # Of a folder its content is copied; a file goes into a folder that is named.
                name = path[len(source) :].lstrip("/")
                if not name:
                    name = Path(path).name if target.endswith("/") else ""
                to = place / name if name else place
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self._context.root / path, to)


def _remember(instruction: Instruction, built: Built) -> None:
    """Do a step that changes no file."""
    rest = instruction.rest
    match instruction.keyword:
        case "USER":
            built.user = int(rest.partition(":")[0])
        case "ARG":
            built.arguments |= instruction.pairs({})
        case "ENV":
            built.environment |= instruction.pairs(built.environment)
        case "LABEL":
            built.labels |= instruction.pairs(built.arguments)
        case "VOLUME":
            built.volumes += instruction.words()
        case "EXPOSE":
            built.ports += map(int, instruction.words())
        case _:
            _remember_program(instruction, built)


def _remember_program(instruction: Instruction, built: Built) -> None:
    rest = instruction.rest
    match instruction.keyword:
        case "HEALTHCHECK":
            check = dataclasses.replace(instruction, rest=rest.removeprefix("CMD").strip())
            built.health = check.words()
        case "ENTRYPOINT":
            built.entry_point = instruction.words()
        case "CMD":
            built.command = instruction.words()
        case other if (other, rest) != ("STOPSIGNAL", "SIGTERM"):
            raise DockerfileError(f"line {instruction.line}: cannot replay {other} {rest}")


def enter_command(
    built: Built,
    command: list[str],
    *,
    environment: Mapping[str, str],
    read_only: bool = False,
    offline: bool = False,
    writable: Mapping[str, Path] | None = None,
) -> list[str]:
    """What runs a program in a stage's files, for `subprocess`; see `enter_root`."""
    order: dict[str, Any] = {
        "root": str(built.root),
        "command": command,
        "environment": dict(environment),
        "folder": built.folder,
        "user": built.user,
        "read_only": read_only,
        "offline": offline,
        "writable": {inside: str(outside) for inside, outside in (writable or {}).items()},
    }
    namespaces = ["--mount", "--pid", "--fork", "--kill-child", *(["--net"] if offline else [])]
    return ["unshare", *namespaces, sys.executable, str(_ENTER), json.dumps(order)]
