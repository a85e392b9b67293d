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
        folder: For this process alone (mode 0700); goes when it ends. None where it has no use.
    """

    socket: Path
    folder: Path | None


@contextmanager
def plugin_place(host: Host, wanted: Path | None) -> Iterator[Place]:
    """Make a folder if one is needed, and clear away what is left at the end.

    Args:
        host: May name a folder for the socket.
        wanted: The socket, where the settings name one (`grpc.socket`).

    Raises:
        OSError: A folder cannot be made.
    """
    socket = folder = None
    if wanted is not None:
        socket = wanted.absolute()
    elif host.socket_folder is not None:
        # The folder is the host's, and may be shared by several plugins.
        socket = host.socket_folder.absolute() / f"{_PREFIX}{secrets.token_hex(6)}"
    # With a certificate there are things that even the socket's group has no business with.
    if socket is None or host.client_certificate:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX)).absolute()
        socket = socket or folder / "plugin.sock"
    try:
        yield Place(socket, folder)
    finally:
        socket.unlink(missing_ok=True)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def let_group_in(place: Place, group: str) -> None:
    """Let a group use the socket.

    Args:
        place: Where the socket is listened on already.
        group: Its name or number.

    Raises:
        OSError: There is no such group, or this user may not give the socket to it.
    """
    own = place.folder if place.folder == place.socket.parent else None
    try:
        for path in filter(None, (place.socket, own)):
            shutil.chown(path, group=int(group) if group.isdecimal() else group)
    except LookupError:
        raise OSError(f"PLUGIN_UNIX_SOCKET_GROUP: there is no group {group!r}") from None
    place.socket.chmod(_FOR_GROUP)
    if own is not None:
        own.chmod(_PASSABLE_BY_GROUP)
