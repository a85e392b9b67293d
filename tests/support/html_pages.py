"""Reads pages of HTML: what they link to, what they load, and where they can be entered."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


@dataclass
class HtmlPage(HTMLParser):
    """A page; `links` are of people's, `loaded` of the browser's choosing."""

    path: Path
    anchors: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.anchors.append(found["id"])
        if "href" in found:
            (self.links if tag == "a" else self.loaded).append(found["href"])
        self.loaded += [found[name] for name in ("src", "srcset", "data") if name in found]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def pages_below(folder: Path) -> dict[Path, HtmlPage]:
    """All pages of a site by path."""
    return {path: HtmlPage(path) for path in sorted(folder.rglob("*.html"))}


def broken(link: str, page: HtmlPage, pages: dict[Path, HtmlPage]) -> bool:
    """True when a link without a scheme leads nowhere."""
    parts = urlsplit(link)
    target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if target not in pages:
        return bool(parts.fragment) or not target.is_file()
    return bool(parts.fragment) and unquote(parts.fragment) not in pages[target].anchors
