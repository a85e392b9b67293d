"""`managed.py` of the Music Assistant provider, without the rest of it, which needs a host."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

FOLDER = Path(__file__).parents[2] / "integrations" / "music_assistant" / "apple_music_grpc"
# A package of the provider's files, without what its own `__init__` imports.
_PACKAGE = "provider_without_host"

if TYPE_CHECKING:
    from apple_music_grpc.managed import (
        ManagedServer,
        ManagedServerError,
        ServerNotInstalledError,
        Timing,
    )
    from apple_music_grpc.server_log import log_record
else:
    _package = sys.modules[_PACKAGE] = ModuleType(_PACKAGE)
    _package.__path__ = [str(FOLDER)]
    _managed = import_module(f"{_PACKAGE}.managed")
    ManagedServer = _managed.ManagedServer
    ManagedServerError = _managed.ManagedServerError
    ServerNotInstalledError = _managed.ServerNotInstalledError
    Timing = _managed.Timing
    log_record = import_module(f"{_PACKAGE}.server_log").log_record

__all__ = [
    "FOLDER",
    "ManagedServer",
    "ManagedServerError",
    "ServerNotInstalledError",
    "Timing",
    "log_record",
]
