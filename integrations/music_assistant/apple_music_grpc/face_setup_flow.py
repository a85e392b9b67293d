"""The face for hosts with setup flows: Music Assistant from 2.10."""

from typing import Any

from music_assistant_models.config_entries import ConfigEntry
from music_assistant_models.errors import MusicAssistantError

from .provider import AppleMusicProvider


class Provider(AppleMusicProvider):
    """The provider, with its settings from a setup flow."""

    def value(self, key: str) -> Any:
        """Return what the setup flow stored."""
        return self.get_setup_value(key)

    async def get_config_entries(self) -> tuple[ConfigEntry, ...]:
        """Return the settings of the running instance: only what is wrong with it."""
        return tuple(self.warnings())

    def host_error(self, error: MusicAssistantError) -> Any:
        """Return the error itself: from its class the host sees that somebody has to sign in."""
        return error
