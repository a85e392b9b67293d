"""Apple Music for Music Assistant, through the Apple Music gRPC server.

A folder of Music Assistant's `providers`. It wraps the Python client of the server, and knows
nothing about Apple itself. There are two generations of the host; which one it is in is seen here,
once: one that has setup flows ships the module of their sessions.
"""

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

# A folder that was put together for copying brings the client along; an installed one comes first.
_CLIENT = str(Path(__file__).with_name("client"))
if Path(_CLIENT).is_dir() and _CLIENT not in sys.path:
    sys.path.append(_CLIENT)

if find_spec("music_assistant.models.setup_flow") is not None:
    from . import face_setup_flow as face

    __all__ = ["setup"]
else:
    from . import face_settings as face  # type: ignore[no-redef]  # the other face
    from .face_settings import get_config_entries
    from .features import all_features

    SUPPORTED_FEATURES = all_features()
    """By this the host chooses which settings an instance has while it is not loaded."""

    __all__ = ["SUPPORTED_FEATURES", "get_config_entries", "setup"]


async def setup(mass: Any, manifest: Any, config: Any) -> Any:
    """Return a connected instance.

    Args:
        mass: The host.
        manifest: What `manifest.json` says.
        config: The instance's configuration.

    Raises:
        ResourceTemporarilyUnavailable: The server does not answer; the host tries again by itself.
        LoginFailed: Somebody has to sign in.
        SetupFailedError: The settings cannot work.
    """
    reader = face.Provider(mass, manifest, config)
    # The host reads how many streams there may be while the provider is made, and the server says.
    return face.Provider(mass, manifest, config, await reader.open_session())
