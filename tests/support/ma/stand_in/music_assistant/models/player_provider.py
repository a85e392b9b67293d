"""The base of providers of players, for those that the tests give to a real host."""

from music_assistant.models.provider import Provider


class PlayerProvider(Provider):
    """A provider of players."""
