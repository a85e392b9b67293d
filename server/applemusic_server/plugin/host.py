"""What the program that starts the plugin asks for, and the line that answers it.

The variables and the line are go-plugin's (reference: go-plugin 1.8.0, `server.go`, `client.go`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

COOKIE_VARIABLE: Final = "APPLEMUSIC_PLUGIN_COOKIE"
COOKIE: Final = "5a7887e3-8656-4843-a45a-015dfff4ac4f"

NOT_BY_HAND: Final = (
    "applemusic-server: --plugin is for programs that start this server themselves, and "
    f"{COOKIE_VARIABLE} does not say that one did (docs/plugin.md).\n"
    "To run the server yourself, leave --plugin out: applemusic-server serve"
)

# Version of go-plugin's own protocol.
_CORE_PROTOCOL: Final = 1
# Version of the contract, which hosts compare with theirs: applemusic.v1.
CONTRACT_VERSION: Final = 1
# What Go's strconv.ParseBool takes for true.
_TRUE: Final = frozenset({"1", "t", "T", "TRUE", "true", "True"})


@dataclass(frozen=True, slots=True)
class Host:
    """What a host asks for.

    Attributes:
        versions: Versions of the contract that it knows; empty when it names none.
        socket_folder: Where the socket is to be; None leaves it to the plugin.
        socket_group: Name or number of a group that may use the socket; empty for none.
        client_certificate: In PEM; whoever connects has to show it. Empty for plain text.
        multiplexed: Whether it asks for all of go-plugin's connections over one; None if it knows
            nothing of that.
        remarks: What cannot be understood in it, a sentence each.
    """

    versions: frozenset[int] = frozenset()
    socket_folder: Path | None = None
    socket_group: str = ""
    client_certificate: str = ""
    multiplexed: bool | None = None
    remarks: tuple[str, ...] = ()


def started_by_host(environment: Mapping[str, str]) -> bool:
    """Say whether a host started this process. It is no protection, only courtesy to people."""
    return environment.get(COOKIE_VARIABLE) == COOKIE


def problem_line(problem: str, now: datetime) -> str:
    """Return what standard error says of a plugin that cannot start, as hosts read it.

    Of other lines Go hosts take no notice, and would say only that the plugin ended.

    Args:
        problem: For the operator.
        now: In UTC.
    """
    time = now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return json.dumps({"@level": "error", "@message": problem, "@timestamp": time})


def read_host(environment: Mapping[str, str]) -> Host:
    """Return what the host asks for.

    Args:
        environment: As `os.environ`.
    """
    versions, remarks = _versions(environment.get("PLUGIN_PROTOCOL_VERSIONS", ""))
    if versions and CONTRACT_VERSION not in versions:
        known = ", ".join(map(str, sorted(versions)))
        remarks.append(
            f"the host knows version {known} of the contract, this server has {CONTRACT_VERSION}"
        )
    folder = environment.get("PLUGIN_UNIX_SOCKET_DIR", "")
    multiplexed = environment.get("PLUGIN_MULTIPLEX_GRPC", "")
    return Host(
        versions=frozenset(versions),
        socket_folder=Path(folder) if folder else None,
        socket_group=environment.get("PLUGIN_UNIX_SOCKET_GROUP", ""),
        client_certificate=environment.get("PLUGIN_CLIENT_CERT", ""),
        multiplexed=multiplexed in _TRUE if multiplexed else None,
        remarks=tuple(remarks),
    )


def handshake_line(host: Host, socket: Path, certificate: str = "") -> str:
    """Return what the host reads, without the line's end.

    A version that the host does not know is said all the same: it is the host that complains.

    Args:
        host: What it asks for.
        socket: Where the plugin listens, absolute.
        certificate: The plugin's own, DER in base64 without padding; empty for plain text.

    Raises:
        OSError: The path cannot be told in such a line.
    """
    if any(character in str(socket) for character in "|\r\n"):
        raise OSError(f"{str(socket)!r}: a plugin's socket has no | and no line break in its path")
    parts = [_CORE_PROTOCOL, CONTRACT_VERSION, "unix", socket, "grpc", certificate]
    # Older hosts take a seventh part for the end of the sixth.
    if host.multiplexed is not None:
        parts.append("false")
    return "|".join(map(str, parts))


def _versions(text: str) -> tuple[set[int], list[str]]:
    versions, remarks = set(), []
    for part in text.split(",") if text else ():
        if part.strip().isascii() and part.strip().isdigit():
            versions.add(int(part))
        else:
            remarks.append(f"PLUGIN_PROTOCOL_VERSIONS: {part[:20]!r} is no version")
    return versions, remarks
