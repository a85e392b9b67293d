"""The public face of the package."""

import importlib.resources
import json
import re
import subprocess
import sys
from pathlib import Path

import applemusic
from applemusic.channel import service_config
from applemusic.v1 import (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)

SERVICES = (
    audio_service_pb2,
    auth_service_pb2,
    catalog_service_pb2,
    favorites_service_pb2,
    library_service_pb2,
    radio_service_pb2,
    recommendation_service_pb2,
    server_service_pb2,
)
PACKAGE = Path(str(importlib.resources.files("applemusic")))


def test_public_names_are_pinned() -> None:
    assert applemusic.__all__ == [
        "Account",
        "Album",
        "AppleMusicError",
        "Artist",
        "ArtistAlbumKind",
        "AudioChunk",
        "AudioContainer",
        "AudioEvent",
        "AudioHeader",
        "AudioStream",
        "AudioSummary",
        "Availability",
        "Backoff",
        "Batch",
        "Batcher",
        "Client",
        "ClientConfig",
        "ErrorReason",
        "FavoriteState",
        "MusicVideo",
        "Page",
        "Pager",
        "Playlist",
        "ReadOptions",
        "Resource",
        "ResourceRef",
        "ResourceType",
        "ServerInfo",
        "Song",
        "Station",
        "TLSConfig",
        "Track",
        "View",
        "errors",
        "models",
    ]
    for name in applemusic.__all__:
        assert getattr(applemusic, name) is not None
        assert name in dir(applemusic)


def test_every_rpc_of_the_contract_has_a_method() -> None:
    source = "\n".join(path.read_text("utf-8") for path in PACKAGE.glob("*.py"))
    used = set(re.findall(r"stubs\.\w+\.(\w+)", source))
    rpcs = {
        method.name
        for module in SERVICES
        for service in module.DESCRIPTOR.services_by_name.values()
        for method in service.methods
    }
    assert rpcs == used


def test_importing_is_light() -> None:
    program = (
        "import sys, applemusic\n"
        "assert not {'grpc', 'google.protobuf', 'asyncio'} & set(sys.modules)\n"
        "from applemusic import Client\n"
        "assert 'google.protobuf' not in sys.modules\n"
        "assert not any(name.endswith('_pb2') for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)  # noqa: S603 - our own program


def test_the_service_config_comes_with_the_package() -> None:
    policies = [
        entry.get("retryPolicy", {}) for entry in json.loads(service_config())["methodConfig"]
    ]
    codes = {code for policy in policies for code in policy.get("retryableStatusCodes", [])}
    assert codes == {"UNAVAILABLE", "CANCELLED"}
