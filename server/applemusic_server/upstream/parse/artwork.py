"""Artwork, preview addresses and editors' words: what several types of resource carry."""

import re
from datetime import UTC, datetime, timedelta

from yarl import URL

from applemusic_server.domain.resources import Artwork, ContentRating, EditorialNotes
from applemusic_server.upstream.json_reader import JsonReader

_COLOR = re.compile(r"[0-9a-fA-F]{6}")
_RATINGS = {"clean": ContentRating.CLEAN, "explicit": ContentRating.EXPLICIT}


def read_artwork(attributes: JsonReader, key: str = "artwork") -> Artwork | None:
    """Return a picture; None when there is none. Sizes that are null become 0."""
    picture = attributes.child(key)
    if picture is None:
        return None
    url = read_url(picture, "url")
    if not url:
        return None
    colors = (picture.text(f"textColor{number}") for number in range(1, 5))
    background = picture.text("bgColor")
    return Artwork(
        url_template=url,
        width=picture.count("width"),
        height=picture.count("height"),
        background_color=background if _COLOR.fullmatch(background) else "",
        text_colors=tuple(color for color in colors if _COLOR.fullmatch(color)),
        expire_time=_expire_time(url),
    )


def read_url(reader: JsonReader, key: str) -> str:
    """Return an address; empty when absent or when it is neither http nor https."""
    url = reader.text(key)
    return url if url.startswith(("https://", "http://")) else ""


def read_preview_urls(attributes: JsonReader) -> tuple[str, ...]:
    """Return where excerpts are."""
    urls = (read_url(preview, "url") for preview in attributes.children("previews"))
    return tuple(url for url in urls if url)


def read_notes(attributes: JsonReader, key: str = "editorialNotes") -> EditorialNotes | None:
    """Return what editors wrote; None when they wrote nothing."""
    notes = attributes.child(key)
    if notes is None:
        return None
    found = EditorialNotes(notes.text("short"), notes.text("standard"), notes.text("tagline"))
    return found if found != EditorialNotes() else None


def read_rating(attributes: JsonReader) -> ContentRating:
    """Return whether it is explicit."""
    return _RATINGS.get(attributes.text("contentRating"), ContentRating.UNRATED)


def _expire_time(url: str) -> datetime | None:
    """Read when a presigned URL ends: covers of uploads and own playlists (observed)."""
    if "X-Amz-" not in url:
        return None
    try:
        query = URL(url, encoded=True).query
        signed = datetime.fromisoformat(query["X-Amz-Date"])
        return (signed + timedelta(seconds=int(query["X-Amz-Expires"]))).astimezone(UTC)
    except (ValueError, KeyError, OverflowError):
        return None
