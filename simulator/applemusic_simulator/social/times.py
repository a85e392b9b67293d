"""Times as Apple writes them."""

from datetime import UTC, datetime


def text_of(seconds: float) -> str:
    """`2026-09-20T06:00:00Z`.

    Args:
        seconds: Since 1970.
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
