"""Reads the fenced blocks of the documentation."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
_BLOCK = re.compile(
    r"(?P<before>[^\n]*)\n(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n"
    r"(?P<text>.*?)\n(?P=indent)```",
    re.DOTALL,
)
_NOT_RUN = re.compile(r"<!-- not run: .+ -->")


@dataclass(frozen=True)
class Block:
    """A fenced block; `<!-- not run: why -->` on the line before it marks one not to run."""

    page: str
    line: int
    language: str
    text: str
    not_run: bool

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that tells somebody to run something.

    Not the API reference: its examples are run where they are cut out of.
    """
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "simulator" / "README.md",
        ROOT / "clients" / "python" / "README.md",
        ROOT / "clients" / "go" / "README.md",
        ROOT / "clients" / "typescript" / "README.md",
        ROOT / "conformance" / "README.md",
        ROOT / "examples" / "README.md",
        *(page for page in sorted((ROOT / "docs").rglob("*.md")) if page.parent.name != "api"),
    ]


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page in their order."""
    text = page.read_text("utf-8")
    for found in _BLOCK.finditer(text):
        yield Block(
            page=page.relative_to(ROOT).as_posix(),
            line=text.count("\n", 0, found.start("language")) + 1,
            language=found["language"],
            text=textwrap.dedent(found["text"]),
            not_run=_NOT_RUN.search(found["before"]) is not None,
        )


def blocks(*languages: str) -> list[Block]:
    """All blocks in one of the languages that are to be run."""
    return [
        block
        for page in pages()
        for block in blocks_of(page)
        if block.language in languages and not block.not_run
    ]


def statements(block: Block) -> list[str]:
    """The commands of a block of shell, one by one, continued lines joined."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def file_of(block: Block) -> str | None:
    """The file that a block of Python says it is, in a comment on its first line."""
    found = re.match(r"# (\w+\.py)$", block.text.partition("\n")[0])
    return None if found is None else found[1]
