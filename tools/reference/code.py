"""Code in colour, without any script in the page."""

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound


def coloured(code: str, lexer: str) -> str:
    """Return code as HTML, with classes that style.css knows; plain where no lexer is known."""
    try:
        found = get_lexer_by_name(lexer)
    except ClassNotFound:
        return escape(code)
    return highlight(code, found, HtmlFormatter(nowrap=True))
