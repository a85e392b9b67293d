"""Settings of a server that a test starts."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from applemusic_server.config import Settings
from applemusic_server.config_sources import load
from applemusic_simulator.simulator import Simulator


def settings_for(
    simulator: Simulator,
    folder: Path,
    developer_token: str,
    *,
    widevine: bool,
    token_settings: Mapping[str, Any] = MappingProxyType({}),
    **sections: Any,
) -> Settings:
    """Settings as an operator would write them, for one simulator."""
    token_file = folder / "developer-token"
    token_file.touch(mode=0o600)
    token_file.write_text(developer_token)
    values: dict[str, dict[str, Any]] = {
        "grpc": {"port": 0, "grace_seconds": 2},
        "web": {"port": 0},
        "apple": {"root_url": simulator.url},
        "developer_token": {"token_file": token_file, **token_settings},
        "storage": {"data_dir": folder / "data"},
        "playback": {"burst_seconds": 60, "lead_seconds": 120, "max_account_streams": 8},
        "widevine": {"device_file": simulator.widevine_device()} if widevine else {},
    }
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}
    return load({}, values)
