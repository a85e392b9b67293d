"""Anchors of headings, as the forges make them."""

import re


def slug(heading: str) -> str:
    """Return the anchor of a heading of Markdown.

    Lower case, blanks as hyphens; letters, digits, hyphens and underscores stay.
    """
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)  # a link is its text
    return re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
