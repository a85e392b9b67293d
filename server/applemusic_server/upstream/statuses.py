"""What HTTP statuses mean, wherever bodies are fetched."""

from typing import Final

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS: Final = 3
"""Of one request for media; each address on the way is checked."""

PASSING: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""As far as a file server goes: whoever reads asks again."""
