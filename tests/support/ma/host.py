"""The host as a provider meets it: loads it, stores its settings, hears its events."""

import asyncio
import importlib
import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from music_assistant_models.config_entries import ConfigEntry, ProviderConfig
from music_assistant_models.enums import EventType
from music_assistant_models.errors import MusicAssistantError
from music_assistant_models.provider import ProviderManifest

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "integrations" / "music_assistant" / "apple_music_grpc"
STAND_IN = Path(__file__).with_name("stand_in")
PACKAGE = "music_assistant.providers.apple_music_grpc"
RETRY_SECONDS = 120.0


class Generation(Enum):
    """The two kinds of host."""

    SETTINGS = "settings"
    SETUP_FLOW = "setup_flow"


@contextmanager
def provider_package(generation: Generation) -> Iterator[ModuleType]:
    """Import the provider's folder as this generation of the host does, and forget it again."""
    before = {name: each for name, each in sys.modules.items() if _ours(name)}
    for name in before:
        del sys.modules[name]
    sys.path.insert(0, str(STAND_IN))
    try:
        if generation is Generation.SETTINGS:
            _become_older()
        yield _import_folder()
    finally:
        sys.path.remove(str(STAND_IN))
        for name in [name for name in sys.modules if _ours(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def _ours(name: str) -> bool:
    return name.partition(".")[0] == "music_assistant" or name == "tests.support.ma.older"


def _become_older() -> None:
    models = importlib.import_module("music_assistant.models")
    older = importlib.import_module("tests.support.ma.older")
    sys.modules["music_assistant.models.music_provider"] = older
    # A finder that knows the module would find its file: an older host has none.
    models.__path__ = []


def _import_folder() -> ModuleType:
    importlib.import_module("music_assistant.providers")
    spec = importlib.util.spec_from_file_location(
        PACKAGE, FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[PACKAGE] = module
    spec.loader.exec_module(module)
    return module


@dataclass
class Host:
    """What the provider gets as `mass`.

    Attributes:
        provider: The loaded instance; None while there is none.
        last_error: What the host shows at a provider that did not load or gave up.
        events: What was signalled.
        due: When the host tries again to load, in seconds; None when it does not.
    """

    package: ModuleType
    generation: Generation
    values: dict[str, Any] = field(default_factory=dict)
    instance_id: str = "apple_music_grpc--test0001"
    provider: Any = None
    last_error: Any = None
    events: list[tuple[Any, Any, Any]] = field(default_factory=list)
    due: float | None = None
    metadata: Any = field(default_factory=lambda: SimpleNamespace(locale="en_US"))
    later: set[asyncio.Task[Any]] = field(default_factory=set)
    storage_path: str = "/nonexistent"

    @property
    def manifest(self) -> ProviderManifest:
        return ProviderManifest.from_json((FOLDER / "manifest.json").read_text("utf-8"))

    async def load(self) -> Any:
        """Load the provider as at start-up: a failure is shown, and tried again later."""
        self.due = None
        try:
            self.provider = await self.load_or_raise()
        except MusicAssistantError as error:
            self.last_error, self.due = error, RETRY_SECONDS
            return None
        self.last_error = None
        return self.provider

    async def load_or_raise(self) -> Any:
        """Load the provider as when it is added: a failure is the person's to see."""
        async with asyncio.timeout(30):
            provider = await self.package.setup(self, self.manifest, self.config())
        if self.generation is Generation.SETUP_FLOW:
            # Its settings are known now, and what is stored of them is read anew.
            provider.config = self.config(await provider.get_config_entries())
            provider.config.validate()
        await provider.handle_async_init()
        provider.available = True
        await provider.loaded_in_mass()
        return provider

    async def unload(self) -> None:
        """Unload the provider, if it is loaded."""
        provider, self.provider = self.provider, None
        if provider is not None:
            await provider.unload()
        for task in self.later:
            task.cancel()
        await asyncio.gather(*self.later, return_exceptions=True)

    def config(self, entries: Sequence[ConfigEntry] = ()) -> Any:
        """The stored settings, in the place where this generation has them."""
        stored = {
            "type": "music",
            "domain": "apple_music_grpc",
            "instance_id": self.instance_id,
            "values": {},
        }
        config: Any = ProviderConfig.parse(entries, stored)
        if self.generation is Generation.SETUP_FLOW:
            config.setup_data = dict(self.values)
        else:
            config.values = {key: _stored(key, value) for key, value in self.values.items()}
        return config

    def get_provider(self, instance_id: str) -> Any:
        return self.provider if instance_id == self.instance_id else None

    def get_providers(self) -> list[Any]:
        return [] if self.provider is None else [self.provider]

    def signal_event(self, event: EventType, object_id: Any = None, data: Any = None) -> None:
        self.events.append((event, object_id, data))

    def call_later(self, delay: float, target: Any, *args: Any) -> None:
        async def call() -> None:
            await asyncio.sleep(delay)
            await target(*args)

        task = asyncio.ensure_future(call())
        self.later.add(task)
        task.add_done_callback(self.later.discard)

    async def unload_provider_with_error(self, instance_id: str, error: Any) -> None:
        assert instance_id == self.instance_id
        self.last_error = error
        provider, self.provider = self.provider, None
        await provider.unload()


def _stored(key: str, value: Any) -> ConfigEntry:
    kind: Any = "boolean" if isinstance(value, bool) else "string"
    entry = ConfigEntry.from_dict({"key": key, "type": kind, "label": key})
    entry.value = value
    return entry


def round_trip(item: Any) -> Any:
    """Return an item after a way through JSON, as the host's API and database send it."""
    return type(item).from_dict(json.loads(json.dumps(item.to_dict(), default=str)))


def as_sent(item: Any) -> Any:
    """Return an item as the host sends it, with those lists in order that were sets."""
    return _in_order(item.to_dict())


def _in_order(value: Any) -> Any:
    if not isinstance(value, dict):
        return [_in_order(each) for each in value] if isinstance(value, list) else value
    sets = {"genres", "external_ids", "provider_mappings", "supported_mediatypes"}
    return {
        key: sorted(each, key=str) if key in sets and each else _in_order(each)
        for key, each in value.items()
    }
