"""A Unix socket that belongs to the server's user alone."""

import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LONGEST_PATH: Final = 107  # of Linux, in bytes
_PRIVATE: Final = 0o177


@contextmanager
def private_socket(path: Path) -> Iterator[str]:
    """Yield the address to bind in the body, so that only this user can connect.

    A socket that a dead server left behind goes; one that somebody answers on stays.

    Raises:
        OSError: The path cannot be used; the message says why.
    """
    if len(os.fsencode(path.absolute())) > _LONGEST_PATH:
        raise OSError(f"{path}: a socket's path (grpc.socket) has at most {_LONGEST_PATH} bytes")
    if not path.parent.is_dir():
        raise OSError(f"{path}: its folder is not there (grpc.socket)")
    _clear(path)
    # gRPC creates the file; made narrow afterwards, it would be open to all for a moment.
    before = os.umask(_PRIVATE)
    try:
        yield f"unix:{path.absolute()}"
    finally:
        os.umask(before)


def _clear(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise OSError(f"{path} is there and is no socket (grpc.socket)")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path.absolute()))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
    raise OSError(f"{path} is in use by another server (grpc.socket)")
