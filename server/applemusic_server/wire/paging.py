"""Page sizes as the contract has them, and the token of the page after."""

from typing import Any

from google.protobuf.message import Message

from applemusic_server.domain.resources import Page
from applemusic_server.wire.page_token import Position, encode


def page_limit(page_size: int, *, default: int, largest: int) -> int:
    """Return how many items to send: 0 means the default, too many means the most there can be."""
    return min(page_size or default, largest)


def next_page_token(request: Message, page: Page[Any]) -> str:
    """Return the token of the page after `page`; empty when it is the last."""
    return "" if page.next_offset is None else encode(request, Position(page.next_offset))
