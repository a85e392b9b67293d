"""Pictures and what editors wrote."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Artwork:
    """A picture that Apple scales on request."""

    url_template: str = ""
    """URL with the placeholders `{w}` and `{h}`; also `{c}` and `{f}` for some.

    Empty when the picture comes in one size only.
    """
    url: str = field(default="", repr=False)
    """The URL for the size that the request asked for, ready to be fetched."""
    width: int = 0
    """Greatest width in pixels, 0 when Apple does not say."""
    height: int = 0
    """Greatest height in pixels, 0 when Apple does not say."""
    background_color: str = ""
    """Average colour as six hexadecimal digits, empty when not given."""
    text_colors: tuple[str, ...] = ()
    """Up to four colours for text on that background, the most readable first."""
    expire_time: datetime | None = None
    """When `url` stops working (covers of uploads and own playlists).

    None means it does not expire. Do not store a URL that expires: read the resource again.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class EditorialNotes:
    """What Apple's editors wrote. Contains simple inline HTML tags."""

    short: str = ""
    """A sentence or two."""
    standard: str = ""
    """The whole text."""
    tagline: str = ""
    """A line."""
