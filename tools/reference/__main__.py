"""Make the API reference.

python -m tools.reference               Markdown into docs/api
python -m tools.reference --check       whether docs/api is what would be made
python -m tools.reference --html DIR    HTML, with the guides
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tools.reference.html import HtmlWriter
from tools.reference.markdown import markdown_pages
from tools.reference.source import Source

ROOT = Path(__file__).resolve().parents[2]
MARKDOWN = ROOT / "docs" / "api"


def write_markdown(source: Source) -> None:
    """Write docs/api, and take away what is not part of it any more."""
    pages = dict(markdown_pages(source))
    MARKDOWN.mkdir(exist_ok=True)
    for path in MARKDOWN.iterdir():
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (MARKDOWN / name).write_text(text, encoding="utf-8")


def stale_pages(source: Source) -> list[str]:
    """Names of pages in docs/api that are not what would be made."""
    pages = dict(markdown_pages(source))
    there = {path.name: path.read_text("utf-8") for path in MARKDOWN.glob("*")}
    return sorted(name for name in pages.keys() | there if pages.get(name) != there.get(name))


def main(words: Sequence[str] | None = None) -> None:
    """Parse the arguments and do what they say."""
    parser = argparse.ArgumentParser(prog="python -m tools.reference", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--check", action="store_true")
    choice.add_argument("--html", type=Path, metavar="DIR")
    arguments = parser.parse_args(words)
    source = Source.read(ROOT)
    if arguments.html is not None:
        HtmlWriter(source, arguments.html).write()
        print(f"wrote {arguments.html / 'index.html'}")
    elif not arguments.check:
        write_markdown(source)
    elif stale := stale_pages(source):
        raise SystemExit(f"docs/api is not up to date, run `make gen`: {', '.join(stale)}")
    else:
        print("the API reference is up to date")


if __name__ == "__main__":
    main()
