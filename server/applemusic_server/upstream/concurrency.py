"""Several requests at once, all of which end together."""

from applemusic_server.domain.together import all_of

__all__ = ["all_of"]
