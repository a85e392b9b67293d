"""The base of players, for those that the tests give to a real host."""

from typing import Any

from music_assistant_models.enums import PlaybackState, PlayerFeature

from music_assistant.models.player_provider import PlayerProvider


class Player:
    """One player."""

    _attr_name: str | None
    _attr_available: bool
    _attr_supported_features: set[PlayerFeature]
    _attr_current_media: Any
    _attr_playback_state: PlaybackState
    _attr_elapsed_time: float | None
    _attr_elapsed_time_last_updated: float | None

    def __init__(self, provider: PlayerProvider, player_id: str) -> None:
        self.mass = provider.mass
        self.player_id = player_id

    def update_state(self) -> None:
        """Tell the host what has changed."""
