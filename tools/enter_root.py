"""Runs a program in another root folder as a container engine would.

    unshare --mount --pid --fork python tools/enter_root.py '{"root": ..., "command": [...], ...}'

It is process 1 of its own processes, and with `"offline"` it has a loopback and no other network.
Only for `tools/replay_image.py`, which starts it as root in namespaces of its own: what is mounted
here goes with the process. Works without the project's packages.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 0x1
_PR_SET_NO_NEW_PRIVS = 38


def mount(*arguments: str) -> None:
    """Mount something for this process and those below it."""
    subprocess.run(["mount", *arguments], check=True)


def loopback_up() -> None:
    """Switch on the loopback of a new network, which has nothing else."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        asked = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(handle, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(handle, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _IFF_UP))


def enter(root: str, *, read_only: bool, writable: dict[str, str]) -> None:
    """Make a folder the root, with its own /proc and the few devices that programs need."""
    Path(root, "dev").mkdir(exist_ok=True)
    if read_only:
        mount("--bind", root, root)
    mount("-t", "proc", "proc", f"{root}/proc")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", f"{root}/dev")
    for device in ("null", "zero", "random", "urandom"):
        Path(root, "dev", device).touch()
        mount("--bind", f"/dev/{device}", f"{root}/dev/{device}")
    for inside, outside in writable.items():
        mount("--bind", outside, f"{root}{inside}")
    if read_only:
        mount("-o", "remount,bind,ro", root)
    os.chroot(root)


def lose_power(user: int, group: int) -> None:
    """Become a user who can never be more than that."""
    os.setgroups([])
    os.setgid(group)
    os.setuid(user)
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def main() -> None:
    """Do what the first argument describes."""
    order: dict[str, Any] = json.loads(sys.argv[1])
    if order["offline"]:
        loopback_up()
    enter(order["root"], read_only=order["read_only"], writable=order["writable"])
    os.chdir(order["folder"])
    if order["user"]:
        lose_power(order["user"], order["user"])
    os.execvpe(order["command"][0], order["command"], order["environment"])  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    main()
