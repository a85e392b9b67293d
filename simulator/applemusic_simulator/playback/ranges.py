"""Byte ranges and preconditions of HTTP (RFC 9110), as far as a file server needs them."""

import re
from dataclasses import dataclass

from aiohttp import web

from applemusic_simulator.media.damage import ServedFile

_ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(frozen=True, slots=True)
class Span:
    """Which bytes to send, and whether they are a part (206) or all (200)."""

    start: int
    end: int
    partial: bool


def span_of(request: web.Request, file: ServedFile, *, ignore: bool = False) -> Span | None:
    """Return what a request asks for; None when it lies behind the end of the file (416).

    Several ranges, and ranges that are not understood, are answered with the whole file.
    """
    whole = Span(0, file.size, partial=False)
    found = _ONE_RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if ignore or found is None or not any(found.groups()):
        return whole
    if request.headers.get("If-Range", file.etag) != file.etag:
        return whole
    first, last = found.groups()
    if not first:
        length = min(int(last), file.size)
        return Span(file.size - length, file.size, partial=True) if length else None
    start, end = int(first), min(int(last), file.size - 1) + 1 if last else file.size
    if last and int(last) < int(first):
        return whole
    return Span(start, end, partial=True) if start < file.size else None


def precondition(request: web.Request, file: ServedFile) -> int | None:
    """Return the status that `If-Match` or `If-None-Match` asks for, or None to go on."""
    expected = request.headers.get("If-Match")
    if expected is not None and not _listed(file.etag, expected):
        return web.HTTPPreconditionFailed.status_code
    known = request.headers.get("If-None-Match")
    if known is not None and _listed(file.etag, known):
        return web.HTTPNotModified.status_code
    return None


def _listed(etag: str, header: str) -> bool:
    return any(entry.strip() in ("*", etag) for entry in header.split(","))
