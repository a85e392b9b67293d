"""What stands in the way of a file of the data folder, and what an operator can do about it."""

import os
import stat
from pathlib import Path
from typing import Final

# SQLite needs as much to begin with.
_LEAST_BYTES: Final = 128 * 1024


def remedy(path: Path) -> str:
    """Return what is to be done so that a file can be read and written; empty for nothing to see.

    The systems' own words (`attempt to write a readonly database`, `disk I/O error`) name neither
    the file nor the reason.

    Args:
        path: The file, which need not be there.
    """
    folder = path.parent
    try:
        space = os.statvfs(folder)
        for place in (folder, path):
            if problem := _no_way_in(place):
                return problem
    except OSError:
        return ""
    if space.f_flag & os.ST_RDONLY:
        return f"The disk of {folder} is mounted read-only."
    if space.f_bavail * space.f_frsize < _LEAST_BYTES:
        return f"There is no room on the disk of {folder}: make some."
    if path.is_dir():
        return f"{path} is a folder: put it elsewhere."
    return ""


def _no_way_in(place: Path) -> str:
    try:
        status = place.stat()
    except FileNotFoundError:
        return ""
    wanted = os.R_OK | os.W_OK | (os.X_OK if stat.S_ISDIR(status.st_mode) else 0)
    user = os.geteuid()
    if os.access(place, wanted) or user == 0:
        return ""
    if status.st_uid == user:
        return f"Its owner may not use {place}. Run: chmod u+rwX {place}"
    return (
        f"{place} belongs to user {status.st_uid}, and this is user {user}. Run the server as that "
        f"user, or: chown -R {user} {place}"
    )
