"""`managed.py` of the Music Assistant provider, without the rest of it, which needs a host."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

FILE = (
    Path(__file__).parents[2]
    / "integrations"
    / "music_assistant"
    / "apple_music_grpc"
    / "managed.py"
)
_NAME = "managed_by_itself"

if TYPE_CHECKING:
    from apple_music_grpc.managed import (
        ManagedServer,
        ManagedServerError,
        ServerNotInstalledError,
        Timing,
        log_record,
    )
else:
    _spec = spec_from_file_location(_NAME, FILE)
    _module = sys.modules[_NAME] = module_from_spec(_spec)
    _spec.loader.exec_module(_module)
    ManagedServer = _module.ManagedServer
    ManagedServerError = _module.ManagedServerError
    ServerNotInstalledError = _module.ServerNotInstalledError
    Timing = _module.Timing
    log_record = _module.log_record

__all__ = [
    "FILE",
    "ManagedServer",
    "ManagedServerError",
    "ServerNotInstalledError",
    "Timing",
    "log_record",
]
