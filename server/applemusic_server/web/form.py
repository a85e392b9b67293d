"""Reads what a page of ours posts, and nothing else."""

import asyncio
from collections.abc import Collection, Mapping
from typing import Final
from urllib.parse import parse_qsl

from aiohttp import web

LARGEST: Final = 8192
_CONTENT_TYPE: Final = "application/x-www-form-urlencoded"
_SECONDS: Final = 10.0


class FormError(Exception):
    """A post that no page of ours sends.

    Attributes:
        status: HTTP status.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_form(request: web.Request, fields: Collection[str]) -> Mapping[str, str]:
    """Return the fields of a post; those that are absent are empty.

    Raises:
        FormError: Too large, too slow, another content type, or not these fields once each.
    """
    if request.content_type != _CONTENT_TYPE:
        raise FormError(415, f"the content type must be {_CONTENT_TYPE}")
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise FormError(415, "the body must not be compressed")
    if (request.content_length or 0) > LARGEST:
        raise _too_large()
    try:
        async with asyncio.timeout(_SECONDS):
            body = await _read(request)
    except TimeoutError:
        raise FormError(408, "the body came too slowly") from None
    return parse_form(body, fields)


def parse_form(body: bytes, fields: Collection[str]) -> Mapping[str, str]:
    """Return the fields of a body.

    Raises:
        FormError: It is not a form with these fields, each at most once.
    """
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            errors="strict",
            max_num_fields=len(fields),
        )
    except ValueError:  # also: not ASCII, not UTF-8, too many
        raise FormError(400, "the body is not a form of this page") from None
    found = dict(pairs)
    if len(found) != len(pairs) or not found.keys() <= set(fields):
        raise FormError(400, "the form has other fields than this page's")
    return dict.fromkeys(fields, "") | found


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            raise _too_large()
    return bytes(body)


def _too_large() -> FormError:
    return FormError(413, f"the body must not be larger than {LARGEST} bytes")
