"""Reads a Dockerfile and a .dockerignore, as far as this project's own go."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_FLAG = re.compile(r"--([\w-]+)=(\S+)")


class DockerfileError(Exception):
    """The file holds what this reader does not know."""


@dataclass(frozen=True)
class Instruction:
    """One instruction, continued lines joined.

    Attributes:
        flags: What stands as `--name=value` between the keyword and the rest.
        rest: What is left, as written.
    """

    line: int
    keyword: str
    flags: Mapping[str, str]
    rest: str

    def words(self) -> list[str]:
        """The rest as a list: of JSON, or of words as a shell has them."""
        if self.rest.startswith("["):
            return [str(word) for word in json.loads(self.rest)]
        return shlex.split(self.rest)

    def pairs(self, known: Mapping[str, str]) -> dict[str, str]:
        """The rest as `name=value ...`, with `$NAME` replaced by what is known."""
        found = {}
        for word in self.words():
            name, separator, value = word.partition("=")
            if not separator:
                raise DockerfileError(f"line {self.line}: {word!r} is no name=value")
            found[name] = _VARIABLE.sub(lambda match: known[match[1] or match[2]], value)
        return found


@dataclass
class Stage:
    """What stands between one FROM and the next."""

    name: str
    base: str
    instructions: list[Instruction] = field(default_factory=list)


def read_stages(path: Path) -> dict[str, Stage]:
    """The stages by name, in their order.

    Raises:
        DockerfileError: It cannot be read.
    """
    stages: dict[str, Stage] = {}
    stage: Stage | None = None
    for instruction in _instructions(path.read_text("utf-8")):
        if instruction.keyword == "FROM":
            words = instruction.words()
            if len(words) != 3 or words[1].upper() != "AS":
                raise DockerfileError(f"line {instruction.line}: FROM without a name of its own")
            stage = stages[words[2]] = Stage(words[2], words[0])
        elif stage is None:
            raise DockerfileError(f"line {instruction.line}: {instruction.keyword} before FROM")
        else:
            stage.instructions.append(instruction)
    return stages


def _instructions(text: str) -> Iterator[Instruction]:
    joined, start = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("#") or not line.strip():
            continue
        start = start if joined else number
        joined += line.rstrip("\\") if line.endswith("\\") else line
        if line.endswith("\\"):
            continue
        keyword, _, rest = joined.strip().partition(" ")
        yield _instruction(start, keyword.upper(), rest.strip())
        joined = ""


def _instruction(line: int, keyword: str, rest: str) -> Instruction:
    flags = {}
    while match := _FLAG.match(rest):
        flags[match[1]] = match[2]
        rest = rest[match.end() :].lstrip()
    return Instruction(line, keyword, flags, rest)


class BuildContext:
    """The files that a build may copy: those of a folder that its .dockerignore leaves in."""

    def __init__(self, root: Path) -> None:
        self.root = root
        lines = (root / ".dockerignore").read_text("utf-8").splitlines()
        self._rules = [
            (line.startswith("!"), _pattern(line.lstrip("!").strip("/")))
            for line in map(str.strip, lines)
            if line and not line.startswith("#")
        ]

    def has(self, path: str) -> bool:
        """Whether a file is left in; the last rule that names it or a folder above it decides."""
        kept = True
        parts = path.split("/")
        above = ["/".join(parts[: count + 1]) for count in range(len(parts))]
        for keeps, pattern in self._rules:
            if any(pattern.fullmatch(each) for each in above):
                kept = keeps
        return kept

    def files(self, source: str) -> list[str]:
        """The files that a source of COPY means, relative to the folder.

        Raises:
            DockerfileError: There are none: a real build would fail.
        """
        top = self.root / source
        below = (
            [top] if top.is_file() else sorted(each for each in top.rglob("*") if each.is_file())
        )
        found = [path.relative_to(self.root).as_posix() for path in below]
        kept = [path for path in found if self.has(path)]
        if not kept:
            raise DockerfileError(f"COPY {source}: not in the build context")
        return kept


def _pattern(text: str) -> re.Pattern[str]:
    """Translate one pattern of a .dockerignore; `**/` is any number of folders, also none."""
    written = ""
    for part in re.split(r"(\*\*/|\*\*|\*|\?)", text):
        written += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
            part, re.escape(part)
        )
    return re.compile(written)
