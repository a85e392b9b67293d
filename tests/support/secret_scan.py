"""Looks for secrets that a test used in what was written meanwhile."""

from collections.abc import Iterable
from urllib.parse import quote

# Cut or shortened secrets count, too; what is shorter is found by chance.
_PIECE = 16


def find_secrets(secrets: Iterable[str], **written: object) -> None:
    """Fail when a secret, or its beginning or end, is in one of the texts.

    Args:
        secrets: What must not be found.
        **written: Where to look, by name; anything whose `repr` shows all of it.
    """
    pieces = {
        form
        for secret in secrets
        for piece in (secret[:_PIECE], secret[-_PIECE:])
        for form in (piece, quote(piece, safe=""))
    }
    # The first characters of a developer token are those of every token: its header.
    pieces -= {piece for piece in pieces if piece.startswith("eyJ")}
    for name, text in written.items():
        shown = repr(text)
        assert not [piece for piece in pieces if piece in shown], f"a secret in {name}"
