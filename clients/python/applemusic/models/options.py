"""How resources are read."""

from dataclasses import dataclass

from applemusic.models.wire_enum import WireEnum


class View(WireEnum):
    """Says how much of a resource to send."""

    UNKNOWN = 0
    """Not told, or unknown to this version of the client."""
    BASIC = 1
    """What Apple sends without being asked for more."""
    FULL = 2
    """Adds editorial notes, audio variants and, for an account, favorite and library state.

    May cost further upstream requests.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How the caller wants resources to be read. Every field has a default."""

    language: str = ""
    """BCP-47 tag for names and notes, e.g. `de-DE`.

    Matched to the closest language that the storefront supports; empty means the storefront's
    default. A malformed tag is INVALID_FIELD.
    """
    storefront: str = ""
    """Storefront to read the catalog of, e.g. `us`.

    Empty means the account's, or the server's default when no account is involved.
    """
    artwork_size: int = 0
    """Longest side in pixels of the ready-made artwork URLs. 0 means 600; at most 3000."""
    view: View = View.BASIC
    """How much to send."""
