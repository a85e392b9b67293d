"""The table of errors: docs/errors.md is its source."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.reference.slug import slug

_ROW = re.compile(r"^\| `([A-Z_]+)` \| ([A-Z_]+) \| (.*?) \| (.*?) \| (.*?) \|$", re.MULTILINE)
_SECTION = re.compile(r"^## (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Reason:
    """A row of the table; `section` is the anchor of the heading above it."""

    name: str
    code: str
    meaning: str
    metadata: str
    advice: str
    section: str


def read_reasons(page: Path) -> dict[str, Reason]:
    """Return the reasons by name, in the order of the page."""
    return {reason.name: reason for reason in _rows(page.read_text("utf-8"))}


def _rows(text: str) -> Iterator[Reason]:
    parts = _SECTION.split(text)
    for heading, body in zip(parts[1::2], parts[2::2], strict=True):
        for name, code, meaning, metadata, advice in _ROW.findall(body):
            yield Reason(name, code, meaning, metadata, advice, slug(heading))
