"""The reference and the guides as HTML: a folder of pages that needs no server and no network."""

import re
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from posixpath import relpath

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tools.reference.code import coloured
from tools.reference.guides import Guide, read_site, renderer
from tools.reference.linker import TYPES, Target
from tools.reference.reasons import Reason
from tools.reference.source import Source

_HERE = Path(__file__).parent
_STATIC = ("style.css", "script.js")
_API = PurePosixPath("api")


class HtmlAddresses:
    """Where things are in api/: everything has an anchor of its own, `Song` or `Song.name`."""

    def address(self, target: Target) -> str:
        """Return the address, relative to api/."""
        if not target.page:
            return f"../errors.html#{target.part or target.name}"
        part = f".{target.part}" if target.part else ""
        return f"{target.page}.html#{target.name}{part}"


class HtmlWriter:
    """Writes the pages.

    Args:
        source: What they are made of.
        target: The folder for them, which need not be there.
    """

    def __init__(self, source: Source, target: Path) -> None:
        self._source = source
        self._target = target
        self._site = read_site(source.root)
        self._addresses = HtmlAddresses()
        self._comments = renderer(lambda link: link)
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(
            comment=self._comment,
            advice=self._advice,
            type=self._type,
            coloured=lambda example: Markup(coloured(example.text, example.lexer)),  # noqa: S704 - Pygments escapes
        )

    def write(self) -> None:
        """Write every page, and what they show."""
        contract = self._source.contract
        self._api("index", "api_index.html.j2", "API reference")
        for service in contract.services:
            self._api(service.page, "service.html.j2", service.name, service=service)
        self._api(TYPES, "types.html.j2", "Types")
        for guide in self._site.guides.values():
            self._guide(guide)
        for address, path in self._site.assets.items():
            self._file(address).write_bytes(path.read_bytes())
        for name in _STATIC:
            shutil.copyfile(_HERE / "static" / name, self._target / name)

    def _api(self, name: str, template: str, title: str, **values: object) -> None:
        self._page(_API / f"{name}.html", template, title, **values)

    def _guide(self, guide: Guide) -> None:
        body = self._site.rendered(guide)
        if guide.source == PurePosixPath("docs/errors.md"):
            body = with_rows_named(body, self._source.names.reasons)
        self._page(guide.address, "guide.html.j2", guide.title, body=Markup(body))  # noqa: S704 - of our own Markdown, HTML off

    def _page(self, address: PurePosixPath, template: str, title: str, **values: object) -> None:
        text = self._environment.get_template(template).render(
            source=self._source,
            contract=self._source.contract,
            groups=list(self._site.groups()),
            here=str(address),
            to=partial(_relative, address),
            title=title,
            **values,
        )
        self._file(address).write_text(text, encoding="utf-8")

    def _file(self, address: PurePosixPath) -> Path:
        path = self._target / address
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _comment(self, text: str, here: str = "") -> Markup:
        """A comment with its names linked; one paragraph comes without a tag around it."""
        linked = self._source.names.linked(text, self._addresses, here=here)
        render = self._comments.render if "\n\n" in linked else self._comments.renderInline
        return Markup(render(linked))  # noqa: S704 - Markdown with HTML off

    def _advice(self, text: str) -> Markup:
        """A cell of docs/errors.md, seen from api/."""
        moved = re.sub(r"\]\((\w[\w-]*)\.md", r"](../\1.html", text)
        return self._comment(moved)

    def _type(self, name: str) -> Markup:
        target = self._source.names.target(name)
        if target is None:
            return Markup("<code>{}</code>").format(name)
        link = Markup('<a href="{}"><code>{}</code></a>')
        return link.format(self._addresses.address(target), name)


def _relative(here: PurePosixPath, address: str | PurePosixPath) -> str:
    return relpath(address, here.parent)


def with_rows_named(html: str, reasons: Mapping[str, Reason]) -> str:
    """Give the rows of the table of errors anchors: the reasons' names."""

    def named(found: re.Match[str]) -> str:
        return f'<tr id="{found[1]}">' if found[1] in reasons else found[0]

    return re.sub(r"<tr>(?=\s*<td><code>([A-Z_]+)</code></td>)", named, html)
