"""The layout that all pages share, and the rules that browsers are told to keep on them."""

import html
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from aiohttp import web

_LAYOUT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title}</title>
<link rel="stylesheet" href="assets/style.css" nonce="{nonce}">
<link rel="icon" href="data:,">
{head}</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class PageRules:
    """What a page may load, and who may show it.

    Attributes:
        scripts: Hosts of scripts besides our own, which carry a nonce.
        connects: Hosts that scripts may ask.
        frames: Hosts that may be shown in a frame on the page.
        ancestors: Who may show the page in a frame; nobody if empty. `self` for our own pages.
    """

    scripts: tuple[str, ...] = ()
    connects: tuple[str, ...] = ()
    frames: tuple[str, ...] = ()
    ancestors: tuple[str, ...] = ()

    def header(self, nonce: str) -> str:
        """Return the Content-Security-Policy."""
        own = f"'nonce-{nonce}'"
        return "; ".join(
            (
                "default-src 'none'",
                _directive("script-src", [own, *self.scripts]),
                f"style-src {own}",
                "img-src 'self' data:",
                _directive("connect-src", ["'self'", *self.connects]),
                _directive("frame-src", self.frames),
                "form-action 'none'",
                "base-uri 'none'",
                ancestors_directive(self.ancestors),
            )
        )


def ancestors_directive(ancestors: Sequence[str]) -> str:
    """Return the rule on who may show something in a frame; see `PageRules.ancestors`."""
    return _directive(
        "frame-ancestors", ["'self'" if each == "self" else each for each in ancestors]
    )


def page(
    title: str, body: str, rules: PageRules, *, script: str = "", status: int = 200
) -> web.Response:
    """Return a page.

    Args:
        title: Plain text.
        body: HTML; whoever makes it escapes what is not theirs.
        rules: What the page may load.
        script: Our script for it, a name in `assets/`.
        status: HTTP status.
    """
    nonce = secrets.token_urlsafe(18)
    head = f'<script src="assets/{script}" nonce="{nonce}" defer></script>\n' if script else ""
    text = _LAYOUT.format(title=html.escape(title), nonce=nonce, head=head, body=body)
    headers = {"Content-Security-Policy": rules.header(nonce)}
    if not rules.ancestors:
        headers["X-Frame-Options"] = "DENY"
    return web.Response(text=text, content_type="text/html", headers=headers, status=status)


def asset(name: str, content_type: str) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """Return a handler that answers with a file of ours."""
    body = static(name).encode()

    async def show(request: web.Request) -> web.StreamResponse:
        del request
        return web.Response(body=body, content_type=content_type, charset="utf-8")

    return show


def static(name: str) -> str:
    """Return the text of a file of ours."""
    return files(__package__).joinpath("static", name).read_text(encoding="utf-8")


def _directive(name: str, sources: Sequence[str]) -> str:
    return f"{name} {' '.join(sources)}" if sources else f"{name} 'none'"
