"""The base of all providers."""

import logging
from typing import Any

from music_assistant_models.enums import ProviderFeature


class Provider:
    """One instance of a provider."""

    def __init__(
        self,
        mass: Any,
        manifest: Any,
        config: Any,
        supported_features: set[ProviderFeature] | None = None,
    ) -> None:
        self.mass = mass
        self.manifest = manifest
        self.config = config
        self._supported_features = supported_features or set()
        self.logger = logging.getLogger("music_assistant").getChild(self.domain)
        self.available = False

    @property
    def supported_features(self) -> set[ProviderFeature]:
        return self._supported_features

    @property
    def domain(self) -> str:
        return str(self.manifest.domain)

    @property
    def instance_id(self) -> str:
        return str(self.config.instance_id)

    @property
    def instance_name_postfix(self) -> str | None:
        return None

    def get_setup_value(self, key: str, default: Any = None) -> Any:
        return self.config.setup_data.get(key, default)

    async def handle_async_init(self) -> None:
        """Do what needs an event loop."""

    async def loaded_in_mass(self) -> None:
        """Learn that the host knows the provider now."""

    async def unload(self, is_removed: bool = False) -> None:
        """Let go of everything."""
