"""The reference as Markdown, for those who read it where the sources are: docs/api."""

import re
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tools.reference.linker import TYPES, Target
from tools.reference.slug import slug
from tools.reference.source import Source

_TEMPLATES = Path(__file__).with_name("templates")


class MarkdownAddresses:
    """Where things are in docs/api: fields and values are found under their type's heading."""

    def address(self, target: Target) -> str:
        """Return the address, relative to docs/api."""
        page = f"{target.page}.md" if target.page else "../errors.md"
        return f"{page}#{slug(target.name)}"


def markdown_pages(source: Source) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each page."""
    addresses = MarkdownAddresses()

    def linked(text: str, here: str = "") -> str:
        return source.names.linked(text, addresses, here=here)

    def cell(text: str, here: str = "") -> str:
        """A comment in a row of a table, which is one line."""
        lines = (" ".join(part.split()) for part in linked(text, here).split("\n\n"))
        return re.sub(r"(?<!\\)\|", r"\\|", "<br>".join(lines))

    def type_link(name: str) -> str:
        target = source.names.target(name)
        return f"`{name}`" if target is None else f"[`{name}`]({addresses.address(target)})"

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=False,  # noqa: S701 - Markdown, of our own sources
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(linked=linked, cell=cell, type=type_link, slug=slug)
    contract = source.contract

    def page(template: str, **values: object) -> str:
        text = environment.get_template(template).render(source=source, contract=contract, **values)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"

    yield "README.md", page("index.md.j2")
    for service in contract.services:
        yield f"{service.page}.md", page("service.md.j2", service=service)
    yield f"{TYPES}.md", page("types.md.j2")
