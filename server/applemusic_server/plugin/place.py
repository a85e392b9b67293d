"""Where a plugin listens: a Unix socket, in a folder of its own where the host names none."""

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from applemusic_server.plugin.host import Host

_PREFIX: Final = "applemusic-plugin-"
_FOR_GROUP: Final = 0o660
_PASSABLE_BY_GROUP: Final = 0o710


@dataclass(frozen=True, slots=True)
class Place:
    """Where a plugin listens.

    Attributes:
        socket: Where hosts connect, absolute.
        folder: For this process alone (mode 0700); goes when it ends.
    """

    socket: Path
    folder: Path

    @property
    def inner_socket(self) -> Path:
        """Where gRPC listens when something else stands at the door."""
        return self.folder / "inner.sock"


@contextmanager
def plugin_place(host: Host, wanted: Path | None) -> Iterator[Place]:
    """Make the folder, and clear away what is left at the end.

    Args:
        host: May name a folder for the socket.
        wanted: The socket, where the settings name one (`grpc.socket`).

    Raises:
        OSError: A folder cannot be made.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).absolute()
    socket = folder / "plugin.sock"
    if wanted is not None:
        socket = wanted.absolute()
    elif host.socket_folder is not None:
        # The folder is the host's, and may be shared by several plugins.
        socket = host.socket_folder.absolute() / f"{_PREFIX}{secrets.token_hex(6)}"
    try:
        yield Place(socket, folder)
    finally:
        socket.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def let_group_in(place: Place, group: str) -> None:
    """Let a group use the socket.

    Args:
        place: Where the socket is listened on already.
        group: Its name or number.

    Raises:
        OSError: There is no such group, or this user may not give the socket to it.
    """
    try:
        for path in (place.socket, place.folder):
            shutil.chown(path, group=int(group) if group.isdecimal() else group)
    except LookupError:
        raise OSError(f"PLUGIN_UNIX_SOCKET_GROUP: there is no group {group!r}") from None
    place.socket.chmod(_FOR_GROUP)
    if place.socket.parent == place.folder:
        place.folder.chmod(_PASSABLE_BY_GROUP)
