"""The guides of docs/ and the README as pages beside the reference."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools.reference.code import coloured
from tools.reference.slug import slug

_ELSEWHERE = re.compile(r"[a-z]+:|//")
# What readers want to have, of files outside of docs: contract, policy, templates.
_DATA = {".proto", ".binpb", ".json", ".yaml"}
# How the guides are grouped; those that are named nowhere come last.
GROUPS: Final = {
    "Use it": ("README", "python", "typescript", "go", "languages", "grpcurl"),
    "Music": ("playback", "broadcasts", "library", "lyrics", "favorites-and-radio"),
    "Accounts": ("signing-in", "tokens", "access", "diagnostics"),
    "Hosts": ("music-assistant", "plugin"),
    "Run it": ("configuration", "commands", "doctor", "storage", "metrics", "logs", "tracing"),
}


@dataclass(frozen=True)
class Guide:
    """A page of Markdown.

    Attributes:
        source: The file, relative to the repository.
        address: The page, relative to the site.
    """

    source: PurePosixPath
    address: PurePosixPath
    title: str
    text: str


@dataclass
class Site:
    """The guides of a repository, and what they show besides.

    Attributes:
        assets: Files that pages link to or show, by their address; filled by rendering.
    """

    root: Path
    guides: dict[PurePosixPath, Guide]
    assets: dict[PurePosixPath, Path] = field(default_factory=dict)

    def groups(self) -> Iterator[tuple[str, list[Guide]]]:
        """Yield the guides as the navigation shows them."""
        left = {guide.source.stem: guide for guide in self.guides.values() if _in_docs(guide)}
        left["README"] = self.guides[PurePosixPath("README.md")]
        left.pop("errors", None)  # stands with the reference
        for name, stems in GROUPS.items():
            yield name, [left.pop(stem) for stem in stems if stem in left]
        yield "More", sorted(left.values(), key=lambda guide: guide.title)

    def rendered(self, guide: Guide) -> str:
        """Return a guide's text as HTML."""
        markdown = renderer(lambda link: self._address(link, guide))
        # Remarks for the tests, and where a page is made from.
        return str(markdown.render(re.sub(r"^ *<!--.*?-->\n", "", guide.text, flags=re.MULTILINE)))

    def _address(self, link: str, guide: Guide) -> str | None:
        """Where a link of a guide leads in the site; None where the site has no such page."""
        if _ELSEWHERE.match(link):
            return link
        path, _, anchor = link.partition("#")
        source = PurePosixPath(normpath(guide.source.parent / path)) if path else guide.source
        if source.is_relative_to("docs/api"):
            name = "index" if source.stem == "README" else source.stem
            target = PurePosixPath("api") / f"{name}.html"
        elif source in self.guides:
            target = self.guides[source].address
        elif source.is_relative_to("docs") and (self.root / source).is_file():
            target = source.relative_to("docs")
            self.assets[target] = self.root / source
        elif source.suffix in _DATA and (self.root / source).is_file():
            target = PurePosixPath("files") / source
            self.assets[target] = self.root / source
        else:
            return None
        return relpath(target, guide.address.parent) + (f"#{anchor}" if anchor else "")


def read_site(root: Path) -> Site:
    """Read the README and the guides below docs; the reference itself is made otherwise."""
    docs = sorted((root / "docs").rglob("*.md"))
    guides = {}
    for path in (root / "README.md", *docs):
        source = PurePosixPath(path.relative_to(root).as_posix())
        if not source.is_relative_to("docs/api"):
            text = path.read_text("utf-8")
            title = re.search(r"^# (.+)$", text, re.MULTILINE)
            guides[source] = Guide(
                source, _page(source), source.stem if title is None else title[1], text
            )
    return Site(root, guides)


def _page(source: PurePosixPath) -> PurePosixPath:
    inside = source.relative_to("docs") if source.is_relative_to("docs") else source
    return (
        inside.with_name("index.html") if inside.stem == "README" else inside.with_suffix(".html")
    )


def _in_docs(guide: Guide) -> bool:
    return guide.source.parent == PurePosixPath("docs")


def renderer(address: Callable[[str], str | None]) -> MarkdownIt:
    """Return what makes HTML of Markdown.

    Args:
        address: Says where a link leads; None leaves its text alone.
    """
    markdown = MarkdownIt("commonmark", {"html": False, "highlight": _highlighted}).enable("table")

    def mend(state: object) -> None:
        tokens: list[Token] = getattr(state, "tokens")  # noqa: B009 - the library's rules are untyped
        _name_headings(tokens)
        for token in tokens:
            _mend_links(token.children or [], address)

    markdown.core.ruler.push("applemusic", mend)
    return markdown


def _highlighted(code: str, lexer: str, _attributes: str) -> str:
    return coloured(code, lexer or "text")


def _name_headings(tokens: list[Token]) -> None:
    """Give headings the anchors that forges give them, also where two are the same."""
    seen: dict[str, int] = {}
    for opening, inline in pairwise(tokens):
        if opening.type == "heading_open":
            name = slug(inline.content)
            number = seen.get(name, 0)
            seen[name] = number + 1
            opening.attrSet("id", f"{name}-{number}" if number else name)


def _mend_links(tokens: list[Token], address: Callable[[str], str | None]) -> None:
    """Let links lead to pages of the site; what it does not have is text."""
    text_only = []
    for token in tokens:
        if token.type == "image":
            token.attrSet("src", address(str(token.attrGet("src"))) or "")
        elif token.type == "link_open":
            link = str(token.attrGet("href"))
            found = address(link)
            text_only.append(found is None)
            token.attrs = (
                {"title": f"{link}, in the repository"} if found is None else {"href": found}
            )
            token.tag = "span" if found is None else "a"
        elif token.type == "link_close":
            token.tag = "span" if text_only.pop() else "a"
